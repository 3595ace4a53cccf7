"""A picture as the text of a Mermaid flowchart, for places that draw it themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ensue.languages.states.draw.boxes import detail_of
from ensue.languages.states.draw.graph import Edge, Graph, Node, has_ring

_CLASSES: Mapping[str, str] = {
    "succeeded": "stroke:#1a7f37,stroke-width:2px",
    "failed": "stroke:#cf222e,stroke-width:3px",
    "caught": "stroke:#bc4c00,stroke-width:2px",
    "running": "stroke:#0969da,stroke-width:3px",
    "aborted": "stroke:#6e7781,stroke-dasharray:4 3",
    "untouched": "opacity:0.5",
}
_SHAPES: Mapping[str, tuple[str, str]] = {
    "Choice": ("{", "}"),
    "Wait": ("(", ")"),
    "Succeed": ("([", "])"),
    "Fail": ("([", "])"),
}
# What its parser takes for markup, also within quotes, and what no file of text should hold.
_MARKUP = re.compile(r"[\"#&;<>`\\]|[^\x20-\ud7ff\ue000-\U0010ffff]")


def draw_mermaid(graph: Graph) -> str:
    """A graph as a Mermaid flowchart.

    Args:
        graph: what is drawn.
    """
    writer = _Writer()
    lines = ["flowchart TD", *writer.graph(graph, "", "    ")]
    for outcome, style in _CLASSES.items():
        if names := writer.classes.get(outcome):
            lines += [f"    classDef {outcome} {style}", f"    class {','.join(names)} {outcome}"]
    return "\n".join(lines) + "\n"


class _Writer:
    def __init__(self) -> None:
        self.classes: dict[str, list[str]] = {}

    def graph(self, graph: Graph, within: str, indent: str) -> Iterator[str]:
        """The lines of a graph; ids begin with that of what it is in."""
        ids = {node.name: f"{within}s{at}" for at, node in enumerate(graph.nodes)}
        for node in graph.nodes:
            yield from self._node(node, ids[node.name], indent)
        if graph.start is not None:
            yield f'{indent}{within}start(((" "))) --> {ids[graph.start]}'
        for edge in graph.edges:
            yield f"{indent}{ids[edge.source]} {_arrow(edge)} {ids[edge.target]}"
        for at, node in enumerate(node for node in graph.nodes if has_ring(node)):
            yield f'{indent}{ids[node.name]} --> {within}end{at}((("end")))'

    def _node(self, node: Node, name: str, indent: str) -> Iterator[str]:
        if node.outcome is not None:
            self.classes.setdefault(node.outcome, []).append(name)
        detail = detail_of(node)
        text = _escaped(node.name) + (f"<br/>{_escaped(detail)}" if detail else "")
        if not node.inner:
            left, right = _SHAPES.get(node.kind, ("[", "]"))
            yield f'{indent}{name}{left}"{text}"{right}'
            return
        yield f'{indent}subgraph {name}["{text}"]'
        for at, inner in enumerate(node.inner):
            below = f"{name}b{at}"
            yield f'{indent}    subgraph {below}[" "]'
            yield from self.graph(inner, below, f"{indent}        ")
            yield f"{indent}    end"
        yield f"{indent}end"


def _arrow(edge: Edge) -> str:
    arrow = "-.->" if edge.kind == "catch" else "==>" if edge.taken else "-->"
    return f'{arrow}|"{_escaped(edge.label)}"|' if edge.label else arrow


def _escaped(text: str) -> str:
    return _MARKUP.sub(lambda found: f"#{ord(found[0])};", text)
