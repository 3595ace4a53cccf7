"""Giving way: what works for long on the event loop lets others go on in between."""

from __future__ import annotations

from collections.abc import Generator


class _Turn:
    def __await__(self) -> Generator[None, None, None]:
        yield  # to the loop, which comes back in its next turn; no time needs to pass


async def give_way() -> None:
    """Let all go on that can, and then go on."""
    await _Turn()
