"""State machines and histories to draw."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ensue.languages.states.draw import Edge, Graph, Node

State = dict[str, Any]


def task(following: str | None = None, **fields: Any) -> State:
    """A Task that goes on with a state, or ends."""
    way = {"Next": following} if following else {"End": True}
    return {"Type": "Task", "Resource": "ensue:function:work", **way, **fields}


def machine(start: str, **states: State) -> State:
    """A definition."""
    return {"StartAt": start, "States": states}


def caught(target: str, *errors: str) -> list[State]:
    """A Catch with one catcher; of all errors where none is named."""
    return [{"ErrorEquals": list(errors or ("States.ALL",)), "Next": target}]


def rule(target: str, **comparison: Any) -> State:
    """A rule of a Choice about ``$.n``."""
    return {"Variable": "$.n", **comparison, "Next": target}


ORDER = machine(
    "Take",
    Take=task("Which", Catch=caught("Refused")),
    Which={
        "Type": "Choice",
        "Choices": [rule("Each", NumericGreaterThan=1), rule("Take", NumericEquals=0)],
        "Default": "Done",
    },
    Each={
        "Type": "Map",
        "ItemsPath": "$.lines",
        "MaxConcurrency": 5,
        "ItemProcessor": machine(
            "Pair",
            Pair={
                "Type": "Parallel",
                "End": True,
                "Branches": [machine("Left", Left=task()), machine("Right", Right=task())],
            },
        ),
        "Catch": caught("Refused", "Lost"),
        "Next": "Done",
    },
    Done={"Type": "Succeed"},
    Refused={"Type": "Fail", "Error": "OrderRefused"},
)


def history(*rows: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Events as Step Functions shows them, of (type, previous id, name, more details)."""
    found = []
    for at, (kind, previous, *rest) in enumerate(rows, 1):
        details = {"name": rest[0]} if rest and rest[0] else {}
        details |= rest[1] if len(rest) > 1 else {}
        where = f"{kind[0].lower()}{kind[1:]}EventDetails"
        if kind.endswith(("StateEntered", "StateExited")):
            where = f"state{kind[-7:] if kind.endswith('Entered') else kind[-6:]}EventDetails"
        event = {"id": at, "previousEventId": previous, "type": kind}
        found.append(event | ({where: details} if details else {}))
    return found


NAMES = [f"State {at}" for at in range(12)]


@st.composite
def graphs(draw: st.DrawFn, depth: int = 1) -> Graph:
    """Graphs of some states, with ways of all kinds, some of them back, and graphs within."""
    names = NAMES[: draw(st.integers(1, len(NAMES)))]
    nodes = []
    for name in names:
        inner: tuple[Graph, ...] = ()
        if depth and draw(st.integers(0, 9)) == 0:
            inner = tuple(draw(graphs(depth - 1)) for _ in range(draw(st.integers(1, 3))))
        nodes.append(
            Node(
                name,
                "Parallel" if inner else "Task",
                draw(st.sampled_from(["", "a function"])),
                is_end=draw(st.booleans()),
                inner=inner,
            )
        )
    edges = draw(
        st.lists(
            st.builds(
                Edge,
                st.sampled_from(names),
                st.sampled_from(names),
                st.sampled_from(["next", "choice", "default", "catch"]),
                st.sampled_from(["", "n > 1", "a much longer condition that takes several lines"]),
                st.sampled_from([None, True, False]),
            ),
            max_size=24,
            unique_by=lambda edge: (edge.source, edge.target, edge.kind),
        )
    )
    return Graph(names[0], tuple(nodes), tuple(edges))
