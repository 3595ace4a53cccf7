"""Types that check their values themselves: those with the methods of pydantic's models.

Pydantic is not needed for it and is never imported: what has the methods is taken at its word.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ensue.words.values import shown, step

_SHOULD_BE = "Input should be "


class Misfit(ValueError):
    """What such a type found wrong, for msgspec to pass on.

    Args:
        said: what is wrong, in our wording.
        path: where, below the value: ``.quantity``.
    """

    def __init__(self, said: str, path: str) -> None:
        super().__init__(said)
        self.said = said
        self.path = path


def is_foreign(kind: object) -> bool:
    """Whether a type checks its values itself."""
    return isinstance(kind, type) and all(
        callable(getattr(kind, name, None)) for name in ("model_validate_json", "model_dump")
    )


def from_plain(kind: type[Any], value: object) -> object:
    """A value of a type that msgspec does not know, from plain values (a ``dec_hook``).

    Raises:
        Misfit: the type refuses it.
    """
    if not is_foreign(kind):
        return value  # msgspec refuses it, with its own words
    text = msgspec.json.encode(value)
    try:
        # As JSON, for a model may be strict: then a text is a date in JSON only.
        made: object = getattr(kind, "model_validate_json")(text)  # noqa: B009 - it has no type
    except ValueError as error:
        raise _misfit(error) from None
    return made


def to_plain(value: object) -> object:
    """A value of a type that msgspec does not know, as plain values (an ``enc_hook``).

    Raises:
        NotImplementedError: we do not know the type either.
    """
    if not is_foreign(type(value)):
        raise NotImplementedError(f"expected a value with a JSON form, got {type(value).__name__}")
    plain: object = getattr(value, "model_dump")(mode="json", by_alias=True)  # noqa: B009 - as above
    return plain


def _misfit(error: ValueError) -> Misfit:
    """The first fault of a pydantic ValidationError, in our wording."""
    list_of = getattr(error, "errors", None)
    faults: Sequence[dict[str, Any]] = list_of() if callable(list_of) else ()
    if not faults:
        return Misfit(str(error), "")
    first = faults[0]
    path = ""
    for part in first.get("loc", ()):
        path = step(path, part)
    said = str(first.get("msg", "a value that fits"))
    if first.get("type") == "missing":
        return Misfit("expected a value, got nothing", path)
    if said.startswith(_SHOULD_BE):
        wanted = said.removeprefix(_SHOULD_BE).partition(", ")[0]
        return Misfit(f"expected {wanted}, got {shown(first.get('input'))}", path)
    return Misfit(said[:1].lower() + said[1:], path)
