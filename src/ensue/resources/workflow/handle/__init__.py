"""What an application holds of a workflow."""

from ensue.resources.workflow.handle.workflow import Workflow

__all__ = ["Workflow"]
