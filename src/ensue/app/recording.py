"""What a transaction does to meters."""

from __future__ import annotations

from collections.abc import Iterable

from ensue.app.secrets import SecretsTx
from ensue.resources import meter as meter_kind
from ensue.resources.meter import Meter, MeterEvent, Recorded


class RecordingTx(SecretsTx):
    """A transaction that records and corrects what is measured."""

    __slots__ = ()

    def record(self, meter: Meter, events: Iterable[MeterEvent]) -> Recorded:
        """Record the events of a batch that are right and new; see `Meter.record`.

        Args:
            meter: where.
            events: at most 10,000.

        Raises:
            LimitExceeded: there are too many.
        """
        return meter_kind.record(self._inner, meter.model, list(events))
