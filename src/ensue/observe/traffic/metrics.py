"""The metrics: one list for ``/metrics``, charts and alarms.

Where the semantic conventions of OpenTelemetry have a name for something, ``exposed`` is that name
as Prometheus writes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ensue.engine import executions, measures

MetricKind = Literal["counter", "gauge", "histogram"]

ROUTE, RULE, STORE = "route", "rule", "store"  # subjects that are no resources
WORK = ("queue", "function", "mail", "destination", "pipe", "workflow", "activity", "bus", "topic")
HANDLED = ("queue", "function", "mail", "destination", "pipe", "workflow")
LOGS = ("table", "adopted", "bus", "stream", "topic", "bucket", "meter", "workflow")
READERS = ("function", "pipe", "stream", "meter", "schemas")
DONE = tuple(dict.fromkeys((*WORK, *READERS)))


@dataclass(frozen=True, slots=True)
class Metric:
    """Something that is counted or measured.

    Attributes:
        name: what it is called here.
        kind: ``counter``, what only grows; ``gauge``, how much there is; ``histogram``, how long it
            takes.
        unit: ``s`` or ``By``; what is counted in braces, such as ``{message}``.
        help: what it says, one sentence.
        of: the kinds of what has it: of resources, or ``route``, ``rule``, ``store``.
        exposed: what it is called at ``/metrics``; None where another metric says it there.
    """

    name: str
    kind: MetricKind
    unit: str
    help: str
    of: tuple[str, ...]
    exposed: str | None

    @property
    def otel(self) -> str:
        """What it is called in OpenTelemetry, which writes units beside the name."""
        name = (self.exposed or self.name).removesuffix("_total")
        dotted = {
            "messaging_client_sent_messages": "messaging.client.sent.messages",
            "messaging_client_consumed_messages": "messaging.client.consumed.messages",
            "messaging_process_duration_seconds": "messaging.process.duration",
            "http_server_request_duration_seconds": "http.server.request.duration",
        }
        return dotted.get(name) or name.removesuffix("_seconds").removesuffix("_bytes").replace(
            "ensue_", "ensue.", 1
        )


METRICS = (
    Metric(
        measures.SENT,
        "counter",
        "{message}",
        "Messages that came in: sent, delivered, redriven or dead-lettered.",
        WORK,
        "messaging_client_sent_messages_total",
    ),
    Metric(
        measures.RECEIVED,
        "counter",
        "{message}",
        "Messages and records that were given to a handler or a receiver, each time.",
        DONE,
        "messaging_client_consumed_messages_total",
    ),
    Metric(
        measures.COMPLETED,
        "counter",
        "{message}",
        "Messages and records that are done.",
        DONE,
        "ensue_messages_completed_total",
    ),
    Metric(
        measures.FAILED,
        "counter",
        "{message}",
        "Attempts that failed.",
        WORK,
        "ensue_messages_failed_total",
    ),
    Metric(
        measures.DEAD_LETTERED,
        "counter",
        "{message}",
        "Messages that went to a dead-letter queue.",
        WORK,
        "ensue_messages_dead_lettered_total",
    ),
    Metric(
        measures.RECORDS,
        "counter",
        "{record}",
        "Changes, events and records that were ever written to the log.",
        LOGS,
        "ensue_log_records_total",
    ),
    Metric(
        measures.MATCHED,
        "counter",
        "{event}",
        "Events that matched.",
        (RULE,),
        "ensue_rule_matched_events_total",
    ),
    *(
        Metric(
            name,
            "counter",
            "{execution}",
            f"Executions that have {name.removeprefix('executions_').replace('_', ' ')}.",
            ("workflow",),
            f"ensue_{name}_total",
        )
        for name in executions.KEPT
    ),
    Metric(
        "requests",
        "counter",
        "{request}",
        "Requests that were answered.",
        (ROUTE,),
        None,
    ),
    Metric(
        "errors",
        "counter",
        "{request}",
        "Requests that were answered with a status from 500 on.",
        (ROUTE,),
        None,
    ),
    Metric(
        measures.DEPTH,
        "gauge",
        "{message}",
        "Messages that are not done: waiting, delayed, held or in flight.",
        WORK,
        "ensue_queue_depth",
    ),
    Metric(
        measures.IN_FLIGHT,
        "gauge",
        "{message}",
        "Messages that somebody has, and that are not settled.",
        WORK,
        "ensue_queue_in_flight",
    ),
    Metric(
        measures.HELD,
        "gauge",
        "{message}",
        "Messages behind an unsettled one of their group.",
        WORK,
        "ensue_queue_held",
    ),
    Metric(
        "oldest_age",
        "gauge",
        "s",
        "How long the oldest that waits could have been taken.",
        WORK,
        "ensue_queue_oldest_age_seconds",
    ),
    Metric(
        measures.LAG,
        "gauge",
        "{record}",
        "Records that the reader of a log has not read.",
        READERS,
        "ensue_reader_lag_records",
    ),
    Metric(
        measures.PROCESS,
        "histogram",
        "s",
        "How long a handler takes for a message; of a batch in one transaction the mean.",
        HANDLED,
        "messaging_process_duration_seconds",
    ),
    Metric(
        measures.WAIT,
        "histogram",
        "s",
        "How long a message was due before a handler got it.",
        HANDLED,
        "ensue_message_wait_duration_seconds",
    ),
    Metric(
        "request_duration",
        "histogram",
        "s",
        "How long a request takes until its answer is on its way.",
        (ROUTE,),
        "http_server_request_duration_seconds",
    ),
    Metric(
        "store_bytes",
        "gauge",
        "By",
        "The size of the store's file.",
        (STORE,),
        "ensue_store_size_bytes",
    ),
    Metric(
        "wal_bytes",
        "gauge",
        "By",
        "The size of the store's write-ahead log.",
        (STORE,),
        "ensue_store_wal_size_bytes",
    ),
)
BY_NAME = {each.name: each for each in METRICS}
