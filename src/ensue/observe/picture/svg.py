"""The picture as SVG: for a page that has its styles, or as a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import ensue.pages
from ensue.observe.architecture import Node
from ensue.observe.picture.icons import FAMILIES, ICONS, OTHER, called
from ensue.observe.picture.layers import TEXT_LEFT, Box, Curve
from ensue.observe.picture.packing import HEAD, PADDING, Picture, Placed
from ensue.observe.picture.shown import DOORS, LOOKING
from ensue.words.letters import text_width

ARROW = 6.0
MARGIN = 14
RULES = Path(ensue.pages.__file__).parent / "static" / "map.css"
# The names that the shared stylesheet has, for a file that stands alone.
COLOURS = """
.map{color-scheme:light dark;--ground:#f7f7f9;--card:#fff;--sunk:#f0f1f4;--edge:#dfe1e8;
--text:#1b1d26;--soft:#5a6072;--accent:#4338ca;--focus:#4f46e5;--good:#067647;--good-ground:#e3f6ec;
--bad:#b42318;--bad-ground:#fdecea;--warn:#93500b;--warn-ground:#fdf1dd;--info:#1d4fb8;
--info-ground:#e8effd;--series-1:#4f46e5;--series-2:#0d9488;--series-3:#d97706;--series-4:#be185d;
--series-5:#0369a1;--series-6:#65730d;--sans:ui-sans-serif,system-ui,-apple-system,"Segoe UI",
Helvetica,Arial,sans-serif;background:var(--ground)}
@media (prefers-color-scheme:dark){.map{--ground:#101218;--card:#181b23;--sunk:#21252f;
--edge:#2e3340;--text:#eceef4;--soft:#a0a7b8;--accent:#a5a2ff;--focus:#a5a2ff;--good:#5fd49b;
--good-ground:#10291e;--bad:#ff8f85;--bad-ground:#331615;--warn:#f2bd6a;--warn-ground:#2f220d;
--info:#93b8ff;--info-ground:#15213a;--series-1:#918cff;--series-2:#2fc4b2;--series-3:#f0a33f;
--series-4:#f27bb0;--series-5:#5cb8f0;--series-6:#b5c34a}}
""".strip()


def _nowhere(node: Node) -> str:
    del node
    return ""


@dataclass(frozen=True)
class Look:
    """How a picture is drawn.

    Attributes:
        address_of: the address of a part's page; empty for none.
        fold_of: the address of the picture with an app folded, or unfolded; empty for none.
        fates: what became of a part or a way between two versions, by its id.
        numbers: the numbers of the parts by their ids, by which figures are brought to them; by
            default in the order of the picture.
        dimmed: the ids of parts that are not looked for.
        stands_alone: whether it is a file of its own, with its styles.
    """

    address_of: Callable[[Node], str] = _nowhere
    fold_of: Callable[[str], str] = lambda _: ""
    fates: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    dimmed: Collection[str] = frozenset()
    stands_alone: bool = False


def draw_map(given: Picture, look: Look) -> str:
    """A picture as the text of an SVG element.

    Args:
        given: the picture.
        look: how it is drawn.
    """
    numbers = look.numbers or _numbered(given)
    drawing = _Drawing(look, numbers)
    inside = "".join(drawing.app(each) for each in given.boxes)
    margin = MARGIN if look.stands_alone else 1
    width, height = given.width + 2 * margin, given.height + 2 * margin
    differing = " differing" if look.fates else ""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map{differing}" width="{_n(width)}"'
        f' height="{_n(height)}" viewBox="{-margin} {-margin} {_n(width)} {_n(height)}"'
        ' role="group" aria-label="What runs, and what flows between it">'
    )
    style = ""
    if look.stands_alone:
        style = f"<style>{COLOURS}\n{RULES.read_text()}</style>"
        style += f'<rect x="{-margin}" y="{-margin}" width="{_n(width)}" height="{_n(height)}"'
        style += ' fill="var(--ground)"/>'
    kinds = {box.node.kind for placed in given.boxes for box in placed.layers.boxes}
    return f"{head}{style}<defs>{''.join(_symbols(kinds))}</defs>{inside}</svg>"


def _numbered(given: Picture) -> dict[str, int]:
    ids = (each.node.id for placed in given.boxes for each in placed.layers.boxes)
    return {id_: number for number, id_ in enumerate(ids)}


def _symbols(kinds: set[str]) -> Iterator[str]:
    for kind in sorted(kinds):
        yield f'<path id="i-{kind}" d="{ICONS.get(kind, OTHER)}"/>'


class _Drawing:
    """Draws, and numbers what it draws: figures are brought to the numbers.

    Args:
        look: how.
        numbers: of the parts, by their ids.
    """

    def __init__(self, look: Look, numbers: Mapping[str, int]) -> None:
        self._look = look
        self._numbers = numbers

    def app(self, placed: Placed) -> str:
        """The box of an app, with all that is in it."""
        name = escape(placed.app)
        parts = [
            f'<g class="app" id="app-{name}" transform="translate({_n(placed.x)},{_n(placed.y)})">',
            f'<rect class="box" width="{_n(placed.width)}" height="{_n(placed.height)}" rx="14"/>',
            f'<text class="head" x="{PADDING:g}" y="25">{name}</text>',
            self._fold(placed),
        ]
        if placed.is_open:
            parts.append(f'<g transform="translate({PADDING:g},{HEAD + PADDING / 2:g})">')
            parts += [self._curve(each) for each in placed.layers.curves]
            parts += [self._box(each) for each in placed.layers.boxes]
            parts.append("</g>")
        parts.append("</g>")
        return "".join(parts)

    def _fold(self, placed: Placed) -> str:
        address = self._look.fold_of(placed.app)
        if not address:
            return ""
        x = placed.width - PADDING - 12
        path = "M0 3.5 4.5 8 9 3.5" if placed.is_open else "M3 0 7.5 4.5 3 9"
        said = f"{'Fold' if placed.is_open else 'Unfold'} {escape(placed.app)}"
        return (
            f'<a class="fold" href="{escape(address)}" aria-label="{said}">'
            f'<rect x="{_n(x - 8)}" y="7" width="26" height="26" rx="6"/>'
            f'<path transform="translate({_n(x)},15)" d="{path}"/></a>'
        )

    def _box(self, box: Box) -> str:
        node = box.node
        fate = self._look.fates.get(node.id, "")
        dim = "dim" if node.id in self._look.dimmed else ""
        classes = " ".join(filter(None, ["n", FAMILIES.get(node.kind, ""), fate, dim]))
        address = self._look.address_of(node)
        tag = "a" if address else "g"
        href = f' href="{escape(address)}"' if address else ""
        inside = _door(box) if node.kind in DOORS else _part(box)
        return (
            f'<{tag} class="{classes}" id="n{self._numbers[node.id]}"{href} data-k="{node.kind}"'
            f' transform="translate({_n(box.x)},{_n(box.y)})">'
            f'<rect class="box" width="{_n(box.width)}" height="{_n(box.height)}" rx="9"/>'
            f"{inside}</{tag}>"
        )

    def _curve(self, curve: Curve) -> str:
        line = curve.line
        fates = {self._look.fates.get(each.id, "") for each in line.edges} - {""}
        fate = next(iter(fates)) if len(fates) == 1 else "changed" if fates else ""
        how = "seen" if line.how == "seen" else ""
        reads = "reads" if line.only_reads else ""
        dim = "dim" if {line.source, line.target} & {*self._look.dimmed} else ""
        classes = " ".join(filter(None, ["e", how, reads, fate, dim]))
        ends = f"{self._numbers[line.source]}-{self._numbers[line.target]}"
        heads = _head(curve.points[-1], curve.points[-3]) if line.forth else ""
        if any(each.flows not in LOOKING for each in line.back):
            heads += _head(curve.points[0], curve.points[2])
        return f'<g class="{classes}" id="e{ends}"><path d="{_path(curve)}"/>{heads}</g>'


def _part(box: Box) -> str:
    """A part: its picture, its name, and what it is."""
    kind, middle = box.node.kind, box.height / 2
    return (
        f'<rect class="plate" x="8" y="{_n(middle - 11)}" width="22" height="22" rx="6"/>'
        f'<use class="i" href="#i-{kind}" x="12" y="{_n(middle - 7)}"/>'
        f'<text class="t" x="{TEXT_LEFT:g}" y="{_n(middle - 2)}">{escape(box.title)}</text>'
        f'<text class="d" x="{TEXT_LEFT:g}" y="{_n(middle + 13)}">{called(kind)}</text>'
    )


def _door(box: Box) -> str:
    """A route: its method and its path."""
    method, _, path = box.title.partition(" ")
    y = _n(box.height / 2 + 4.5)
    left = 10 + text_width(method, 10, is_bold=True) + 4
    return (
        f'<text class="m" x="10" y="{y}">{escape(method)}</text>'
        f'<text class="t" x="{_n(left)}" y="{y}">{escape(path)}</text>'
    )


def _path(curve: Curve) -> str:
    """Straight between the two points of a pair, bent between pairs."""
    (x, y), *rest = curve.points
    parts = [f"M{_n(x)} {_n(y)}"]
    for there, level in rest:
        if round(level) == round(y):
            if round(there) != round(x):
                parts.append(f"H{_n(there)}")
        else:
            middle = (x + there) / 2
            parts.append(f"C{_n(middle)} {_n(y)} {_n(middle)} {_n(level)} {_n(there)} {_n(level)}")
        x, y = there, level
    return "".join(parts)


def _head(at: tuple[float, float], before: tuple[float, float]) -> str:
    """The head of an arrow that ends at a place, coming from another."""
    way = ARROW if before[0] < at[0] else -ARROW
    x, y = at
    back = _n(x - way)
    return f'<path class="h" d="M{_n(x)} {_n(y)}L{back} {_n(y - 3.4)}V{_n(y + 3.4)}z"/>'


def _n(value: float) -> str:
    """A number of the picture: whole, which nobody can tell from what it was."""
    return str(round(value))
