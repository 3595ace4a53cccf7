"""Experiments: users get variants, what they do is counted, and a page says what that shows.

a page ── POST /assign ──▶ variant, by a hash of experiment and user; cookie ab_user_id
  └────── POST /collect ─▶ events, a meter: impressions, clicks, users, users who click ─┐
GET /results/{id} ◀── shares, lifts, verdict: valid whenever one looks ◀── statistics ◀──┘
"""

from __future__ import annotations

import hashlib
import os
from typing import Annotated, Any

from apps.experiments import shapes
from apps.experiments.assignment import variant_for
from apps.experiments.results import Results, charts_of, results_of
from apps.experiments.shapes import iso, ms_of
from apps.experiments.statistics import Arm
from ensue import (
    Answer,
    App,
    Conflict,
    Cookie,
    Cors,
    HtmlAnswer,
    InvalidValue,
    Item,
    MeterEvent,
    Metric,
    NotFound,
    ReadTx,
    SetCookie,
    Tx,
)

HOUR_MS = 3_600_000
WINDOW_MS = 30 * 24 * HOUR_MS
USER = "ab_user_id"
ACTIONS = ("log_impression", "log_click")
TRY = (
    "curl -s -X POST {url}/assign -H 'content-type: application/json' -d '{{\"userId\": \"ann\"}}'",
    "curl -s {url}/manifest",
    "open {url}/demo and {url}/results/button",
)

app = App("experiments")
experiments = app.table(
    "experiments",
    key="id",
    seed=[
        {
            "id": "button",
            "active": True,
            "control": "A",
            "variants": [{"id": "A", "weight": 50}, {"id": "B", "weight": 50}],
            "revision": 1,
            "sinceMs": 0,
        }
    ],
)
events = app.meter(
    "events",
    metrics=[
        Metric("impressions", "event", "SUM", "impression", unit="impressions", groups=["variant"]),
        Metric("clicks", "event", "SUM", "click", unit="clicks", groups=["variant"]),
        Metric("users", "event", "UNIQUE", "user", unit="users", groups=["variant"]),
        # The verdict's: who takes part, clicks, or is in a second variant, for the first time.
        Metric("joined", "event", "SUM", "join", unit="users", groups=["arm"]),
        Metric("clicked", "event", "SUM", "convert", unit="users", groups=["arm"]),
        Metric("crossed", "event", "SUM", "cross", unit="users", groups=["round"]),
    ],
    past="1d",
    retention=os.environ.get("EVENTS_KEPT", "40d"),
)
# Who takes part since an experiment has its weights, in which variants, and whether they clicked.
parts = app.table("parts", key=("round", "user"))
ANYONE = Cors("*")
UNKNOWN = {404: "There is no such experiment."}
COUNTED = {
    404: "There is no such experiment, or it has no such variant.",
    410: "The log does not go back so far; whole hours are kept.",
    429: "There are too many events in the hour in which the window begins or ends.",
}


# Who gets what


@app.get("/manifest", cors=ANYONE)
def manifest(tx: ReadTx) -> shapes.Manifest:
    """All experiments, for clients that choose by themselves (AB-3)."""
    listed = []
    for each in tx.scan(experiments, limit=1_000).items:
        variants = [shapes.Variant(**one) for one in each["variants"]]
        listed.append(shapes.Listed(each["id"], each["active"], variants))
    return shapes.Manifest(listed)


@app.put("/experiments/{id}", statuses={409: "The parts do not go together."})
def plan(id: shapes.Text, body: shapes.Plan, tx: Tx) -> shapes.Listed:  # noqa: A002 - the path's
    """Begin an experiment, or change it. Other weights begin the count anew."""
    names = [each.id for each in body.variants]
    control = body.control or names[0]
    if len(set(names)) != len(names) or control not in names:
        raise Conflict("expected variants of different names, the control among them")
    if not sum(each.weight for each in body.variants):
        raise Conflict("expected a weight above 0")
    variants = [{"id": each.id, "weight": each.weight} for each in body.variants]
    old = tx.get(experiments, id)
    same = old is not None and (old["variants"], old["control"]) == (variants, control)
    now = {"revision": 1 if old is None else old["revision"] + 1, "sinceMs": tx.now_ms}
    kept = {name: old[name] for name in now} if old is not None and same else now
    tx.put(
        experiments,
        {"id": id, "active": body.active, "control": control, "variants": variants, **kept},
    )
    return shapes.Listed(id, body.active, body.variants)


