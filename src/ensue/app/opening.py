"""Apps opened for production: on the machine's clock and randomness."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ensue.app.app import App
from ensue.app.held import HeldTime
from ensue.app.platform import Platform
from ensue.engine.clock import Clock, ServedClock, SystemClock
from ensue.engine.database import parse_store_url
from ensue.engine.home import KEEP_MS, Settings
from ensue.engine.ids import system_random
from ensue.engine.secrets import refuse_demos
from ensue.observe.otel import telemetry


async def open_platform(  # noqa: PLR0913 - each is decided by who serves
    apps: Sequence[App],
    *,
    engine_url: str,
    data: Path,
    smtp: str | None = None,
    keep_ms: int | None = None,
    act: bool = False,
    demo: bool = False,
    addresses: Mapping[str, str] | None = None,
    held: HeldTime | None = None,
) -> Platform:
    """Open apps for production: on the machine's clock and randomness.

    Args:
        apps: what to run.
        engine_url: the store, such as ``sqlite:///data/ensue.db``.
        data: the folder for files.
        smtp: the URL of the mail server; None for the outbox folder.
        keep_ms: how long what is over stays to be looked at; None for a day.
        act: whether they reach the outside although the store is a branch.
        demo: whether demo secrets stand for those that are not set; see `Secret.env`.
        addresses: the base URL of each app by its name, as others on this machine reach it.
        held: how time passes that is held; None for the machine's clock.

    Raises:
        InvalidValue: the engine URL is none.
        EnsueError: see `Platform.open`.
    """
    if not demo:
        refuse_demos()
    exports = telemetry(os.environ, "-".join(app.name for app in apps))
    platform = await Platform.open(
        apps,
        parse_store_url(engine_url),
        clock=_clock(held),
        source=system_random(),
        settings=Settings(
            data=data,
            smtp=smtp,
            keep_ms=KEEP_MS if keep_ms is None else keep_ms,
            act=act,
            addresses=addresses or {},
        ),
    )
    if exports is not None:
        platform.export(exports)
    return platform


def _clock(held: HeldTime | None) -> Clock:
    machine = SystemClock()
    if held is None:
        return machine
    return ServedClock(machine.now_ms() if held.from_ms is None else held.from_ms)
