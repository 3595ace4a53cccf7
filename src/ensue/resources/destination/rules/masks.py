"""What must not be shown, taken out of what others say."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from ensue.words import values

STARS = "***"


class Mask:
    """Takes secrets out of text, in each form in which an answer may give them back.

    Args:
        secrets: what must not be shown.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret) if form}
        self._forms = sorted(forms, key=len, reverse=True)

    def hide(self, text: str) -> str:
        """A text with stars in the place of each secret."""
        for form in self._forms:
            text = text.replace(form, STARS)
        return text

    def excerpt(self, found: bytes, length: int, *, is_whole: bool) -> str:
        """The beginning of an answer on one line, as it may be shown.

        Args:
            found: its first bytes.
            length: how many characters at most.
            is_whole: whether there are no more; else a secret may be cut off at their end.
        """
        text = self.hide(found.decode(errors="replace"))
        if not is_whole and self._forms:
            text = text[: max(0, len(text) - len(self._forms[0]))]
        said = " ".join("".join(each if each.isprintable() else " " for each in text).split())
        return said if len(said) <= length else f"{said[: length - 1]}…"


def _forms(secret: str) -> tuple[str, ...]:
    encoded = secret.encode()
    return (
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        values.encode(secret)[1:-1],
        b64encode(encoded).decode(),
    )
