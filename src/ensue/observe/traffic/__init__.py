"""Traffic: what goes through resources, routes and rules, now and in the last hour."""

from ensue.engine.measuring import THE_STORE
from ensue.engine.timings import BOUNDS_NS, Timing
from ensue.observe.traffic.exposing import METHODS, Family, Labels, Sample, families
from ensue.observe.traffic.flow import Flow
from ensue.observe.traffic.metrics import METRICS, Metric
from ensue.observe.traffic.moment import STATISTICS, Statistic
from ensue.observe.traffic.traffic import HOUR_MS, OTHER, WINDOW_MS, Traffic

__all__ = [
    "BOUNDS_NS",
    "HOUR_MS",
    "METHODS",
    "METRICS",
    "OTHER",
    "STATISTICS",
    "THE_STORE",
    "WINDOW_MS",
    "Family",
    "Flow",
    "Labels",
    "Metric",
    "Sample",
    "Statistic",
    "Timing",
    "Traffic",
    "families",
]
