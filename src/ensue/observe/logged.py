"""Logs that say where they come from: who ran, in which trace, caused by what.

https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/ has the names of the
fields of a trace.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import msgspec

from ensue.engine.engine import Engine
from ensue.engine.secrets import without_secrets
from ensue.engine.tracing import context_in
from ensue.engine.transaction import OUTSIDE, Origin, Transaction, acting, transacting
from ensue.observe.why import trace_within, traceparent

Format = Literal["text", "json"]
FORMATS: tuple[Format, ...] = ("text", "json")
LEVELS = ("debug", "info", "warning", "error")
MESSAGE_LENGTH_MAX = 65_536

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class LogAs:
    """How the log is written.

    Attributes:
        form: of each line.
        level: what is logged at least.
    """

    form: Format = "text"
    level: str = "warning"


class Logged(logging.Formatter):
    """Writes a line for each record, as text or as JSON.

    Args:
        form: ``json``: an object; ``text``: the same for people.
    """

    def __init__(self, form: Format) -> None:
        super().__init__()
        self._form = form
        self._engine: Engine | None = None
        self._apps: Mapping[str, str] = {}

    def watch(self, engine: Engine, apps: Mapping[str, str]) -> None:
        """Say of an engine who ran, in which trace, caused by what.

        Args:
            engine: the engine.
            apps: the app of each handler and route, by its name.
        """
        self._engine, self._apps = engine, apps

    def format(self, record: logging.LogRecord) -> str:
        """A record as a line. Secrets that were read are not in it."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said: dict[str, str | int] = {
            "time": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage()[:MESSAGE_LENGTH_MAX],
            **self._context(),
        }
        fault = record.exc_info[1] if record.exc_info else None
        if fault is not None:
            said["exception.type"] = type(fault).__name__
            said["exception.message"] = str(fault)
            said["exception.stacktrace"] = "".join(traceback.format_exception(fault))
        if self._form == "json":
            return without_secrets(_encode(said).decode())
        return without_secrets(_as_text(said))

    def _context(self) -> dict[str, str | int]:
        tx = transacting.get()
        origin = acting.get() if tx is None else tx.origin
        if self._engine is None or origin is OUTSIDE:
            return {}
        said: dict[str, str | int] = {}
        if origin.actor in self._apps:
            said["app"] = self._apps[origin.actor]
        said["handler"] = origin.actor
        try:
            return said | _caused(self._engine, origin, tx)
        except Exception:  # noqa: BLE001 - a line must not fail for what is said beside it
            return said


def _caused(engine: Engine, origin: Origin, tx: Transaction | None) -> dict[str, str | int]:
    said: dict[str, str | int] = {}
    if origin.cause is not None:
        said["cause"] = engine.records.text(*origin.cause)
        said["attempt"] = origin.attempt
    if tx is not None and origin.cause is not None:
        trace: str | None = trace_within(engine, tx, origin.cause, origin.attempt)
    else:
        trace = traceparent(engine, origin)
    if trace is not None:
        context = context_in(trace)
        said["trace_id"], said["span_id"] = f"{context.trace:032x}", f"{context.span:016x}"
    return said


def _as_text(said: Mapping[str, str | int]) -> str:
    beside = " ".join(
        f"{name}={said[name]}"
        for name in ("app", "handler", "cause", "attempt", "trace_id")
        if name in said
    )
    level = str(said["level"]).upper()
    line = f"{said['time']} {level:7} {said['logger']}: {said['message']}"
    line += f"  [{beside}]" if beside else ""
    stack = said.get("exception.stacktrace")
    return line if stack is None else f"{line}\n{stack}".rstrip()


def log_as(form: Format | None, level: str | None) -> LogAs | None:
    """How the log is written as it is asked for; None where nothing is."""
    return None if form is None and level is None else LogAs(form or "text", level or "warning")


def log_to(how: LogAs) -> Logged:
    """Write what is logged to the standard error, a line for each record; returns who writes."""
    handler = logging.StreamHandler()
    writer = Logged(how.form)
    handler.setFormatter(writer)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(how.level.upper())
    for chatty in ("httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    return writer
