"""Traffic: what goes through resources, routes and rules, now and in the last hour."""

from ensue.engine.measuring import THE_STORE
from ensue.observe.traffic.flow import Flow
from ensue.observe.traffic.metrics import METRICS, Metric
from ensue.observe.traffic.moment import STATISTICS, Statistic
from ensue.observe.traffic.traffic import Traffic

__all__ = ["METRICS", "STATISTICS", "THE_STORE", "Flow", "Metric", "Statistic", "Traffic"]