@app.post("/assign", cors=ANYONE, statuses=UNKNOWN)
def assign(
    body: shapes.Asked, tx: Tx, user: Annotated[str | None, Cookie(USER)]
) -> Answer[shapes.Assigned]:
    """The variants of a user: always the same ones. Who is new gets an id, as a cookie too."""
    return assigned(tx, body.experimentId, body.userId or user or tx.new_id())


@app.get("/assign", cors=ANYONE, statuses=UNKNOWN)
def assigned_to(
    tx: ReadTx,
    userId: shapes.Text,  # noqa: N803 - the clients' names
    experimentId: shapes.Text | None = None,  # noqa: N803
) -> Answer[shapes.Assigned]:
    """The variants of a user who has an id."""
    return assigned(tx, experimentId, userId)


def assigned(tx: ReadTx, experiment: str | None, user: str) -> Answer[shapes.Assigned]:
    """The variants of a user in one experiment, or in all; only active ones give any."""
    if experiment is None:
        found = tx.scan(experiments, limit=1_000).items
    else:
        found = [known(tx, experiment)]
    variants = {
        each["id"]: variant_for(
            each["id"], user, {one["id"]: one["weight"] for one in each["variants"]}
        )
        for each in found
        if each["active"]
    }
    try:
        cookies = [SetCookie(USER, user, keep="365d")]
    except InvalidValue:
        cookies = []  # an id of the client's own that no cookie can hold
    return Answer(shapes.Assigned(user, variants), cookies=cookies)


def known(tx: ReadTx, experiment: str) -> Item:
    """An experiment that there is.

    Raises:
        NotFound: there is none.
    """
    found = tx.get(experiments, experiment)
    if found is None:
        raise NotFound(f"Unknown experiment: {experiment}")
    return found


# What users do


@app.post("/collect", cors=ANYONE, statuses=COUNTED)
async def collect(body: shapes.Collect) -> shapes.Collected:
    """Log an impression or a click, or tell the counts: as ``action`` says (AB-1)."""
    asked = {
        "experimentId": body.experimentId or body.experiment_id,
        "userId": body.userId or body.user_id,
        "variant": body.variant,
    }
    needed = {"get_stats": ["experimentId"], None: []}.get(body.action, list(asked))
    missing = [name for name in needed if not asked[name]] + ["action"] * (body.action is None)
    if body.action not in {*ACTIONS, "get_stats", None}:
        raise InvalidValue(f"Unknown action: {body.action}")
    if missing:
        raise InvalidValue(f"Missing required fields: {', '.join(missing)}")
    if body.action == "get_stats":
        return await app.read(stats, body, str(asked["experimentId"]))
    return await app.run(log, body.action, asked, body.eventId)


def log(action: str, asked: dict[str, str], event_id: str | None, tx: Tx) -> shapes.Collected:
    """Count an event, once where it has an id of its own; its time is that at which it comes."""
    experiment, user, variant = asked["experimentId"], asked["userId"], asked["variant"]
    found = known(tx, experiment)
    if variant not in {each["id"] for each in found["variants"]}:
        raise NotFound(f"Unknown variant: {variant}")
    name = hashlib.sha256(f"{experiment}\0{user}".encode()).hexdigest()[:16]
    key = (f"{experiment}/{found['revision']}", name)
    before: dict[str, bool] = (tx.get(parts, key) or {"variants": {}})["variants"]
    clicks = action == "log_click"
    said: dict[str, Any] = {
        "variant": variant,
        "arm": f"{found['revision']}/{variant}",
        "round": str(found["revision"]),
        "user": name,
        "click" if clicks else "impression": 1,
        "join": int(variant not in before),
        "convert": int(clicks and not before.get(variant)),
        "cross": int(bool(before) and variant not in before),
    }
    event = MeterEvent(event_id or tx.new_id(), experiment, "event", tx.now_ms, said)
    after = before | {variant: clicks or before.get(variant, False)}
    if tx.record(events, [event]).accepted and after != before:
        tx.put(parts, {"round": key[0], "user": name, "variants": after})
    data: shapes.Data = {
        "userId": user,
        "ts": iso(tx.now_ms),
        "experimentId": experiment,
        "variant": variant,
        "action": action,
    }
    return {"message": "Event logged", "data": data}


