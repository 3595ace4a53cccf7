"""Strings compared without regard to case.

The rule is the one of the reference implementation: each character of the pattern stands for its
lower case or its upper case, each of which may be several characters, or be written in more bytes.
It is not Unicode case folding: ``ß`` matches ``ß`` and ``SS``, but not ``ss``.
"""

from __future__ import annotations

import re
import string

_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def ascii_lower(text: str) -> str:
    """The text with A to Z in lower case and every other character untouched."""
    return text.lower() if text.isascii() else text.translate(_ASCII_LOWER)


def either_case(text: str) -> str:
    """A regular expression for the text, each character in either case."""
    return "".join(_either(character) for character in text)


def _either(character: str) -> str:
    cases = sorted({character.lower(), character.upper()})
    return f"(?:{'|'.join(re.escape(case) for case in cases)})"
