"""What ensued: for any id, the whole tree of what it caused, and what caused it."""

from ensue.observe.tree import Attempt, Node
from ensue.observe.why import NODES_MAX, traceparent, why

__all__ = ["NODES_MAX", "Attempt", "Node", "traceparent", "why"]
