"""What must hold of a world: along the way, and when everything has ensued."""

from __future__ import annotations

import json
from collections import Counter, defaultdict

from tests.simulation.world import ALWAYS, said

PLACES = "mail", "queue", "function", "destination"


OBSERVED = {
    "sent twice": (
        "what is sent twice counts once",
        lambda id_, first, is_soon: (id_ == first) == is_soon,
    ),
    "received": ("a message is one receiver's at a time", lambda message, is_held: not is_held),
    "in flight": ("no more is in flight than may be", lambda count, limit: count <= limit),
    "held handle": ("who holds a message is heard", lambda message, is_heard: is_heard),
    "late handle": (
        "a late handle changes nothing",
        lambda is_lost, before, after: is_lost and before == after,
    ),
    "claimed": ("a shard is one worker's at a time", lambda shard, is_held: not is_held),
    "position": ("a position that was acknowledged stays", lambda shard, noted, at: at >= noted),
    "heard": ("who has a lease is heard", lambda shard, is_heard: is_heard),
    "fenced": (
        "who has lost a lease changes nothing",
        lambda is_lost, before, after: is_lost and before == after,
    ),
    "behind": ("no reader is behind", lambda readers: not any(unread for _, unread in readers)),
    "key": ("each try of a delivery has its key", lambda first, key: first == key),
    "version": ("a version stands for one item", lambda before, token: before == token),
    "expected": (
        "a write that expects a version holds for that only",
        lambda expected, there, held: held == (expected == there),
    ),
    "past": ("what was is found as it was", lambda at, then, found: then == found),
    "ended": ("what has ended is seen by nobody", lambda end_s, now_ms: end_s * 1_000 > now_ms),
    "expired": ("nothing ends early", lambda end_s, now_ms: end_s * 1_000 <= now_ms),
    "firing": ("a firing is never early", lambda due_ms, now_ms: due_ms <= now_ms),
    "firings": (
        "each moment fires once, or was missed and is counted so",
        lambda name, found, wanted, fired, left_out: (
            found.items() <= wanted.items()
            and len(found) == fired
            and (len(found) < len(wanted)) == (left_out > 0)
        ),
    ),
    "paused": ("what is paused handles nothing", lambda target, is_paused: is_paused is not True),
    "refused": ("what is wrong is refused alone", lambda bad, refused: bad == refused),
    "switched": ("a rule is as it was switched", lambda name, asked, is_on: asked == is_on),
    "delivered": ("each delivery is in one place", lambda wrong: not wrong),
    "followed": ("what follows gets each event once", lambda what, holds: holds),
    "replayed": ("a replay brings what it is to, each once", lambda wrong: not wrong),
    "brought": ("a replay brings all that it is to", lambda name, missing: not missing),
    "over": (
        "a replay that runs comes to its end",
        lambda name, state, is_cut: state in {"done", None} or (is_cut and state == "cancelled"),
    ),
    "kept": ("an archive keeps what it is to", lambda missing: not missing),
    "kept once": ("what is kept is kept once", lambda rows, sequences: rows == sequences),
    "reached": ("what follows gets all there is", lambda missing: not missing),
    "turns": ("each target gets what is of a group in its order", lambda wrong: not wrong),
    "waits": ("nothing waits for ever", lambda waiting: not waiting),
    "in order": ("results are in the order of their items", lambda found, items: found == items),
    "metered": ("what is measured counts once", lambda name, found, wanted: found == wanted),
    "run": ("who repeats a run gets its first answer", lambda before, answer: before == answer),
    "opened": ("a secret is what was put", lambda name, found: found == name),
    "sealed": ("all is sealed under the key of now", lambda found, wanted: found == wanted),
    "runs": ("what is run under a token is done once", lambda found, wanted: found == wanted),
}


class Broken(AssertionError):
    """What was promised does not hold."""


class Ledger:
    """What clients were told of their transactions: done, refused, or nothing."""

    def __init__(self):
        self.done: list[set[str]] = []
        self.refused: list[set[str]] = []
        self.unknown: list[set[str]] = []

    def note(self, outcome, tokens):
        getattr(self, outcome).append(set(tokens))


