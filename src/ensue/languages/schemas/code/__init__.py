"""A tree to typed Python code."""

from ensue.languages.schemas.code.build import STYLES, Style, code

__all__ = ["STYLES", "Style", "code"]
