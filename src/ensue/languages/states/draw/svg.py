"""A picture as SVG: one file for light and dark, for wide screens and narrow ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from ensue.languages.states.draw.boxes import BADGE_WIDTH, PANEL_PADDING
from ensue.languages.states.draw.column import column
from ensue.languages.states.draw.graph import Edge, Graph, Node
from ensue.languages.states.draw.layered import layered
from ensue.languages.states.draw.scene import (
    DETAIL_HEIGHT,
    DETAIL_SIZE,
    DOT_SIZE,
    ICON_WIDTH,
    LABEL_HEIGHT,
    LABEL_SIZE,
    MARGIN,
    NAME_HEIGHT,
    NAME_SIZE,
    PADDING,
    STACK_STEP,
    Box,
    Label,
    Line,
    Scene,
)
from ensue.languages.states.draw.style import ICONS, STYLE
from ensue.words.letters import text_width

NARROW_WIDTH = 362
NARROW_BELOW = 640
TIMES = "\u00d7"

# What XML 1.0 may not hold at all.
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def draw_svg(graph: Graph) -> str:
    """A graph as the text of an SVG file.

    Where the picture is wider than a small screen, the file holds it twice, in layers and in one
    column, and shows the one that fits (by a media query).

    Args:
        graph: what is drawn.
    """
    wide = layered(graph)
    if wide.width <= NARROW_WIDTH:
        return _document(graph, wide, [("", wide)], STYLE)
    narrow = column(graph, NARROW_WIDTH)
    width, height = _size(narrow)
    switch = (
        f"\n.es .narrow{{display:none}}\n@media (max-width:{NARROW_BELOW}px){{"
        f".es{{width:{width}px;height:{height}px}}"
        ".es .wide{display:none}.es .narrow{display:inline}}"
    )
    return _document(graph, wide, [("wide", wide), ("narrow", narrow)], STYLE + switch)


@dataclass(frozen=True)
class Drawing:
    """A graph as SVG to be put into a page of one's own.

    Attributes:
        wide: in layers.
        narrow: in one column, for small screens; None where the first fits these too.
        width: how wide the first is, in pixels.
    """

    wide: str
    narrow: str | None
    width: int


def draw_parts(graph: Graph, link: Callable[[Node], str | None], chosen: str = "") -> Drawing:
    """A graph as SVG elements without a style of their own, whose states are links.

    The classes are those of `style.STYLE`; where a state is a link it has them on its link.

    Args:
        graph: what is drawn.
        link: where a state leads to; None for nowhere.
        chosen: the name of the state that is looked at; empty for none.
    """
    wide = layered(graph)
    narrow = None
    if wide.width > NARROW_WIDTH:
        narrow = _part(graph, column(graph, NARROW_WIDTH), "narrow", _Links(link, chosen))
    shown = _part(graph, wide, "wide", _Links(link, chosen))
    return Drawing(shown, narrow, _size(wide)[0])


@dataclass(frozen=True)
class _Links:
    """Where states lead to, and which of them is looked at."""

    of: Callable[[Node], str | None] = lambda _: None
    chosen: str = ""


_NO_LINKS = _Links()


def _part(graph: Graph, scene: Scene, name: str, links: _Links) -> str:
    across, down = _size(scene)
    size = f'width="{across}" height="{down}" viewBox="0 0 {across} {down}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="es {name}" {size} role="group"',
        f"aria-label={_quoted(graph.title or 'A state machine')}>",
        f'<g transform="translate({MARGIN},{MARGIN})">',
        *_scene(scene, DOT_SIZE / 2, links),
        "</g></svg>",
    ]
    return "\n".join(parts)


def _document(graph: Graph, first: Scene, scenes: Iterable[tuple[str, Scene]], style: str) -> str:
    width, height = _size(first)
    title = graph.title or "A state machine"
    size = f'width="{width}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="es" {size} role="img"',
        f"aria-label={_quoted(title)}>",
        f"<title>{_escaped(title)}</title>",
        f"<style>{style}</style>",
    ]
    for name, scene in scenes:
        across, down = _size(scene)
        parts.append(
            f'<svg class="{name}" width="100%" height="100%" viewBox="0 0 {across} {down}"'
            ' preserveAspectRatio="xMidYMin meet">'
        )
        parts.append(f'<rect class="ground" width="{across}" height="{down}"/>')
        parts.append(f'<g transform="translate({MARGIN},{MARGIN})">')
        parts.extend(_scene(scene, DOT_SIZE / 2))
        parts.append("</g></svg>")
    parts.append("</svg>\n")
    return "\n".join(parts)


def _size(scene: Scene) -> tuple[int, int]:
    return round(scene.width + 2 * MARGIN + 0.5), round(scene.height + 2 * MARGIN + 0.5)


def _scene(scene: Scene, dot: float, links: _Links = _NO_LINKS) -> Iterator[str]:
    for line in scene.lines:
        yield _line(line)
    for box in scene.boxes:
        yield from _box(box, links)
    for label in scene.labels:
        yield _label(label)
    if scene.start is not None:
        x, y = scene.start
        yield f'<circle class="dot" cx="{_n(x)}" cy="{_n(y)}" r="{_n(dot)}"/>'
    for x, y in scene.ends:
        yield (
            f'<path class="line" d="M{_n(x)} {_n(y - 19)}V{_n(y - 6)}"/>'
            f'<circle class="ring" cx="{_n(x)}" cy="{_n(y)}" r="5.5"/>'
            f'<circle class="dot" cx="{_n(x)}" cy="{_n(y)}" r="2.8"/>'
        )


def _line(line: Line) -> str:
    kinds = ["line", *_edge_classes(line.edge)]
    if not line.has_arrow:
        return f'<path class="{" ".join(kinds)}" d="{line.path}"/>'
    x, y, turned = _tip(line.path)
    arrow = " ".join(["arrow", *_edge_classes(line.edge)])
    head = f"M{_n(x)} {_n(y)}" + ("l-7 -4v8z" if turned == "right" else "l7 -4v8z")
    if turned == "down":
        head = f"M{_n(x)} {_n(y)}l-4 -7h8z"
    return f'<path class="{" ".join(kinds)}" d="{line.path}"/><path class="{arrow}" d="{head}"/>'


def _tip(path: str) -> tuple[float, float, str]:
    """Where a path ends, and which way it looks there."""
    x = y = 0.0
    looks = "down"
    for command, numbers in re.findall(r"([MVHCQ])([^MVHCQ]*)", path):
        values = [float(each) for each in numbers.split()]
        if command == "V":
            y, looks = values[0], "down"
        elif command == "H":
            looks = "right" if values[0] > x else "left"
            x = values[0]
        else:
            x, y = values[-2:]
            looks = "down"
    return x, y, looks


def _edge_classes(edge: Edge | None) -> list[str]:
    if edge is None:
        return []
    kinds = ["catch"] if edge.kind == "catch" else []
    if edge.taken is not None:
        kinds.append("taken" if edge.taken else "untaken")
    return kinds


def _box(box: Box, links: _Links) -> Iterator[str]:
    node = box.node
    kinds = " ".join([node.kind, *([node.outcome] if node.outcome else [])])
    place = f'transform="translate({_n(box.x)},{_n(box.y)})"'
    address = links.of(node)
    if address is None:
        yield f'<g class="{kinds}" {place}>'
        yield f"<title>{_escaped(_told(node))}</title>"
    else:
        current = ' aria-current="true"' if node.name == links.chosen else ""
        yield f'<g {place}><a class="{kinds}" href={_quoted(address)}{current}'
        yield f"aria-label={_quoted(_told(node))}>"
        yield f"<title>{_escaped(_told(node))}</title>"
    round_ = box.height / 2 if node.kind in {"Succeed", "Fail"} else 7
    if node.kind == "Map":
        for step in (2 * STACK_STEP, STACK_STEP):
            yield _rect("stack", step, step, box.width, box.height, 7)
    yield _rect("box holds" if box.inner else "box", 0, 0, box.width, box.height, round_)
    yield from _head(box)
    yield from _ways(box)
    if address is not None:
        yield "</a>"
    for (x, y), scene in box.inner:
        edge = PANEL_PADDING
        yield _rect("panel", x - edge, y - edge, scene.width + 2 * edge, scene.height + 2 * edge, 5)
        yield f'<g transform="translate({_n(x)},{_n(y)})">'
        yield from _scene(scene, 4, links)
        yield "</g>"
    yield "</g>"


def _ways(box: Box) -> Iterator[str]:
    for way in box.ways:
        kind = {"default": " otherwise", "catch": " catch"}.get(way.edge.kind, "")
        for at, text in enumerate(way.lines):
            y = way.y + at * LABEL_HEIGHT + LABEL_SIZE
            yield f'<text class="way{kind}" x="{PADDING}" y="{_n(y)}">{_escaped(text)}</text>'


def _head(box: Box) -> Iterator[str]:
    node = box.node
    widths = [text_width(line, NAME_SIZE, is_bold=True) for line in box.name]
    widths += [text_width(line, DETAIL_SIZE) for line in box.detail]
    left = PADDING
    if not box.is_left:
        badge = BADGE_WIDTH if node.entered > 1 else 0
        left = int((box.width - badge - max(widths, default=0) - ICON_WIDTH) / 2)
    top = PADDING - 2
    icon = ICONS.get(node.kind, ICONS["Task"])
    yield f'<path class="icon" transform="translate({left},{top + 2})" d="{icon}"/>'
    x = left + ICON_WIDTH
    for text in box.name:
        yield f'<text class="name" x="{x}" y="{_n(top + 13)}">{_escaped(text)}</text>'
        top += NAME_HEIGHT
    for text in box.detail:
        yield f'<text class="detail" x="{x}" y="{_n(top + 10)}">{_escaped(text)}</text>'
        top += DETAIL_HEIGHT
    if node.entered > 1:
        text = f"{TIMES}{node.entered}"
        yield f'<text class="badge" x="{_n(box.width - 8)}" y="{PADDING + 10}">{text}</text>'


def _label(label: Label) -> str:
    width = max(text_width(line, LABEL_SIZE) for line in label.lines)
    height = len(label.lines) * LABEL_HEIGHT
    kind = {"default": " otherwise", "catch": " catch"}.get(label.edge.kind, "")
    if label.edge.taken is False:
        kind += " untaken"
    parts = [
        f"<g><title>{_escaped(label.edge.label)}</title>",
        _rect("plate", label.x - width / 2 - 2, label.y, width + 4, height, 2),
    ]
    for at, text in enumerate(label.lines):
        y = label.y + at * LABEL_HEIGHT + LABEL_SIZE
        parts.append(
            f'<text class="label{kind}" x="{_n(label.x)}" y="{_n(y)}">{_escaped(text)}</text>'
        )
    return "".join([*parts, "</g>"])


def _told(node: Node) -> str:
    parts = [node.kind, node.detail, node.outcome or ""]
    return f"{node.name} ({', '.join(part for part in parts if part)})"


def _rect(kind: str, x: float, y: float, width: float, height: float, radius: float) -> str:  # noqa: PLR0917
    return (
        f'<rect class="{kind}" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}"'
        f' height="{_n(height)}" rx="{_n(radius)}"/>'
    )


def _escaped(text: str) -> str:
    return escape(_FORBIDDEN.sub("�", text))


def _quoted(text: str) -> str:
    return quoteattr(_FORBIDDEN.sub("�", text))


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