class Seen:
    """What the store says at one moment."""

    def __init__(self, machine):
        world = machine.world
        self.world = world
        self.accepted = {
            item["token"]: item["to"]
            for (text,) in machine.rows("SELECT item FROM sim_accepted")
            for item in [json.loads(text)]
        }
        self.effects = {
            (item["who"], item["token"]): item["times"]
            for (text,) in machine.rows("SELECT item FROM sim_effects")
            for item in [json.loads(text)]
        }
        self.wrong = [
            (item["line"], item["wrong"])
            for (text,) in machine.rows(
                "SELECT item FROM sim_lines WHERE item ->> '$.wrong' <> '[]'"
            )
            for item in [json.loads(text)]
        ]
        self.work: dict[str, Counter[str]] = defaultdict(Counter)
        self.dead: dict[str, set[str]] = defaultdict(set)
        self.left: list[tuple] = []
        homes = _homes(machine)
        for queue, state, body, attributes, number, due_ms in machine.rows(
            "SELECT queue, state, body, attributes, id, due_ms FROM ensue_work"
        ):
            home, is_dead = homes[queue]
            if home.startswith("wire"):  # it keeps its own books
                continue
            if home.startswith("flow"):  # what it does promises nothing but its tasks
                if state < 2:
                    self.left.append((home, body, number, state, due_ms))
                continue
            if home.startswith("ticks"):  # a firing promises nothing but itself
                if state < 2:
                    self.left.append((home, body, number, state, due_ms))
                continue
            token = _token(json.loads(body))
            self.work[home][token] += 1
            if is_dead and state < 2:
                self.dead[home].add(token)
                if not (attributes and "dead_letter" in json.loads(attributes)):
                    raise Broken(f"{token} is dead in {home} without a reason")
            elif state < 2:
                self.left.append((home, token, number, state, due_ms))
        self._add_ends(machine)

    def _add_ends(self, machine):
        """Nobody promises that an item ends; its removal is told as if somebody had."""
        ending = {}
        for name, place in self.world.places.items():
            if place.ref.kind == "table" and place.model.ttl is not None:
                ending[name] = place.model
        if not ending:
            return
        for name, model in ending.items():
            for (token,) in machine.rows(
                f"SELECT old ->> '$.t' FROM {model.changes} WHERE expired = 1"
            ):
                if token in self.accepted:
                    self.accepted.setdefault(f"{token}!", f"{name}!")
        # The change may be forgotten already.
        told = {token for _, token in self.effects}.union(*self.work.values())
        for token in told - set(self.accepted):
            if token[-1] == "!" and self.accepted.get(token[:-1]) in ending:
                self.accepted[token] = f"{self.accepted[token[:-1]]}!"


def _homes(machine):
    """For the number of each queue, function and mail: whose work it holds, and if it is dead."""
    found = {}
    for ref, number in machine.engine._numbers.items():
        name = ref.name.removesuffix("-dlq")
        found[number] = (name, ref.name != name)
    return found


def _token(body):
    if "subject" in body:
        return body["subject"]
    if "NewImage" in body:
        return body["NewImage"]["t"]
    if "new" in body or "old" in body:
        gone = body.get("new") is None
        return f"{body['old']['t']}!" if gone else body["new"]["t"]
    return said(body)["t"]


def along(machine, ledger, *, purges=False):
    """What holds at every moment."""
    seen = Seen(machine)
    world = seen.world
    _rules({
        "what was acknowledged is there": [
            tokens for tokens in ledger.done if not tokens <= set(seen.accepted)
        ],
        "what was refused never happened": [
            tokens for tokens in ledger.refused if tokens & set(seen.accepted)
        ],
        "a transaction happened as a whole or not at all": [
            tokens
            for tokens in ledger.unknown
            if tokens & set(seen.accepted) and not tokens <= set(seen.accepted)
        ],
        "nothing happens that was not promised": [
            key for key in seen.effects if key[1] not in seen.accepted
        ],
        "each goes only to those who are to get it": [
            (who, token)
            for who, token in seen.effects
            if who not in world.routes[seen.accepted[token]]
        ],
        "an effect happens once": [
            (who, token, times)
            for (who, token), times in seen.effects.items()
            if times > 1 and who not in world.again
        ],
        "what is dead has had no effect": [
            (who, token)
            for who, tokens in seen.dead.items()
            for token in tokens
            if not _may_be_both(world, who) and (who, token) in seen.effects
        ],
        "no work is there twice": [
            (home, token, count)
            for home, tokens in seen.work.items()
            for token, count in tokens.items()
            if count > 1 and home not in world.again
        ],
        "no work is there that was not promised": [
            (home, token)
            for home, tokens in seen.work.items()
            for token in tokens
            if token not in seen.accepted
        ],
        "all that is promised to a queue is there": []
        if purges
        else [
            (who, token)
            for token, to in seen.accepted.items()
            for who in world.routes.get(to, [to])
            if not _follows(world, who)
            and not to.startswith("later/")
            and to not in world.piped
            and not seen.work[who][token]
        ],
        "order is kept per line": [
            (line, wrong)
            for line, wrong in seen.wrong
            if line.split("/")[0] not in world.again | world.out_of_turn
        ],
        "calls come in their order": _disorder(world),
        **_judged(world),
    })
    return seen


