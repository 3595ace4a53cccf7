"""What ensued: for any id, the whole tree of what it caused, and what caused it."""

from ensue.observe.detail import Detail, Shown, State
from ensue.observe.looking import Looking
from ensue.observe.tree import Attempt, Node
from ensue.observe.walk import NODES_MAX, beginnings
from ensue.observe.why import traceparent, unfolding, why

__all__ = [
    "NODES_MAX",
    "Attempt",
    "Detail",
    "Looking",
    "Node",
    "Shown",
    "State",
    "beginnings",
    "traceparent",
    "unfolding",
    "why",
]
