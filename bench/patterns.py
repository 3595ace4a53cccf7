"""How many events a second the pattern matcher takes on one core.

Realistic events of about 900 bytes, already parsed, against 10 to 10,000 rules: one operator at a
time, and mixed as on a real bus. Beside it the same rules evaluated one after the other.

    python bench/patterns.py            # every case, about two minutes
    python bench/patterns.py mixed      # one of them
"""

# a script, not a package

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from time import perf_counter, process_time

from ensue.languages.patterns import Matcher, Pattern, compile_pattern

EVENTS = 400
RULE_COUNTS = (10, 100, 1_000, 10_000)
SECONDS_A_CASE = 0.5
EVALUATIONS_IN_TURN = 200_000

SERVICES = ["orders", "payments", "stock", "shipping", "customers", "invoices", "carts", "returns"]
VERBS = ["created", "updated", "cancelled", "approved", "rejected", "expired", "archived", "failed"]
REGIONS = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2", "ap-south-1"]
STATES = ["new", "waiting", "running", "done", "failed"]
CITIES = [
    "Berlin",
    "Paris",
    "Madrid",
    "Rome",
    "Vienna",
    "Prague",
    "Warsaw",
    "Oslo",
    "Lisbon",
    "Athens",
]

Json = dict[str, object]


def make_event(rng: random.Random) -> Json:
    """One event as an order system would publish it."""
    service, verb, number = rng.choice(SERVICES), rng.choice(VERBS), rng.randrange(20_000)
    return {
        "version": "0",
        "id": f"{rng.getrandbits(128):032x}",
        "detail-type": f"{service} {verb}",
        "source": f"shop.{service}",
        "account": f"{rng.randrange(20):012d}",
        "time": f"2025-0{rng.randrange(1, 10)}-1{rng.randrange(10)}T18:43:48Z",
        "region": rng.choice(REGIONS),
        "resources": [f"arn:shop:{service}:{rng.choice(REGIONS)}:{service}/{number}"],
        "detail": {
            "customer": {
                "id": f"customer-{rng.randrange(2_000)}",
                "name": f"Name {rng.randrange(10_000)} Surname",
                "email": f"person{rng.randrange(10_000)}@{rng.choice(CITIES).lower()}.example",
                "address": {"city": rng.choice(CITIES), "zip": f"{rng.randrange(100_000):05d}"},
                "vip": rng.random() < 0.1,
            },
            "order": {
                "id": f"{number:08d}",
                "total": round(rng.random() * 1_000, 2),
                "quantity": rng.randrange(1, 20),
                "currency": rng.choice(["EUR", "USD", "GBP"]),
                "coupon": None if rng.random() < 0.7 else f"COUPON-{rng.randrange(500)}",
            },
            "state": rng.choice(STATES),
            "previous-state": rng.choice(STATES),
            "ip": f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}",
            "path": f"/shops/{number % 999}/{service}/{number}/invoice-{number % 9}.pdf",
            "agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "tags": [rng.choice(CITIES), rng.choice(STATES)],
            "note": "Please ring twice and leave the parcel with the neighbours if nobody answers.",
            "warehouse": {"id": f"W-{rng.randrange(50)}", "aisle": rng.randrange(40), "bin": "B7"},
        },
    }


def exact(number: int) -> Json:
    """One customer's events."""
    return {"detail": {"customer": {"id": [f"customer-{number % 2_000}"]}}}


def prefix(number: int) -> Json:
    """Paths of one shop."""
    return {
        "detail": {"path": [{"prefix": f"/shops/{number % 1_000}/{SERVICES[number % 8]}/{number}"}]}
    }


def suffix(number: int) -> Json:
    """Resources by the end of their name."""
    return {"resources": [{"suffix": f"/{number}"}]}


def ignore_case(number: int) -> Json:
    """Names in any case."""
    return {
        "detail": {
            "customer": {"name": [{"equals-ignore-case": f"NAME {number % 10_000} SURNAME"}]}
        }
    }


def numeric(number: int) -> Json:
    """A narrow band of totals."""
    low = number % 1_000
    return {"detail": {"order": {"total": [{"numeric": [">", low, "<=", low + 0.5]}]}}}


