"""Streams: their shards, who reads them and how far behind, and what they were at a moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from ensue.catalog import KINDS
from ensue.doors.console.section import Action, Page, Section
from ensue.doors.console.view import Done, View
from ensue.doors.console.visit import Handle, Visit
from ensue.pages import charts
from ensue.words import values
from ensue.words.units import TIME_MS_MAX, iso

# Of how long the chart tells, in which steps; over how long rates are; how fine the slider is.
CHART = 900_000, 30_000
RATES = 60_000
SLIDER_STEPS = 1_000
SHARDS_SHOWN = 200
RECORDS_SHOWN = 10
GROUP = "group"


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Which moment, in ms since 1970; now by default."""

    at_ms: Annotated[int, msgspec.Meta(ge=0, le=TIME_MS_MAX)] | None = None


class Appended(msgspec.Struct, forbid_unknown_fields=True):
    """A record to append; its data is JSON."""

    data: str = "null"
    partition_key: str | None = None


class Rewound(msgspec.Struct, forbid_unknown_fields=True):
    """Which reader goes on where."""

    kind: str
    app: str
    reader: str
    start: int


async def list_streams(visit: Visit) -> View:
    """All streams, the one whose reader is furthest behind first."""
    flows = visit.platform.traffic.flows(RATES)
    found: list[dict[str, Any]] = []
    for ref in visit.platform.refs():
        if ref.kind != "stream":
            continue
        stream = visit.resource("stream", ref.name, ref.app)
        status = await KINDS["stream"].status(stream)
        readers = await visit.operate(stream, "readers")
        found.append({
            "app": ref.app,
            "kind": "stream",
            "name": ref.name,
            "records": status["records"],
            "bytes": status["bytes"],
            "open_shards": status["open_shards"],
            "in_per_s": flows[ref].in_per_s,
            "readers": len(readers),
            "unread": max((each["unread"] for each in readers), default=0),
            "lag_ms": max((each["lag_ms"] for each in readers), default=0),
        })
    found.sort(key=lambda each: (-each["lag_ms"], -each["unread"], each["name"]))
    return View("streams/list.html", "Streams", {"streams": found})


async def show_stream(visit: Visit) -> View:
    """A stream: its shards, its readers' lags, and what it was at a moment."""
    asked = visit.query(Asked)
    stream = visit.resource("stream")
    status = await KINDS["stream"].status(stream)
    now_ms = visit.platform.now_ms()
    given = {"at_ms": now_ms if asked.at_ms is None else asked.at_ms, "limit": RECORDS_SHOWN}
    moment = await visit.operate(stream, "moment", given)
    if asked.at_ms is None and moment["newest_ms"] is not None:
        moment = await visit.operate(stream, "moment", given | {"at_ms": moment["newest_ms"]})
    shards = await visit.operate(stream, "shards")
    oldest = moment["oldest_ms"] or now_ms
    return View(
        "streams/stream.html",
        f"stream {stream.ref.name}",
        {
            "stream": {
                "app": stream.ref.app,
                "kind": "stream",
                "name": stream.ref.name,
                "declared": stream.declared(),
                "status": status,
                "in_per_s": visit.platform.traffic.flow(stream.ref, RATES).in_per_s,
            },
            "shards": shards[-SHARDS_SHOWN:],
            "readers": [_reader(each) for each in await visit.operate(stream, "readers")],
            "moment": moment | {"records": [_shown(visit, each) for each in moment["records"]]},
        },
        {
            "slider": {
                "low": oldest,
                "high": max(now_ms, oldest + 1),
                "step": max(1, (now_ms - oldest) // SLIDER_STEPS),
                "at": min(max(moment["at_ms"], oldest), max(now_ms, oldest + 1)),
            },
            "chart": _chart(visit, stream),
            "widths": {each["shard"]: _width(each) for each in shards},
        },
    )


LAG = ("shard", "position", "unread", "lag_ms")


def _reader(reader: Mapping[str, Any]) -> dict[str, Any]:
    """A reader with its lags by name, and who has which shard."""
    owners = reader["owners"]
    lags = [dict(zip(LAG, each, strict=True)) for each in reader["shards"]]
    shards = [each | {"owner": owners.get(str(each["shard"]))} for each in lags]
    return dict(reader) | {"shards": shards}


def _shown(visit: Visit, record: Mapping[str, Any]) -> dict[str, Any]:
    return dict(record) | {
        "data": visit.payload(record["data"]),
        "attributes": visit.payload(record["attributes"]),
        "key": record["key"] and visit.payload(record["key"]),
    }


def _width(shard: Mapping[str, Any]) -> tuple[float, float]:
    """Where the shard's range of hash keys begins, and how wide it is, of 100."""
    every = 1 << 128
    low, high = int(shard["low"], 16), int(shard["high"], 16)
    return round(low * 100 / every, 2), max(0.5, round((high - low + 1) * 100 / every, 2))


def _chart(visit: Visit, stream: Handle) -> charts.Chart:
    found = visit.platform.traffic.series(stream.ref, "records", *CHART)
    times = [iso(at_ms)[11:16] for at_ms, _ in found]
    return charts.lines("Records a second", times, {"appended": [value for _, value in found]})


async def append(visit: Visit) -> Done:
    """Append a record."""
    given = await visit.form(Appended)
    stream = visit.resource("stream")
    fields: dict[str, Any] = {"data": values.decode(given.data)}
    if given.partition_key is not None:
        fields["partition_key"] = given.partition_key
    made = await visit.operate(stream, "append", fields)
    return Done(f"Appended as {made['id']}", _here(stream))


async def rewind(visit: Visit) -> Done:
    """Let a reader go on at another place."""
    given = await visit.form(Rewound)
    stream = visit.resource("stream")
    fields = {"start": str(given.start), "confirm": given.reader}
    if given.kind == GROUP:
        await visit.operate(stream, "rewind", fields | {"group": given.reader})
    else:
        reader = visit.resource(given.kind, given.reader, given.app)
        await visit.operate(reader, "rewind", fields)
    return Done(f"{given.reader} goes on at record {given.start}", _here(stream))


def _here(stream: Handle) -> str:
    return f"/streams/{stream.ref.app}/{stream.ref.name}"


STREAMS = Section(
    "streams",
    "Streams",
    (
        Page("/streams", list_streams),
        Page("/streams/{app}/{name}", show_stream),
        Action("/streams/{app}/{name}/append", append, "append a record"),
        Action("/streams/{app}/{name}/rewind", rewind, "rewind a reader"),
    ),
    icon="streams",
    key="x",
    kinds=("stream",),
)
