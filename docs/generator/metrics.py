"""The reference of metrics."""

# ruff: noqa: E501  # the prose of a page

from __future__ import annotations

from ensue.engine.timings import BOUNDS_NS
from ensue.observe.traffic import METRICS
from generator.markdown import table


def metrics_page() -> str:
    """Every metric, its name here and at ``/metrics``, and of what it is."""
    rows = [
        [
            f"`{each.name}`",
            each.kind,
            each.unit,
            each.help,
            f"`{each.exposed}`" if each.exposed else "",
            ", ".join(each.of),
        ]
        for each in METRICS
    ]
    bounds = ", ".join(f"{bound / 1e9:g}" for bound in BOUNDS_NS)
    return f"""# Metrics

What is counted and measured while apps run; [how to observe](../how-to/observe.md) tells where to look at it. Alarms and charts know a
metric by its name, Prometheus and OpenTelemetry by the other: there, dots stand for the first underscores, and no unit and no `_total`
is at the end.

{table(["name", "kind", "unit", "what it says", "at `/metrics`", "of"], rows)}

Counters count from the start of the process, those of logs from that of the store. The buckets of histograms end at {bounds} seconds.

| label | at |
| --- | --- |
| `app`, `kind`, `messaging_system` (`ensue`), `messaging_destination_name` | what is of a resource |
| `app`, `http_request_method`, `http_route`, `http_response_status_code`, `url_scheme`, `error_type` (from 500 on) | requests; those that no route of an app answered are of the method `_OTHER` and have no route |
| `app`, `bus`, `rule` | what is of a rule |

Beside them are `ensue_build_info`, `process_cpu_seconds_total`, `process_start_time_seconds` and `process_resident_memory_bytes`."""
