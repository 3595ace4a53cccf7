"""How large the box of a state is, and what stands in it."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.languages.states.draw.graph import Node
from ensue.languages.states.draw.scene import (
    DETAIL_HEIGHT,
    DETAIL_SIZE,
    ICON_WIDTH,
    NAME_HEIGHT,
    NAME_SIZE,
    PADDING,
    Box,
    Point,
    Scene,
    Way,
)
from ensue.words.letters import broken, text_width

LEAST_WIDTH = 84
NAME_LINES = 2
DETAIL_LINES = 2
BADGE_WIDTH = 30
PANEL_PADDING = 12
PANEL_MARGIN = 10
PANEL_GAP = 2 * PANEL_PADDING + 8


class Sized:
    """The box of a state before it has a place.

    Args:
        node: the state.
        text_width_max: how wide its text may be.
        is_left: whether its text stands at its left side rather than in its middle.
    """

    def __init__(self, node: Node, text_width_max: float, *, is_left: bool = False) -> None:
        self.node, self.is_left = node, is_left or bool(node.inner)
        self.name = tuple(broken(node.name, NAME_SIZE, text_width_max, NAME_LINES, is_bold=True))
        self.detail = tuple(broken(detail_of(node), DETAIL_SIZE, text_width_max, DETAIL_LINES))
        widths = [text_width(line, NAME_SIZE, is_bold=True) for line in self.name]
        widths += [text_width(line, DETAIL_SIZE) for line in self.detail]
        badge = BADGE_WIDTH if node.entered > 1 else 0
        self.width = max(LEAST_WIDTH, max(widths, default=0) + ICON_WIDTH + 2 * PADDING + badge)
        self.height: float = self.head + 2 * PADDING - 4
        self.inner: tuple[tuple[Point, Scene], ...] = ()
        self.ways: tuple[Way, ...] = ()

    @property
    def head(self) -> float:
        """How high the name and the detail are."""
        return len(self.name) * NAME_HEIGHT + len(self.detail) * DETAIL_HEIGHT

    def around(self, scenes: Sequence[tuple[Point, Scene]]) -> Sized:
        """Make it large enough for scenes within it; returns itself.

        Args:
            scenes: with the place of each among them.
        """
        if not scenes:
            return self
        edge = PANEL_PADDING + PANEL_MARGIN
        width = max(x + scene.width for (x, _), scene in scenes) + 2 * edge
        height = max(y + scene.height for (_, y), scene in scenes)
        left = edge + max(self.width - width, 0) / 2
        top = self.height + PANEL_PADDING
        self.width = max(self.width, width)
        self.inner = tuple(((x + left, y + top), scene) for (x, y), scene in scenes)
        self.height = top + height + edge
        return self

    def at(self, x: float, y: float) -> Box:
        """The box, with its corner at a place."""
        return Box(
            self.node,
            x,
            y,
            self.width,
            self.height,
            self.name,
            self.detail,
            inner=self.inner,
            ways=self.ways,
            is_left=self.is_left,
        )


def detail_of(node: Node) -> str:
    """What stands below the name of a state."""
    if not node.retries:
        return node.detail
    said = "tried again" if node.retries == 1 else f"tried again {node.retries} times"
    return f"{node.detail} · {said}" if node.detail else said
