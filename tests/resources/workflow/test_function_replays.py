"""Random functions on the engine, killed at a random commit: they end as if they had not been."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue import App, Retry, StepFailed
from ensue.testing.crash import COMMITTED, Mortal
from ensue.testing.disk import Disk, Fault
from tests.resources.workflow.routine.test_replays import PROGRAMS


def declared():  # noqa: C901 - a language of a line for each word
    """An app whose workflow interprets a program."""
    app = App("programs")
    effects = app.table("effects", key="id")

    def note(key, tx):
        row = tx.get(effects, key) or {"id": key, "times": 0}
        tx.put(effects, {"id": key, "times": row["times"] + 1})
        return key

    def refuse(key, tx):
        note(key, tx)
        raise ValueError(key)

    async def ask(key):
        return [key]

    async def fail(key):
        raise ConnectionError(key)

    async def interpret(ctx, program, at):
        found = []
        for index, (what, *more) in enumerate(program):
            try:
                found.append(await do(ctx, what, more, f"{at}.{index}"))
            except StepFailed as fault:
                found.append(fault.error)
        return found

    async def do(ctx, what, more, key):  # noqa: PLR0911 - the same
        if what == "note":
            return await ctx.step(note, key)
        if what == "refuse":
            return await ctx.step(refuse, key)
        if what == "ask":
            return await ctx.step(ask, key)
        if what == "flaky":
            retry = Retry(max_attempts=more[0], jitter="NONE")
            return await ctx.step(fail, key, retry=retry)
        if what == "sleep":
            return await ctx.sleep(more[0])
        if what == "map":
            inner, most = more
            return await ctx.map(
                lambda index: interpret(ctx, [inner[index]], f"{key}.{index}"),
                range(len(inner)),
                concurrency=most,
            )
        if what == "parallel":
            branches = (
                interpret(ctx, each, f"{key}.{index}") for index, each in enumerate(more[0])
            )
            return await ctx.parallel(*branches)
        return [ctx.patched(key), ctx.uuid()]

    @app.workflow
    async def flow(ctx, program):
        return await interpret(ctx, program, "")

    @app.post("/start", status=201)
    def start(body: dict, tx) -> dict:
        tx.start(flow, body["program"], name="one")
        return {}

    return app, flow


def play(program, fault=None):
    """Run a program on a disk with a fault.

    Returns:
        What came of it; at which steps of the disk something was committed; and how often the
        process was killed.
    """
    app, flow = declared()
    disk = Disk()
    with TemporaryDirectory(prefix="ensue-") as folder:
        kit = Mortal((app,), disk, Path(folder))
        disk.steps = 0
        disk.trace.clear()
        disk.fault = fault
        try:
            kit.post("/start", {"program": program})
            kit.settle()
            kit.advance("1m")
            commits = [index + 1 for index, step in enumerate(disk.trace) if step == COMMITTED]
            done = kit.wait(flow.describe("one"))
            rows = app.home.engine.read(lambda tx: tx.rows("SELECT item FROM programs_effects"))
            return (done.status, done.output, sorted(map(str, rows))), commits, kit.deaths
        finally:
            kit.stop()
            disk.close()


@pytest.mark.crash
@settings(max_examples=30, deadline=None)
@given(PROGRAMS, st.floats(0, 1, exclude_max=True), st.booleans())
def test_a_random_function_that_is_killed_ends_as_one_that_is_not(program, where, is_after):
    calm, commits, _ = play(program)
    at = commits[int(where * len(commits))]

    killed, _, deaths = play(program, Fault("kill after" if is_after else "kill", at))

    assert calm[0] in {"SUCCEEDED", "FAILED"}
    assert killed == calm
    assert deaths <= 1
