"""Pictures of state machines and of what became of them: SVG, and Mermaid.

definition ──▶ Graph ◀── history
                 │
      layers or one column ──▶ Scene ──▶ SVG
                 └─────────────────────▶ Mermaid
"""

from ensue.languages.states.draw.graph import Edge, Graph, Node
from ensue.languages.states.draw.history import (
    graph_of_frames,
    graph_of_history,
    with_frames,
    with_history,
)
from ensue.languages.states.draw.machine import graph_of_machine
from ensue.languages.states.draw.mermaid import draw_mermaid
from ensue.languages.states.draw.svg import Drawing, draw_parts, draw_svg

__all__ = [
    "Drawing",
    "Edge",
    "Graph",
    "Node",
    "draw_mermaid",
    "draw_parts",
    "draw_svg",
    "graph_of_frames",
    "graph_of_history",
    "graph_of_machine",
    "with_frames",
    "with_history",
]
