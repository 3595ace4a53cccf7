"""A tree as rows: each node with the lines that lead to it, and with what the time line shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ensue.doors.console.sections.why.timeline import (
    BAD_STATES,
    OPEN_STATES,
    Axis,
    Bar,
    Mark,
    bars_of,
)
from ensue.observe import Node
from ensue.words.units import human_ms

COLUMNS = 14
COLUMN_WIDTH = 16
ROW_HEIGHT = 36


class Line(NamedTuple):
    """The lines before a node.

    Attributes:
        through: the columns in which a line goes on to a later node.
        column: its own column; 0 for the root.
        is_last: whether it is the last below its parent.
    """

    through: tuple[int, ...]
    column: int
    is_last: bool

    @property
    def width(self) -> int:
        """How wide they are, in pixels."""
        return self.column * COLUMN_WIDTH

    @property
    def path(self) -> str:
        """The lines as an SVG path: https://www.w3.org/TR/SVG2/paths.html."""
        if not self.column:
            return ""
        down = [_middle(each) for each in self.through if each < self.column]
        own = _middle(self.column)
        length = ROW_HEIGHT // 2 if self.is_last else ROW_HEIGHT
        lines = [f"M{x} 0V{ROW_HEIGHT}" for x in down]
        return "".join([*lines, f"M{own} 0V{length}M{own} {ROW_HEIGHT // 2}H{self.width}"])


def _middle(column: int) -> int:
    return column * COLUMN_WIDTH - COLUMN_WIDTH // 2


class _Where(NamedTuple):
    level: int
    place: int
    among: int
    through: tuple[int, ...]


@dataclass(frozen=True)
class Row:
    """A row of the tree.

    Attributes:
        node: what it shows.
        level: 1 for the root.
        place: which of its parent's children it is, from 1.
        among: how many of them are shown.
        line: the lines before it.
        bars: its bars on the time line.
        marks: its moments there.
        since: how long after the beginning it was.
        told: the same for who does not see it.
        is_more: whether it stands for what the node caused that is not shown.
    """

    node: Node
    level: int
    place: int
    among: int
    line: Line
    bars: list[Bar]
    marks: list[Mark]
    since: str
    told: str
    is_more: bool = False

    @property
    def has_children(self) -> bool:
        """Whether there is anything below it."""
        return bool(self.node.children) or self.node.more is not None

    @property
    def is_bad(self) -> bool:
        """Whether it went wrong."""
        return self.node.state in BAD_STATES


def nodes_of(root: Node) -> Iterator[Node]:
    """The nodes of a tree, from its root down, each before what it caused."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def is_open(root: Node) -> bool:
    """Whether anything of a tree is still to happen."""
    return any(node.state in OPEN_STATES for node in nodes_of(root))


def rows_of(root: Node, axis: Axis, now_ms: int, *, level: int = 1) -> list[Row]:
    """The rows of a tree, in order.

    Args:
        root: its root.
        axis: the time line.
        now_ms: what time it is.
        level: that of the root.
    """
    rows: list[Row] = []
    waiting: list[tuple[Node, _Where, bool]] = [(root, _Where(level, 1, 1, ()), False)]
    while waiting:
        node, where, is_more = waiting.pop()
        column = min(where.level - 1, COLUMNS)
        line = Line(where.through, column, where.place == where.among)
        at = (where.level, where.place, where.among, line)
        if is_more:
            rows.append(Row(node, *at, [], [], "", "", is_more=True))
            continue
        bars, marks = bars_of(node, axis, now_ms)
        since = "" if node.at_ms is None else f"+{human_ms(max(0, node.at_ms - axis.begin_ms))}"
        rows.append(Row(node, *at, bars, marks, since, _told(node, since)))
        below = where.through if line.is_last or not column else (*where.through, column)
        children = [(child, False) for child in node.children]
        if node.more is not None:
            children.append((node, True))
        waiting.extend(
            (child, _Where(where.level + 1, place, len(children), below), is_rest)
            for place, (child, is_rest) in reversed(list(enumerate(children, 1)))
        )
    return rows


def _told(node: Node, since: str) -> str:
    parts = [since.removeprefix("+") + " after the beginning"] if since else []
    if node.waited_ms is not None:
        parts.append(f"waited {human_ms(node.waited_ms)}")
    if node.worked_ms is not None:
        parts.append(f"worked {human_ms(node.worked_ms)}")
    if node.attempts:
        parts.append(f"{len(node.attempts)} failed attempts")
    return ", ".join(parts)
