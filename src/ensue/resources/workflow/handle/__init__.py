"""What an application holds of a workflow."""

from ensue.resources.workflow.handle.function import Events, FunctionWorkflow
from ensue.resources.workflow.handle.workflow import Workflow

__all__ = ["Events", "FunctionWorkflow", "Workflow"]
