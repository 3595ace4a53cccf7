"""What the standard environment variables of OpenTelemetry ask for.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/

Unlike there, nothing is exported as long as nobody asks: an exporter is on when it is named, or
when an endpoint of it is set. Where to, with which headers and certificates, how large batches are:
those variables are read by the libraries that export.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ensue.words.errors import InvalidValue

TRACES, METRICS = "traces", "metrics"
EXPORTERS = ("otlp", "console")
PROTOCOL = "http/protobuf"
SAMPLERS = ("always_on", "always_off", "traceidratio")
PARENT_BASED = "parentbased_"
INTERVAL_MS = 60_000
_LOW_BITS = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be exported.

    Attributes:
        traces: by which exporter; None for not at all.
        metrics: by which exporter; None for not at all.
        ratio: which share of the traces that begin here is kept.
        respects_parents: whether a trace that began elsewhere is kept if its caller keeps it.
        interval_ms: how often metrics are exported.
    """

    traces: str | None = None
    metrics: str | None = None
    ratio: float = 1.0
    respects_parents: bool = True
    interval_ms: int = INTERVAL_MS

    def decide(self) -> Callable[[int], bool]:
        """What decides, given the id of a trace that begins here, whether it is kept.

        As `TraceIdRatioBased` of OpenTelemetry's SDK for Python does.
        """
        bound = round(self.ratio * (_LOW_BITS + 1))
        return lambda trace: trace & _LOW_BITS < bound


def asked(environ: Mapping[str, str]) -> Asked | None:
    """What is to be exported; None for nothing.

    Raises:
        InvalidValue: a variable asks for what there is not; names it.
    """
    given = {name: value.strip() for name, value in environ.items() if value.strip()}
    if given.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    traces, metrics = _exporter(given, TRACES), _exporter(given, METRICS)
    if traces is None and metrics is None:
        return None
    ratio, respects_parents = _sampler(given)
    return Asked(traces, metrics, ratio, respects_parents, _interval(given))


def _exporter(given: Mapping[str, str], of: str) -> str | None:
    name = f"OTEL_{of.upper()}_EXPORTER"
    own, general = f"OTEL_EXPORTER_OTLP_{of.upper()}_", "OTEL_EXPORTER_OTLP_"
    is_addressed = f"{own}ENDPOINT" in given or f"{general}ENDPOINT" in given
    exporter = given.get(name, "otlp" if is_addressed else "none")
    if exporter == "none":
        return None
    if exporter not in EXPORTERS:
        raise InvalidValue(
            f"expected otlp, console or none, got {exporter!r}",
            at=name,
            hint="What Prometheus is to read is at /metrics without it."
            if of == METRICS
            else "Most back ends take otlp, as does the collector of OpenTelemetry.",
        )
    at = next((each for each in (f"{own}PROTOCOL", f"{general}PROTOCOL") if each in given), None)
    if exporter == "otlp" and at is not None and given[at] != PROTOCOL:
        raise InvalidValue(
            f"expected {PROTOCOL}, got {given[at]!r}",
            at=at,
            hint="A collector takes it on port 4318.",
        )
    return exporter


def _sampler(given: Mapping[str, str]) -> tuple[float, bool]:
    name = given.get("OTEL_TRACES_SAMPLER", f"{PARENT_BASED}always_on")
    kind = name.removeprefix(PARENT_BASED)
    if kind not in SAMPLERS:
        known = [*SAMPLERS, *(f"{PARENT_BASED}{each}" for each in SAMPLERS)]
        raise InvalidValue(f"expected {', '.join(known)}; got {name!r}", at="OTEL_TRACES_SAMPLER")
    ratio = {"always_on": 1.0, "always_off": 0.0}.get(kind)
    if ratio is None:
        ratio = _ratio(given.get("OTEL_TRACES_SAMPLER_ARG", "1"))
    return ratio, name != kind


def _ratio(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise InvalidValue(
            f"expected a number from 0 to 1, got {text!r}", at="OTEL_TRACES_SAMPLER_ARG"
        )
    return found


def _interval(given: Mapping[str, str]) -> int:
    text = given.get("OTEL_METRIC_EXPORT_INTERVAL", str(INTERVAL_MS))
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 86_400_000):
        raise InvalidValue(
            f"expected milliseconds, up to a day, got {text!r}", at="OTEL_METRIC_EXPORT_INTERVAL"
        )
    return int(text)