def at_the_end(machine, ledger, *, purges=False):
    """What holds when faults have ended and everything has ensued."""
    seen = along(machine, ledger, purges=purges)
    world = seen.world
    world.gather_letters()
    _rules({
        "nothing is stuck": seen.left,
        "each effect has happened, or its cause is dead": [
            (who, token)
            for token, to in seen.accepted.items()
            for who in world.routes.get(to, ())
            if not _is_over(seen, who, token) and token not in world.unseen.get(who, ())
        ],
        "a late follower is told of all that is there": [
            (who, token)
            for who in world.unseen
            for (token,) in machine.rows(
                f"SELECT item ->> '$.t' FROM {world.consumers[who].follows.model.sql}"
            )
            if not _is_over(seen, who, token)
        ],
        "each action has called": [
            (who, token)
            for who, token in seen.effects
            if world.consumers[who].is_action
            and not any(call[:2] == (who, token) for call in world.calls)
        ],
        "only what was tried is dead": [
            (who, token)
            for who, tokens in seen.dead.items()
            for token in tokens
            if who in world.consumers
            and not world.begun[who, token]
            and not machine.troubles
            and not _forgets(world, who)
        ],
        "each letter has left": [
            token
            for token, to in seen.accepted.items()
            if to in world.places
            and to not in world.routes
            and not world.letters[token]
            and token not in seen.dead[to]
        ],
        "every record is read": _unread(machine),
        "the engine's own rules hold": machine.findings(),
    })
    return seen


def _is_over(seen, who, token):
    return (who, token) in seen.effects or token in seen.dead[who]


def _forgets(world, who):
    """Whether what waits too long for somebody is dead without having been tried."""
    home = world.consumers[who].home
    return getattr(getattr(home, "model", None), "retention_ms", None) is not None


def _judged(world):
    """What was seen on the way, and is not as it must be."""
    found = defaultdict(list)
    for what, facts in world.observed:
        rule, holds = OBSERVED[what]
        if not holds(*facts):
            found[rule].append(facts)
    world.observed.clear()
    return found


def _unread(machine):
    """Readers of tables behind whose position there is a record; what was forgotten is none."""
    readers = machine.rows(
        "SELECT e.sql_table || '_changes', r.position, r.number FROM ensue_readers r"
        " JOIN ensue_resources e ON e.number = r.log WHERE e.kind = 'table'"
    )
    return [
        (number, position)
        for table, position, number in readers
        if machine.rows(f"SELECT 1 FROM {table} WHERE sequence > ?", position)
    ]


def _may_be_both(world, who):
    """An action may have called before it failed for good; what is read again may fail then."""
    return who not in world.consumers or world.consumers[who].is_action or who in world.again


def _follows(world, who):
    return who in world.consumers and world.consumers[who].follows is not None


def _disorder(world):
    """Calls of a line that came after a later one's."""
    found, last = [], {}
    for who, token, group, number in world.calls:
        if group is None or who in world.again | world.out_of_turn:
            continue
        if number < last.get((who, group), 0):
            found.append((who, group, token))
        last[who, group] = max(number, last.get((who, group), 0))
    return found


def _rules(rules):
    broken = [f"{rule}: {found[:5]}" for rule, found in rules.items() if found]
    if broken:
        raise Broken("; ".join(broken))


__all__ = ["ALWAYS", "Broken", "Ledger", "along", "at_the_end"]
