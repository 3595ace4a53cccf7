"""The command line: run apps, and ask those that run. Its operations come from the catalog."""

from ensue.doors.cli.group import make_cli
from ensue.doors.cli.model import Options, Ready

__all__ = ["Options", "Ready", "make_cli"]
