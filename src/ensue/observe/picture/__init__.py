"""The picture of an architecture: boxes of apps, in them their parts in layers, as SVG.

architecture ──▶ shown (dead letters folded) ──▶ layers of each app ──▶ boxes side by side ──▶ SVG
"""

from ensue.observe.picture.icons import called
from ensue.observe.picture.packing import MAP_WIDTH, Picture, picture
from ensue.observe.picture.shown import LETTERS, Line, Shown, shown
from ensue.observe.picture.svg import Look, draw_map

__all__ = [
    "LETTERS",
    "MAP_WIDTH",
    "Line",
    "Look",
    "Picture",
    "Shown",
    "called",
    "draw_map",
    "picture",
    "shown",
]
