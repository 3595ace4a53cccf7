"""``top``: what goes through the apps, busiest first, again and again."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

import click

from ensue.doors.cli.command import ServerCommand, examples, json_option
from ensue.doors.cli.model import Server
from ensue.doors.cli.output import printable_line, show_json
from ensue.words.units import human_ms

INTERVAL_S = 2.0
INTERVAL_S_MIN, INTERVAL_S_MAX = 0.2, 3_600.0
SHOWN = 20
NAME_LENGTH_MAX = 40
_HOME, _CLEAR_LINE, _CLEAR_REST = "\x1b[H", "\x1b[K", "\x1b[J"
_HEADS = (
    *("kind", "name", "in/s", "done/s", "errors/s", "depth", "in flight", "oldest", "lag"),
    *("p50", "p95"),
)

Row = dict[str, Any]


def _rate(row: Row) -> float:
    return float(row["in_per_s"]) + float(row["out_per_s"])


_SORTS: dict[str, Callable[[Row], float]] = {
    "busy": _rate,
    "errors": lambda row: float(row["errors_per_s"]),
    "depth": lambda row: float(row["depth"]),
    "oldest": lambda row: float(row["oldest_ms"] or 0),
    "lag": lambda row: float(row["lag"] or 0),
    "p95": lambda row: float(row["p95_ms"] or 0),
}


@click.command(
    "top",
    short_help="Show what goes through the apps, live.",
    cls=ServerCommand,
    params=[
        click.Option(["--once"], is_flag=True, help="Show it once, and stop."),
        click.Option(
            ["--sort"],
            type=click.Choice(list(_SORTS)),
            default="busy",
            show_default=True,
            help="By what; the most of it first.",
        ),
        click.Option(
            ["--limit"],
            type=click.IntRange(1),
            default=SHOWN,
            show_default=True,
            help="How many at most.",
        ),
        click.Option(
            ["--interval"],
            type=click.FloatRange(INTERVAL_S_MIN, INTERVAL_S_MAX),
            default=INTERVAL_S,
            show_default=True,
            help="How many seconds lie between two looks.",
        ),
        click.Option(
            ["--window"],
            type=click.IntRange(1, 3_600),
            default=30,
            show_default=True,
            help="Over how many seconds rates and times are.",
        ),
        json_option(),
    ],
    epilog=examples(
        "ensue top",
        "ensue top --once --sort errors",
        "ensue top --once --json | jq '.[] | select(.depth > 100)'",
    ),
)
def top(
    server: Server,
    *,
    once: bool,
    sort: str,
    limit: int,
    interval: float,
    window: int,
    as_json: bool,
) -> None:
    """Show what goes through queues, functions, buses, rules and routes: how much and how long.

    In and done are messages, records, events or requests a second; errors are attempts that failed,
    and requests answered with 500 or more. Depth is what is not done, of that in flight what
    somebody has; oldest is how long the oldest that waits could have been taken; lag, what a reader
    of a log has not read. p50 and p95 are the times of handlers and requests. It goes on until
    Ctrl-C; where the output is no terminal it is shown once.
    """
    once = once or as_json or not sys.stdout.isatty()
    pause = threading.Event()
    try:
        if not once:
            click.echo(f"{_HOME}{_CLEAR_REST}", nl=False)
        while True:
            rows = _rows(server, window, sort, limit)
            if as_json:
                show_json(rows)
            elif once:
                click.echo("\n".join(_lines(rows)))
            else:
                shown = f"{_CLEAR_LINE}\n".join([_title(window, sort), "", *_lines(rows)])
                click.echo(f"{_HOME}{shown}{_CLEAR_LINE}\n{_CLEAR_REST}", nl=False)
            if once:
                return
            pause.wait(interval)
    except KeyboardInterrupt:
        return


def _rows(server: Server, window: int, sort: str, limit: int) -> list[Row]:
    found = server.get("/_ensue/traffic", {"window": str(window * 1_000)})
    rows = [{**each["flow"], **{k: each[k] for k in ("app", "kind", "name")}} for each in found]
    key = _SORTS[sort]
    seen = [row for row in rows if row["total_in"] or row["total_out"] or row["depth"]]
    seen.sort(key=lambda row: (-key(row), -_rate(row), -row["total_in"], row["kind"], row["name"]))
    return seen[:limit]


def _title(window: int, sort: str) -> str:
    return click.style(f"ensue top  over {window} s, by {sort}; Ctrl-C stops it", dim=True)


def _lines(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return ["nothing has gone through yet"]
    cells = [_cells(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(_HEADS, *cells, strict=True)]
    lines = [click.style(_aligned(_HEADS, widths), bold=True)]
    for row, each in zip(rows, cells, strict=True):
        line = _aligned(each, widths)
        lines.append(click.style(line, fg="red") if row["errors_per_s"] else line)
    return lines


def _cells(row: Row) -> list[str]:
    name = printable_line(row["name"])
    return [
        row["kind"],
        name if len(name) <= NAME_LENGTH_MAX else f"{name[: NAME_LENGTH_MAX - 1]}…",
        *(_decimal(row[each]) for each in ("in_per_s", "out_per_s", "errors_per_s")),
        *(str(row[each] or "-") for each in ("depth", "in_flight")),
        "-" if row["oldest_ms"] is None else human_ms(row["oldest_ms"]),
        str(row["lag"] or "-"),
        *(_ms(row[each]) for each in ("p50_ms", "p95_ms")),
    ]


def _decimal(value: float) -> str:
    if not value:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _ms(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f} ms" if value < 10 else human_ms(round(value))


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Two columns of words, then figures, which end below each other."""
    words = [cell.ljust(width) for cell, width in zip(cells[:2], widths[:2], strict=True)]
    figures = [cell.rjust(width) for cell, width in zip(cells[2:], widths[2:], strict=True)]
    return "  ".join([*words, *figures]).rstrip()
