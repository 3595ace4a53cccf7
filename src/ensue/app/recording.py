"""What a transaction does to meters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ensue.app.secrets import SecretsTx
from ensue.resources import meter as meter_kind
from ensue.resources.meter import Meter, MeterEvent, Recorded, Scalar


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

    def correct(
        self,
        meter: Meter,
        subject: str,
        event_id: str,
        *,
        properties: Mapping[str, Scalar] | None,
        reason: str | None = None,
    ) -> bool:
        """Correct an event: the log keeps it, and beside it what stands from now on.

        Its sums change with that, as if it had always been so. An event that was retracted comes
        back when it is given properties again.

        Args:
            meter: where it was recorded.
            subject: whose it is.
            event_id: its id.
            properties: what it says from now on; None retracts it.
            reason: why, up to 1,000 characters, for whoever reads the log.

        Returns:
            Whether that changed it; the same once more changes nothing.

        Raises:
            NotFound: there is no such event.
            InvalidValue: the properties are none, or one is no number where a metric needs one.
            NotKept: it is of an hour whose events are not all kept any more.
        """
        return meter_kind.correct(
            self._inner, meter.model, subject, event_id, properties=properties, reason=reason
        )
