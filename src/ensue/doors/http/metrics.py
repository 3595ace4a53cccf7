"""``/metrics``: all figures in the text format of Prometheus.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from functools import lru_cache

from starlette.types import Receive, Scope, Send

from ensue.app.platform import Platform
from ensue.doors.http.routing import Endpoint
from ensue.doors.http.wire import NO_STORE, respond
from ensue.observe.traffic import BOUNDS_NS, Family, Labels, Timing, families
from ensue.words.version import VERSION

METRICS = "/metrics"
LABELS_REMEMBERED_MAX = 10_000
MEDIA = b"text/plain; version=0.0.4; charset=utf-8"
_BOUNDS = (*(f"{bound / 1e9:g}" for bound in BOUNDS_NS), "+Inf")
_STATEMENT = "/proc/self/statm"


def exposer(platform: Platform) -> Endpoint:
    """What answers a GET of `METRICS`."""

    async def expose(scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        scope[NO_STORE] = True
        text = exposed(platform)
        await respond(scope, send, 200, text.encode(), [(b"content-type", MEDIA)])

    return expose


def exposed(platform: Platform) -> str:
    """All figures as text.

    Raises:
        StoreError: the store cannot serve.
    """
    lines: list[str] = []
    for family in families(platform.traffic):
        lines.extend(_lines(family))
    lines.extend(_process(platform))
    return "\n".join(lines) + "\n"


def _lines(family: Family) -> Iterator[str]:
    metric = family.metric
    yield f"# HELP {metric.exposed} {metric.help}"
    yield f"# TYPE {metric.exposed} {metric.kind}"
    for sample in family.samples:
        labels = _labels(sample.labels)
        if isinstance(sample.value, Timing):
            yield from _histogram(str(metric.exposed), labels, sample.value)
        else:
            yield f"{metric.exposed}{_braced(labels)} {_number(sample.value)}"


def _histogram(name: str, labels: str, timing: Timing) -> Iterator[str]:
    before = f"{name}_bucket{{{labels}," if labels else f"{name}_bucket{{"
    below = 0
    for bound, count in zip(_BOUNDS, list(timing.counts), strict=True):
        below += count
        yield f'{before}le="{bound}"}} {below}'
    yield f"{name}_sum{_braced(labels)} {timing.sum_ns / 1e9!r}"
    yield f"{name}_count{_braced(labels)} {below}"


def _process(platform: Platform) -> Iterator[str]:
    """What every exporter of Prometheus says of its process."""
    yield "# HELP ensue_build_info The version that runs."
    yield "# TYPE ensue_build_info gauge"
    yield f'ensue_build_info{{version="{VERSION}"}} 1'
    used = resource.getrusage(resource.RUSAGE_SELF)
    yield "# HELP process_cpu_seconds_total The processor time that was spent, in seconds."
    yield "# TYPE process_cpu_seconds_total counter"
    yield f"process_cpu_seconds_total {used.ru_utime + used.ru_stime!r}"
    yield "# HELP process_start_time_seconds Since when it runs, in seconds since 1970."
    yield "# TYPE process_start_time_seconds gauge"
    yield f"process_start_time_seconds {platform.started_ms / 1_000!r}"
    resident = _resident_bytes()
    if resident is not None:
        yield "# HELP process_resident_memory_bytes Its resident memory."
        yield "# TYPE process_resident_memory_bytes gauge"
        yield f"process_resident_memory_bytes {resident}"


def _resident_bytes() -> int | None:
    """How much memory it has; None where the system does not tell in this way."""
    try:
        with open(_STATEMENT, encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


@lru_cache(maxsize=LABELS_REMEMBERED_MAX)
def _labels(labels: Labels) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels)


def _braced(labels: str) -> str:
    return f"{{{labels}}}" if labels else ""


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
