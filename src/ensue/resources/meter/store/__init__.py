"""What a meter does within a transaction."""

from ensue.resources.meter.store.metrics import current, declare
from ensue.resources.meter.store.recording import record, record_each
from ensue.resources.meter.store.usage import series, usage

__all__ = ["current", "declare", "record", "record_each", "series", "usage"]
