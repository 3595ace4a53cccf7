"""What workflows do with nobody asking: executions go on, tasks are done."""

from ensue.resources.workflow.worker.checking import check_machine
from ensue.resources.workflow.worker.consumers import Tasks, advancing
from ensue.resources.workflow.worker.declaring import enter
from ensue.resources.workflow.worker.machines import Machines
from ensue.resources.workflow.worker.map_runs import MapRuns
from ensue.resources.workflow.worker.map_workers import (
    has_map_runs,
    map_queues,
    map_workers,
    prepare_map_runs,
    queues_beside,
)
from ensue.resources.workflow.worker.notices import Herald, Notices
from ensue.resources.workflow.worker.outcomes import ExpressWork, shown_run
from ensue.resources.workflow.worker.reviving import FunctionRevival, MachineRevival, Revival
from ensue.resources.workflow.worker.routine import maker
from ensue.resources.workflow.worker.routines import Routines, Steps, Version, Where, version_text
from ensue.resources.workflow.worker.runner import Advance
from ensue.resources.workflow.worker.setting import Make, Setting, UnderWay
from ensue.resources.workflow.worker.sockets import Sockets

__all__ = [
    "Advance",
    "ExpressWork",
    "FunctionRevival",
    "Herald",
    "MachineRevival",
    "Machines",
    "Make",
    "MapRuns",
    "Notices",
    "Revival",
    "Routines",
    "Setting",
    "Sockets",
    "Steps",
    "Tasks",
    "UnderWay",
    "Version",
    "Where",
    "advancing",
    "check_machine",
    "enter",
    "has_map_runs",
    "maker",
    "map_queues",
    "map_workers",
    "prepare_map_runs",
    "queues_beside",
    "shown_run",
    "version_text",
]
