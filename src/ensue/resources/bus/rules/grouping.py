"""By what in an event its order is kept. No I/O."""

from __future__ import annotations

import hashlib

from ensue.languages.transformers import Input, InputPath
from ensue.words import values
from ensue.words.errors import Unfit
from ensue.words.values import Json

GROUP_LENGTH_MAX = 128


def parse_group(path: str) -> Input:
    """The path of a group, such as ``$.detail.orderId``.

    Raises:
        InvalidExpression: it is none; says where.
    """
    return InputPath(path).compile_input(())


def group_of(event: Json, path: Input) -> str | None:
    """The group of an event: what is at a path, as text; None where nothing is, or null."""
    try:
        text = path.render(event, {}, 0)
    except Unfit:
        return None
    if text == "null":
        return None
    found = values.decode(text)
    if isinstance(found, str):
        text = found
    if 1 <= len(text) <= GROUP_LENGTH_MAX:
        return text
    return hashlib.sha256(text.encode()).hexdigest()
