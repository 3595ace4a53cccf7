"""What each strategy does for a service in trouble: the experiments of RR-10, in simulated time.

    python bench/resilience/run.py                   the tables
    python bench/resilience/run.py --plot jitter.svg the picture of the waves besides

It runs under a held clock: minutes pass in seconds, and each run is the same on every machine.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import plot
from experiments import budgets, capacities, timeouts, waves, workers


def main() -> None:
    """Run what is asked for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--plot", type=Path, help="where the picture goes; then nothing else is run")
    options = asked.parse_args()
    none, full = waves("NONE"), waves("FULL")
    if options.plot is not None:
        options.plot.write_text(plot.picture(none, full), encoding="utf-8")
        return
    print("A thousand clients at once, a service that serves 300 a second, six retries\n")
    print(f"{'jitter':<10} {'succeeded':>9} {'calls':>7} {'most in 100 ms':>15} {'done after':>11}")
    for name, found in (("none", none), ("full", full)):
        print(
            f"{name:<10} {found.succeeded:>9,} {found.total:>7,} {found.peak:>15,}"
            f" {found.done_ms / 1_000:>9.1f} s"
        )
    for title, rows in (
        ("500 calls a second of 100 ms each, 20 workers: how long a queue?", capacities()),
        (
            "One call in 20 hangs for 30 s, 100 calls a second, 20 workers: which time-out?",
            timeouts(),
        ),
        ("100 calls a second of 100 ms each, a queue of 100: how many workers?", workers()),
    ):
        print(f"\n{title}\n")
        print(
            f"{'':<16} {'succeeded':>9} {'refused':>8} {'failed':>7} {'p50':>9} {'p99':>9}"
            f" {'a second':>9}"
        )
        for row in rows:
            print(
                f"{row.setting:<16} {row.succeeded:>7.1f} % {row.refused:>6.1f} %"
                f" {row.failed:>5.1f} % {row.p50_ms:>6,.0f} ms {row.p99_ms:>6,.0f} ms"
                f" {row.per_second:>9.1f}"
            )
    print("\nCalls that the service gets for each call of a client, three retries\n")
    print(f"{'':<16} {'no budget':>10} {'a tenth, and ten':>17}")
    for name, without, within in budgets():
        print(f"{name:<16} {without:>10.2f} {within:>17.2f}")


if __name__ == "__main__":
    main()
