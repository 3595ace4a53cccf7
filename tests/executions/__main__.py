"""Play random machines: ``python -m tests.executions --seed 17`` or ``--seeds 10000``.

They are played some together, in parts that have a seed each; a part that fails is told with the
smallest machine of it that does.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import traceback
from collections import Counter

from tests.executions.play import PART, play


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.executions", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="that of the first part")
    parser.add_argument("--seeds", type=int, default=1, help="how many machines")
    parser.add_argument("--go-on", action="store_true", help="do not stop at the first that fails")
    told = parser.parse_args()
    logging.disable(logging.CRITICAL)
    totals, ends, kinds, failed = Counter(), Counter(), Counter(), []

    def tell(played):
        totals.update(deaths=played.deaths, machines=len(played.seen))
        for seen in played.seen:
            totals.update(killed=bool(played.deaths), events=len(seen.events))
            totals.update(effects=sum(seen.effects.values()), outside=len(seen.asked))
            ends[json.loads(seen.ended)[0]] += 1
            kinds.update(set(seen.events))

    seed = told.seed
    while totals["machines"] < told.seeds and (told.go_on or not failed):
        try:
            play(seed, PART, tell)
        except Exception:  # noqa: BLE001 - what it is is told, and the next part is played
            failed.append(seed)
            traceback.print_exc(limit=-3)
        print(f"seed {seed}:", dict(totals), dict(ends), "failed:", failed, flush=True)  # noqa: T201 - a program that tells
        seed += 1
    print("events:", dict(kinds))  # noqa: T201 - a program that tells
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