def anything_but(number: int) -> Json:
    """Everything but four of five states, for one customer."""
    states = [state for state in STATES if state != STATES[number % 5]]
    return {
        **exact(number),
        "region": [{"anything-but": REGIONS[:2]}],
        "detail": {
            "state": [{"anything-but": states}],
            "customer": {"id": [f"customer-{number % 2_000}"]},
        },
    }


def wildcard(number: int) -> Json:
    """One customer's mail address at any provider, or a document of one order."""
    if number % 2:
        return {
            "detail": {"customer": {"email": [{"wildcard": f"person{number % 10_000}@*.example"}]}}
        }
    return {"detail": {"path": [{"wildcard": f"*/{number}/invoice-*.pdf"}]}}


def cidr(number: int) -> Json:
    """One network of 256 addresses."""
    return {"detail": {"ip": [{"cidr": f"10.{number // 256 % 256}.{number % 256}.0/24"}]}}


def exists(number: int) -> Json:
    """Presence of a field, for one order."""
    return {"detail": {"order": {"id": [f"{number:08d}"], "gift": [{"exists": bool(number % 2)}]}}}


def any_of(number: int) -> Json:
    """One of two fields."""
    return {"$or": [{"detail": {"order": {"id": [f"{number:08d}"]}}}, exact(number)]}


def mixed(number: int) -> Json:
    """What a bus has: the kind of event first, then one or two conditions of any operator."""
    service, verb = SERVICES[number % 8], VERBS[number // 8 % 8]
    conditions = MIXED[number % len(MIXED)](number // 64)
    return {"source": [f"shop.{service}"], "detail-type": [f"{service} {verb}"], **conditions}


MIXED: list[Callable[[int], Json]] = [
    exact,
    prefix,
    suffix,
    ignore_case,
    numeric,
    anything_but,
    wildcard,
    cidr,
    exists,
]
CASES: dict[str, Callable[[int], Json]] = {
    "exact": exact,
    "prefix": prefix,
    "suffix": suffix,
    "equals-ignore-case": ignore_case,
    "numeric": numeric,
    "anything-but": anything_but,
    "wildcard": wildcard,
    "cidr": cidr,
    "exists": exists,
    "$or": any_of,
    "mixed": mixed,
}


def events_a_second(match: Callable[[Json], object], events: list[Json], least: int = 1) -> float:
    """Events a second of processor time, best of three: other work on the machine only slows."""
    best = 0.0
    for _ in range(3):
        count, start = 0, process_time()
        while (spent := process_time() - start) < SECONDS_A_CASE / 3 or count < least:
            for event in events:
                match(event)
            count += len(events)
        best = max(best, count / spent)
    return best


def in_turn(patterns: list[Pattern]) -> Callable[[Json], object]:
    """Evaluate every pattern."""
    runs = [pattern.matches for pattern in patterns]
    return lambda event: [number for number, run in enumerate(runs) if run(event)]


def run_case(name: str, events: list[Json]) -> None:
    """Print one line for each number of rules."""
    for count in RULE_COUNTS:
        sources = [json.dumps(CASES[name](number)) for number in range(count)]
        start = perf_counter()
        patterns = [compile_pattern(source) for source in sources]
        matcher = Matcher[int]()
        for number, pattern in enumerate(patterns):
            matcher.add(number, pattern)
        built = perf_counter() - start
        matches = sum(len(matcher.match(event)) for event in events) / len(events)
        together = events_a_second(matcher.match, events)
        few = events[: max(1, min(len(events), EVALUATIONS_IN_TURN // count // 5))]
        alone = events_a_second(in_turn(patterns), few)
        print(f"{name:20} {count:7,} {built:9.2f} {matches:9.2f} {together:12,.0f} {alone:12,.0f}")


def main() -> None:
    """Run the cases named on the command line, or all."""
    rng = random.Random(2025)
    events = [make_event(rng) for _ in range(EVENTS)]
    size = sum(len(json.dumps(event, separators=(",", ":"))) for event in events) // len(events)
    print(f"{EVENTS} events of {size} bytes, already parsed; one core; events a second\n")
    heads = f"{'operator':20} {'rules':>7} {'built, s':>9} {'matches':>9}"
    print(f"{heads} {'matcher':>12} {'in turn':>12}")
    for name in sys.argv[1:] or CASES:
        run_case(name, events)


if __name__ == "__main__":
    main()
