"""OpenTelemetry: spans and figures for who asks by the standard environment variables.

Nothing of OpenTelemetry is imported before somebody asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ensue.engine.engine import Engine
from ensue.observe.otel.settings import Asked, asked
from ensue.observe.traffic import Traffic
from ensue.words.errors import MissingExtra

__all__ = ["Asked", "Exports", "asked", "telemetry"]


class Exports(Protocol):
    """What exports while a platform is open."""

    def watch(self, engine: Engine, traffic: Traffic) -> None:
        """Export what is of an engine; figures once it has started."""

    def flush(self) -> None:
        """Export what there is now; blocks until it is sent."""

    async def close(self) -> None:
        """Export what waits, and no more."""


def telemetry(environ: Mapping[str, str], name: str) -> Exports | None:
    """What exports as the environment asks; None where it does not.

    Args:
        environ: the environment.
        name: what the service is called, where the environment does not say.

    Raises:
        MissingExtra: OpenTelemetry is not installed.
        InvalidValue: a variable asks for what there is not; names it.
    """
    wanted = asked(environ)
    if wanted is None:
        return None
    try:
        from ensue.observe.otel.telemetry import Telemetry  # noqa: PLC0415 - only where asked for
    except ImportError as fault:
        raise MissingExtra(
            f"exporting telemetry needs {fault.name}, which is not installed",
            at="OTEL_TRACES_EXPORTER" if wanted.traces else "OTEL_METRICS_EXPORTER",
            hint="pip install 'ensue[otel]'; or OTEL_SDK_DISABLED=true.",
        ) from None
    return Telemetry(wanted, name)
