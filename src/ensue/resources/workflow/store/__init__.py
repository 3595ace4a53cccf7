"""What a workflow does within a transaction."""

from ensue.resources.workflow.store.definitions import keep as keep_definition
from ensue.resources.workflow.store.executions import (
    Loaded,
    Started,
    execution_id,
    number_of,
    start,
)
from ensue.resources.workflow.store.looking import by_number, counts, describe, history, page

__all__ = [
    "Loaded",
    "Started",
    "by_number",
    "counts",
    "describe",
    "execution_id",
    "history",
    "keep_definition",
    "number_of",
    "page",
    "start",
]
