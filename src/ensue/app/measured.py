"""What an app measures, as declared: its meters."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.app.vaults import Vaults
from ensue.resources.meter import Meter, Metric
from ensue.words.names import check_name


class Measured(Vaults):
    """What an app declares its meters with."""

    def meter(
        self,
        name: str,
        *,
        metrics: Sequence[Metric],
        past: str | float = "30d",
        future: str | float = "5m",
        retention: str | float | None = None,
    ) -> Meter:
        """Declare a meter: events that are measured, each once, and sums that are kept of them.

        A metric that is added or declared otherwise later is summed from the log, as far as that
        is kept, while all else goes on.

        Args:
            name: its name.
            metrics: what is summed.
            past: how old an event may be that is recorded, such as ``"30d"``, or seconds.
            future: how far ahead its time may be, a day at most.
            retention: how long the log of events is kept: ``past`` and two days more, at least. The
                sums stay; what is older cannot be corrected, nor summed anew. None for ever.

        Raises:
            InvalidName: a name breaks the naming rule.
            InvalidValue: a duration is written wrong.
            InvalidDeclaration: the name is taken, two metrics have one name, or a number is out of
                range.
        """
        made = Meter(
            self.home,
            check_name(name, "meter"),
            metrics=metrics,
            past=past,
            future=future,
            retention=retention,
        )
        return self._add(made)
