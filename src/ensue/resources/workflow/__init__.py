"""Workflows: state machines and async functions whose executions are durable."""

from ensue.resources.workflow.handle import Workflow
from ensue.resources.workflow.model import (
    Execution,
    ExecutionPage,
    HistoryPage,
    Inside,
    Integration,
    Integrations,
    Objects,
    Outside,
    TaskCall,
    Waiting,
    WorkflowModel,
    WorkflowOptions,
)
from ensue.resources.workflow.store import Started, describe, start

__all__ = [
    "Execution",
    "ExecutionPage",
    "HistoryPage",
    "Inside",
    "Integration",
    "Integrations",
    "Objects",
    "Outside",
    "Started",
    "TaskCall",
    "Waiting",
    "Workflow",
    "WorkflowModel",
    "WorkflowOptions",
    "describe",
    "start",
]
