"""Play seeds: ``python -m tests.simulation --seed 17 --trace`` or ``--seeds 10000``."""

from __future__ import annotations

import argparse
import logging
import sys
import time  # noqa: TID251 - how fast it plays is told
from collections import Counter

from tests.simulation.play import play


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="the only one, or the first")
    parser.add_argument("--seeds", type=int, default=1, help="how many")
    parser.add_argument("--trace", action="store_true", help="tell every step")
    parser.add_argument("--go-on", action="store_true", help="do not stop at the first that fails")
    told = parser.parse_args()
    logging.disable(logging.CRITICAL)
    begun, totals, failed = time.process_time(), Counter(), []
    first = told.seed or 0
    for seed in range(first, first + told.seeds):
        try:
            played = play(seed, print if told.trace else None)
        except AssertionError as fault:
            failed.append(seed)
            print(fault)  # noqa: T201 - a program that tells
            if told.trace:
                raise
            if not told.go_on:
                break
        else:
            totals.update(
                steps=played.steps,
                accepted=played.accepted,
                deaths=played.deaths,
                dead=played.dead,
                seeds=1,
            )
    took_s = time.process_time() - begun
    rate = f"{totals['seeds'] / took_s:.1f} seeds a second of its own time"
    print(dict(totals), rate, "failed:", failed)  # noqa: T201 - a program that tells
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
