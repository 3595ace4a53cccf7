"""The root of the tree of errors."""

from __future__ import annotations


class EnsueError(Exception):
    """The root of the tree.

    Args:
        message: what happened, without the place and without a final full stop.
        at: where: a JSON path (``$.quantity``), ``resource/key``, or ``offset 17``.
        hint: what to do about it, one sentence.
    """

    code = "error"

    def __init__(self, message: str, *, at: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.hint = hint

    def __str__(self) -> str:
        where = f", at {self.at}" if self.at else ""
        then = f". {self.hint}" if self.hint else ""
        return f"{self.message}{where}{then}"

    def as_dict(self) -> dict[str, str]:
        """The error for a wire: ``code`` and ``message``, and ``at`` and ``hint`` where known."""
        found = {"code": self.code, "message": str(self), "at": self.at, "hint": self.hint}
        return {name: value for name, value in found.items() if value is not None}
