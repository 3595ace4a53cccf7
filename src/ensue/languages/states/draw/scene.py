"""Where everything of a picture is, in pixels from its top left corner."""

from __future__ import annotations

from dataclasses import dataclass

from ensue.languages.states.draw.graph import Edge, Node

NAME_SIZE = 13
DETAIL_SIZE = 11
LABEL_SIZE = 11
NAME_HEIGHT = 17
DETAIL_HEIGHT = 15
LABEL_HEIGHT = 14
PADDING = 10
ICON_WIDTH = 24
DOT_SIZE = 12
END_ROOM = 26
STACK_STEP = 3
MARGIN = 14

Point = tuple[float, float]


@dataclass(frozen=True)
class Way:
    """A way out of a state, written within its box: for pictures in one column.

    Attributes:
        edge: the way.
        lines: what it says.
        y: where its line begins, from the top of the box.
    """

    edge: Edge
    lines: tuple[str, ...]
    y: float


@dataclass(frozen=True)
class Box:
    """A state, drawn.

    Attributes:
        node: the state.
        x: its left side.
        y: its top.
        width: how wide it is.
        height: how high it is.
        name: the lines of its name.
        detail: the lines of its detail.
        inner: the scenes within it, placed relative to its corner.
        ways: ways written within it.
        is_left: whether its text stands at its left side rather than in its middle.
    """

    node: Node
    x: float
    y: float
    width: float
    height: float
    name: tuple[str, ...]
    detail: tuple[str, ...]
    inner: tuple[tuple[Point, Scene], ...] = ()
    ways: tuple[Way, ...] = ()
    is_left: bool = False


@dataclass(frozen=True)
class Label:
    """What a way says.

    Attributes:
        x: its middle.
        y: its top.
        lines: its text.
        edge: the way.
    """

    x: float
    y: float
    lines: tuple[str, ...]
    edge: Edge


@dataclass(frozen=True)
class Line:
    """A way, drawn.

    Attributes:
        edge: the way; None for the one from the start.
        path: the data of an SVG path.
        has_arrow: whether it ends with an arrow; one that joins another does not.
    """

    edge: Edge | None
    path: str
    has_arrow: bool = True


@dataclass(frozen=True)
class Scene:
    """A graph, drawn.

    Attributes:
        width: how wide it is.
        height: how high it is.
        boxes: its states.
        lines: its ways, those that stand above others last.
        labels: what the ways say.
        start: the middle of the dot with which it begins; None for no dot.
        ends: the middles of the rings with which it ends.
        title: what it is called; may be empty.
    """

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...] = ()
    start: Point | None = None
    ends: tuple[Point, ...] = ()
    title: str = ""
