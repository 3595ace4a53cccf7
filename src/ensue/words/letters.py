"""How wide a text is, and how it is broken into lines; by the widths of Helvetica's letters."""

from __future__ import annotations

from collections.abc import Iterator

# In thousandths of the size, from the space on (Adobe's font metrics of Helvetica).
_WIDTHS = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip
_OTHER = 600
_WIDE = 1000
_WIDE_FROM = 0x1100
# Systems have other fonts, which are wider, and so are the bold letters of names.
_ROOM = 1.17
_ROOM_OF_BOLD = 1.26


def text_width(text: str, size: float, *, is_bold: bool = False) -> float:
    """How wide a line is at most, in the unit of its size.

    Args:
        text: the line.
        size: the size of its letters.
        is_bold: whether they are bold.
    """
    room = _ROOM_OF_BOLD if is_bold else _ROOM
    return sum(map(_letter_width, text)) * size * room / 1_000


def broken(
    text: str, size: float, width: float, lines_max: int, *, is_bold: bool = False
) -> list[str]:
    """A text as lines that are narrow enough; the last ends with an ellipsis where text is left.

    Args:
        text: the text.
        size: the size of its letters.
        width: how wide a line may be.
        lines_max: how many lines at most.
        is_bold: whether its letters are bold.
    """
    if is_bold:
        width *= _ROOM / _ROOM_OF_BOLD
    lines = list(_lines(text, size, width))
    if len(lines) <= lines_max:
        return lines
    return [*lines[: lines_max - 1], _shortened(lines[lines_max - 1] + " …", size, width)]


def _lines(text: str, size: float, width: float) -> Iterator[str]:
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if text_width(longer, size) <= width:
            line = longer
            continue
        if line:
            yield line
        while text_width(word, size) > width:
            cut = _cut(word, size, width)
            yield word[:cut]
            word = word[cut:]  # noqa: PLW2901 - what is left of it
        line = word
    if line:
        yield line


def _cut(word: str, size: float, width: float) -> int:
    """How many letters of a long word fit; best up to a joint or before a capital letter."""
    fits = 1
    while fits < len(word) and text_width(word[: fits + 1], size) <= width:
        fits += 1
    for at in range(fits, fits // 2, -1):
        if word[at - 1] in "-_.:/" or (word[at - 1].islower() and word[at].isupper()):
            return at
    return fits


def _shortened(line: str, size: float, width: float) -> str:
    text = line.removesuffix(" …")
    while text and text_width(f"{text}…", size) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _letter_width(letter: str) -> int:
    code = ord(letter) - 32
    if 0 <= code < len(_WIDTHS):
        return _WIDTHS[code]
    return _WIDE if ord(letter) >= _WIDE_FROM and not 0x2000 <= ord(letter) < 0x2E80 else _OTHER
