"""Elements of SVG and HTML as text; whatever stands in them is escaped."""

from __future__ import annotations

import re
from html import escape

# What XML 1.0 may not hold at all.
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: object) -> str:
    """A text that can stand in a document, escaped."""
    return escape(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", str(text)))


def element(name: str, inside: str = "", **attributes: object) -> str:
    """An element.

    Args:
        name: such as ``rect``.
        inside: what is in it, as SVG or HTML.
        attributes: by name, with ``_`` for ``-``, and ``class_``; those that are None or empty are
            left out.
    """
    parts = [name]
    for key, value in attributes.items():
        if value is not None and value != "":
            text = number(value) if isinstance(value, float) else clean(value)
            parts.append(f'{key.rstrip("_").replace("_", "-")}="{text}"')
    return f"<{' '.join(parts)}>{inside}</{name}>"


def text(said: object, x: float, y: float, kind: str, **attributes: object) -> str:
    """A text at a place."""
    return element("text", clean(said), x=x, y=y, class_=kind, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A line from place to place."""
    return element("path", d=f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}", class_=kind)


def number(value: float) -> str:
    """A number of a picture: a tenth of a unit is enough."""
    return f"{value:.1f}".removesuffix(".0")
