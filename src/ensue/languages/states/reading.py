"""JSON that comes from outside, in definitions, inputs and results: nothing that JSON has not."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn


def read_json(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON
    """The value of a JSON text, with its numbers as they are written.

    Args:
        text: the text. Where a key stands twice, the last counts.

    Raises:
        ValueError: it is no JSON, nested too deeply, has NaN, Infinity or a number beyond all
            doubles, or half of a surrogate pair, which UTF-8 cannot hold.
    """
    try:
        found = _decoder.decode(text.decode("utf-8-sig") if isinstance(text, bytes) else text)
        if _may_have_half_a_pair(text):
            json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeEncodeError:
        raise ValueError("it has half of a surrogate pair") from None
    return found


def _may_have_half_a_pair(text: str | bytes) -> bool:
    if isinstance(text, bytes):
        return b"\\ud" in text or b"\\uD" in text
    return not text.isascii() or "\\ud" in text or "\\uD" in text


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _finite(spelt: str) -> float:
    found = float(spelt)
    if math.isinf(found):
        _refuse(spelt)
    return found


_decoder = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