def stats(body: shapes.Asking, experiment: str, tx: ReadTx) -> shapes.Collected:
    """What was counted in a window; both its ends belong to it (AB-2)."""
    found = known(tx, experiment)
    # By default whole hours, which are summed; nothing is later than now.
    month = (tx.now_ms - WINDOW_MS) // HOUR_MS * HOUR_MS
    start = ms_of(body.from_, body.start, month)
    end = ms_of(body.to, body.end, tx.now_ms)
    window = max(start, 0), hour_end(tx.now_ms) if end >= tx.now_ms else end
    if window[0] > window[1]:
        window = 0, 0  # a window that ends before it begins has nothing in it
    read = {
        name: tx.usage(events, experiment, name, *window, group_by="variant")
        for name in ("impressions", "clicks", "users")
    }
    counts = {
        each: counted(*(int((one.groups or {}).get(each, 0)) for one in read.values()))
        for each in sorted(
            {one["id"] for one in found["variants"]} | set(read["users"].groups or {})
        )
    }
    return {
        "experimentId": experiment,
        "window": {"from": iso(start), "to": iso(end)},
        "totals": counted(*(int(one.value) for one in read.values())),
        "variants": counts,
    }


def hour_end(now_ms: int) -> int:
    """The last moment of an hour: up to it all is summed."""
    return (now_ms // HOUR_MS + 1) * HOUR_MS - 1


def counted(impressions: int, clicks: int, users: int) -> shapes.Counts:
    """Counts with their ratio."""
    ctr = clicks / impressions if impressions else 0.0
    return {"impressions": impressions, "clicks": clicks, "ctr": ctr, "uniqueUsers": users}


# What it shows


def shown(tx: ReadTx, experiment: str) -> Results:
    """The results of an experiment since it has its weights."""
    found = known(tx, experiment)
    window = (found["sinceMs"] // HOUR_MS * HOUR_MS, hour_end(tx.now_ms))
    users, clickers, crossed = (
        tx.usage(events, experiment, name, *window, group_by=group).groups or {}
        for name, group in (("joined", "arm"), ("clicked", "arm"), ("crossed", "round"))
    )
    arms = []
    for each in found["variants"]:
        arm = f"{found['revision']}/{each['id']}"
        arms.append(
            Arm(each["id"], each["weight"], int(users.get(arm, 0)), int(clickers.get(arm, 0)))
        )
    return results_of(found, arms, int(crossed.get(str(found["revision"]), 0)))


@app.get("/experiments/{id}/results", statuses=UNKNOWN)
async def results(id: shapes.Text) -> Results:  # noqa: A002
    """What an experiment shows, as numbers."""
    return await app.read(lambda tx: shown(tx, id))


@app.get("/results/{id}", statuses=UNKNOWN)
def results_page(id: shapes.Text, tx: ReadTx) -> HtmlAnswer:  # noqa: A002
    """What an experiment shows, to look at."""
    found = shown(tx, id)
    rates, lifts = charts_of(found)
    window = (tx.now_ms - WINDOW_MS) // HOUR_MS * HOUR_MS, hour_end(tx.now_ms)
    month = {
        name: int(tx.usage(events, id, name, *window).value) for name in ("impressions", "clicks")
    }
    return HtmlAnswer("results.html", found=found, month=month, rates=rates, lifts=lifts)


@app.get("/results")
def overview(tx: ReadTx) -> HtmlAnswer:
    """All experiments, to look at."""
    return HtmlAnswer("overview.html", experiments=tx.scan(experiments, limit=1_000).items)


@app.get("/demo")
def demo() -> HtmlAnswer:
    """A page with a button that takes part in the experiment ``button``."""
    return HtmlAnswer("demo.html")
