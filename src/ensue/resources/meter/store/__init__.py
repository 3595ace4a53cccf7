"""What a meter does within a transaction."""

from ensue.resources.meter.store.changing import (
    SubjectPage,
    changed,
    changes,
    list_subjects,
    position_at,
    status,
)
from ensue.resources.meter.store.correcting import correct
from ensue.resources.meter.store.delivering import deliver
from ensue.resources.meter.store.events import lines_from
from ensue.resources.meter.store.metrics import all_summed, current, is_behind, whole_from
from ensue.resources.meter.store.recording import record
from ensue.resources.meter.store.subjects import numbered
from ensue.resources.meter.store.summing import declare, rebuild, step
from ensue.resources.meter.store.sums import hours_of, of_hour
from ensue.resources.meter.store.usage import series, usage

__all__ = [
    "SubjectPage",
    "all_summed",
    "changed",
    "changes",
    "correct",
    "current",
    "declare",
    "deliver",
    "hours_of",
    "is_behind",
    "lines_from",
    "list_subjects",
    "numbered",
    "of_hour",
    "position_at",
    "rebuild",
    "record",
    "series",
    "status",
    "step",
    "usage",
    "whole_from",
]
