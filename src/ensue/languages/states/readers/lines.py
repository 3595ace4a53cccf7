"""JSON Lines: one JSON value in each line. Empty lines are none."""

from __future__ import annotations

import msgspec

from ensue.languages.states.readers.window import Piece, Place, failed
from ensue.words.values import Json

_decode = msgspec.json.Decoder().decode


def decoded(text: bytes, at: str) -> Json:
    """The value of JSON text.

    Args:
        text: the text.
        at: where it lies.

    Raises:
        StateError: it is no JSON.
    """
    try:
        value: Json = _decode(text)
    except msgspec.DecodeError as fault:
        raise failed(f"expected JSON: {fault}", at) from None
    except RecursionError:
        raise failed("expected JSON, got a value that is nested too deep", at) from None
    except UnicodeError:
        raise failed("expected JSON in UTF-8", at) from None
    return value


class LinesReader:
    """Reads the lines of a JSON Lines body."""

    def read(self, window: bytes, place: Place, *, is_end: bool, items_max: int) -> Piece:
        """As `Reader.read` says."""
        items: list[Json] = []
        start, line = 0, place.line
        while len(items) < items_max and start < len(window):
            end = window.find(b"\n", start)
            if end < 0:
                if not is_end:
                    break
                end = len(window)
            text = window[start:end].strip()
            if text:
                items.append(decoded(text, f"line {line}"))
            start, line = min(end + 1, len(window)), line + 1
        return Piece(
            items,
            msgspec.structs.replace(
                place,
                offset=place.offset + start,
                taken=place.taken + len(items),
                line=line,
                is_done=is_end and start == len(window),
            ),
        )
