"""A bus whose targets refuse for a time, whose rules are switched, and whose events come again.

It keeps books of its own: what was published for whom, what a replay is to bring, and what each
target got. At every moment each delivery is in exactly one place: with its target, in a
dead-letter queue, or on the way.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import ClassVar

from ensue.engine.sockets import Refusal
from ensue.resources.bus.worker.replaying import ReplayWorker
from ensue.testing.disk import Fault
from ensue.words.errors import EnsueError
from tests.simulation.part import UNKNOWN
from tests.simulation.wiring import BUS, LETTERS, POSITIONED, Delivered, Wiring


@dataclass
class Again:
    """A replay that was asked for.

    Attributes:
        asked: what it is to deliver, if all rules are enabled.
        brings: what it is to deliver, each once: to the rules that are enabled all the while.
        may_bring: what it may deliver: to rules that were switched meanwhile.
        is_known: whether it was acknowledged.
        is_cut: whether somebody may have cancelled it.
    """

    asked: set[Delivered]
    brings: set[Delivered] = field(default_factory=set)
    may_bring: set[Delivered] = field(default_factory=set)
    is_known: bool = False
    is_cut: bool = False

    def begin(self, enabled):
        """Note who gets it as the rules are now; None for one of which nobody knows."""
        self.brings = {each for each in self.asked if enabled.get(each.target, True)}
        self.may_bring = {each for each in self.asked if enabled.get(each.target, True) is None}

    def refuse(self):
        """It is none: it brings nothing."""
        self.asked, self.brings, self.may_bring = set(), set(), set()

    def leave_to_chance(self, target):
        """What a target gets of the rest is decided by when its rule was switched."""
        chance = {each for each in self.asked if each.target == target}
        self.may_bring |= chance
        self.brings -= chance


class Wires(Wiring):
    """The bus, who publishes on it, and who looks after it."""

    weights: ClassVar[dict[str, int]] = {
        "publish": 25,
        "switch": 4,
        "replay": 6,
        "strike": 6,
        "steer": 5,
        "redrive": 2,
        "rewind": 1,
        "count": 8,
    }

    def __init__(self, world, rng):
        super().__init__(world, rng)
        self.share = rng.choice([1, 4])  # how much of what is done is done here
        self.enabled: dict[str, bool | None] = {
            rule.name: rule.enabled for rule in self.bus.rules.all()
        }  # None: nobody knows
        self.replays: dict[str, Again] = {}
        self.again = False  # whether the positioned consumer was set back

    def actions(self):
        """What can be done, and how often it is."""
        return {do: weight * self.share for do, weight in super().actions().items()}

    # What is done

    def publish(self, game):
        """Somebody publishes a batch, of which some entries are refused, or takes it all back."""
        rng = self.rng
        details = [self._detail() for _ in range(rng.choice([1, 1, 2, 5]))]
        bad = {at for at in range(len(details)) if rng.random() < 0.1}
        good = [each for at, each in enumerate(details) if at not in bad]
        types = [rng.choice("ab") for _ in details]
        fails = rng.random() < 0.1

        def run(inner):
            tx = self.world.app.home.make_tx(inner)
            entries = []
            for at, detail in enumerate(details):
                last = tx.get(self.turns, detail["g"]) or {"last": 0}
                detail["n"] = last["last"] + 1
                tx.put(self.turns, {"line": detail["g"], "last": detail["n"], "wrong": []})
                given = detail["t"] if at in bad else detail
                entries.append({"detail_type": types[at], "detail": given, "source": "sim"})
            to = [name for name in self.rules if self.bus.rules.is_enabled(name)]
            answers = tx.publish_batch(self.bus, entries)
            refused = {each.index for each in answers if isinstance(each, Refusal)}
            self.world.observe("refused", bad, refused)
            for at, detail in enumerate(details):
                if at in bad:
                    continue
                told = [name for name in to if types[at] in self.rules[name]]
                tx.put(
                    self.sent,
                    {
                        "token": detail["t"],
                        "type": types[at],
                        "to": told,
                        "at_ms": inner.now_ms,
                    },
                )
                tx.put(self.world.accepted, {"token": detail["t"], "to": BUS})
            if fails:
                raise RuntimeError("thought better of it")

        [outcome] = game.machine.together(run)
        game.tell("  ", outcome, types, good, "bad:", sorted(bad))
        game.ledger.note(outcome, {each["t"] for each in good})

    def switch(self, game):
        """A rule is switched on or off."""
        name, enabled = self.rng.choice([*self.rules]), self.rng.random() < 0.7
        shown = self.ask(game, self.bus.replays(100))
        over = set() if shown is UNKNOWN else {each.name for each in shown if each.ended_ms}
        asking = self.bus.enable(name) if enabled else self.bus.disable(name)
        answer = self.ask(game, asking)
        game.tell("  ", name, enabled, answer is not UNKNOWN)
        self.enabled[name] = None if answer is UNKNOWN else enabled
        for replay, again in self.replays.items():
            if replay not in over:
                again.leave_to_chance(name)

    def replay(self, game):
        """Events that are kept are delivered again."""
        rng = self.rng
        kept = self._kept(game)
        sent = self._sent(game)
        if kept is UNKNOWN or sent is UNKNOWN or not kept:
            return
        name, asked = f"again{len(self.replays)}", {}
        sequences = [*kept]
        first, last = 0, sequences[-1]
        if rng.random() < 0.4:
            asked["since"] = first = rng.choice(sequences)
        if rng.random() < 0.3:
            asked["until"] = last = rng.choice(sequences)
        if rng.random() < 0.3:
            asked["pattern"] = {"detail-type": ["a"]}
        if rng.random() < 0.3:
            asked["rate"] = rng.choice(["1/s", "10/s"])
        names = [*self.rules, *([POSITIONED] if self.positioned else [])]
        if rng.random() < 0.6:
            asked["to"] = rng.sample(names, rng.randint(1, 2))
        tokens = [
            token
            for sequence, token in kept.items()
            if first <= sequence <= last and ("pattern" not in asked or sent[token]["type"] == "a")
        ]
        again = self.replays[name] = Again({
            Delivered(each, token, name)
            for token in tokens
            for each in asked.get("to", self.rules)
            if sent[token]["type"] in self._types(each)
        })
        again.begin(self.enabled)
        answer = self.ask(game, self.bus.replay(name, **asked))
        again.is_known = answer is not UNKNOWN and not isinstance(answer, EnsueError)
        if isinstance(answer, EnsueError):
            again.refuse()
        game.tell("  ", name, asked, answer)

    def _types(self, name):
        return ["a"] if name == POSITIONED else self.rules[name]

    def strike(self, game):
        """The process dies while a replay is under way."""
        for worker in game.machine.due():
            if isinstance(worker, ReplayWorker):
                at = game.machine.disk.steps + self.rng.randint(1, 20)
                game.machine.disk.fault = Fault(self.rng.choice(["kill", "kill after"]), at)
                game.machine.step(worker, self.rng.choice([1, 2, 10_000]))
                return

    def steer(self, game):
        """A replay is paused, goes on or is cancelled."""
        rng = self.rng
        if self.replays:
            name = rng.choice([*self.replays][-3:])
            doing = rng.choice(["pause", "pause", "resume", "cancel"])
            if doing == "cancel":
                self.replays[name].is_cut = True
            answer = self.ask(game, getattr(self.bus, f"{doing}_replay")(name))
            game.tell("  ", name, doing, answer)

    def redrive(self, game):
        """Dead letters go back to where they died."""
        rng, app = self.rng, self.world.app
        dead = [
            each
            for (_, kind, name), each in app.resources.items()
            if kind == "queue" and name.startswith(BUS) and name.endswith(("-dlq", LETTERS))
        ]
        queue = rng.choice(dead)
        target = queue.ref.name.removesuffix("-dlq")
        rules = {*self.rules} if target in {BUS, LETTERS} else {target}
        self.out_of_turn |= rules
        game.tell("  ", queue.ref, self.ask(game, queue.redrive(rng.choice([1, 10_000]))))

    def rewind(self, game):
        """The positioned consumer is set back."""
        if self.positioned:
            self.again = True
            function = self.world.pausable[POSITIONED]
            game.tell("  ", self.ask(game, function.rewind("horizon", confirm=POSITIONED)))

    # What is looked at

    def count(self, game):
        """Each delivery is in one place."""
        found = self._found(game)
        kept, sent = self._kept(game), self._sent(game)
        if UNKNOWN not in (found, kept, sent):
            self._judge(found, kept, sent, game)
        for name, enabled in self.enabled.items():
            if enabled is not None:
                self.world.observe("switched", name, enabled, self.bus.rules.is_enabled(name))

    def _judge(self, found, kept, sent, game):
        wanted = {
            Delivered(target, token, "") for token, each in sent.items() for target in each["to"]
        }
        by_position = {each for each in found if each.target == POSITIONED and each.replay == ""}
        live = {each: count for each, count in found.items() if each.replay == ""}
        for each in by_position:
            count = live.pop(each)
            self.world.observe("followed", each, self.again or count == 1)
        self.world.observe(
            "delivered",
            {
                each: (live.get(each, 0), 1)
                for each in wanted | {*live}
                if live.get(each, 0) != (each in wanted)
            },
        )
        may = {each for again in self.replays.values() for each in again.brings | again.may_bring}
        self.world.observe(
            "replayed",
            [
                (each, count)
                for each, count in found.items()
                if each.replay and (count != 1 or each not in may)
            ],
        )
        self._judge_kept(kept, sent, game)

    def _judge_kept(self, kept, sent, game):
        """What an archive keeps is there; who moves the clock may let its time be over."""
        if game.clock_moves:
            return
        now_ms, there = game.machine.clock.now_ms(), Counter(kept.values())
        for types, keep in self.kept.values():
            keep_ms = {"10m": 600_000, "1h": 3_600_000, None: 10**12}[keep]
            self.world.observe(
                "kept",
                [
                    token
                    for token, each in sent.items()
                    if each["type"] in (types or "ab")
                    and now_ms - each["at_ms"] < keep_ms
                    and there[token] != 1
                ],
            )

    def calm(self, game):
        """Each replay goes on."""
        for name in self.replays:
            self.ask(game, self.bus.resume_replay(name))

    def end(self, game):
        """All is delivered or dead, and whatever is dead can be redriven."""
        self.count(game)
        found, sent = self._found(game), self._sent(game)
        shown = {each.name: each.state for each in game.machine.run(self.bus.replays(100))}
        for name, again in self.replays.items():
            state = shown.get(name)
            if state is None and not again.is_known:
                continue
            self.world.observe("over", name, state, again.is_cut)
            if not again.is_cut:
                self.world.observe("brought", name, sorted(again.brings - {*found}))
        if self.positioned:
            self.world.observe(
                "reached",
                [
                    token
                    for token, each in sent.items()
                    if each["type"] == "a" and not found[Delivered(POSITIONED, token, "")]
                ],
            )
        turns = game.machine.rows(
            "SELECT pk, item ->> '$.wrong' FROM sim_wire_turns WHERE item ->> '$.wrong' <> '[]'"
        )
        self.world.observe(
            "turns",
            [
                (line, wrong)
                for line, wrong in turns
                if json.loads(line)[0] not in self.out_of_turn
                and not (self.again and json.loads(line)[0] == POSITIONED)
            ],
        )
        on_the_way = game.machine.rows(
            "SELECT r.name, count(*) FROM ensue_work w JOIN ensue_resources r ON r.number = w.queue"
            " WHERE w.state < 2 AND r.name LIKE 'wire%' AND r.name NOT LIKE '%-dlq'"
            f" AND r.name <> '{LETTERS}' GROUP BY 1"
        )
        self.world.observe("waits", on_the_way)

    def _sent(self, game):
        rows = game.look_up("SELECT item FROM sim_wire_sent")
        if rows is UNKNOWN:
            return UNKNOWN
        return {item["token"]: item for (text,) in rows for item in [json.loads(text)]}

    def _kept(self, game):
        """The token of each event that is kept, by its sequence number."""
        log, archive = self.bus.model.events, self.bus.model.archive
        sql = f"SELECT sequence, new ->> '$.detail.t' FROM {log}"
        if self.kept:
            sql += f" UNION ALL SELECT sequence, new ->> '$.detail.t' FROM {archive}"
        rows = game.look_up(f"{sql} ORDER BY 1")
        if rows is UNKNOWN:
            return UNKNOWN
        self.world.observe("kept once", len(rows), len(dict(rows)))
        return dict(rows)

    def _found(self, game):
        """How often each delivery is somewhere: noted by its target, dead, or on the way."""
        got = game.look_up("SELECT pk, item ->> '$.times' FROM sim_wire_got")
        work = game.look_up(
            "SELECT r.kind, r.name, w.body, w.attributes FROM ensue_work w"
            " JOIN ensue_resources r ON r.number = w.queue"
            " WHERE w.state < 2 AND r.name LIKE 'wire%'"
        )
        if got is UNKNOWN or work is UNKNOWN:
            return UNKNOWN
        found = Counter({Delivered(*json.loads(what)): times for what, times in got})
        for _, name, text, attributes in work:
            told = json.loads(attributes or "{}").get("delivery")
            target = told["rule"] if told else name.removesuffix("-dlq")
            body = json.loads(text)
            body = body.get("detail", {}).get("event") or body.get("event") or body
            replay = body.get("replay-name", "")
            found[Delivered(target, body["detail"]["t"], replay)] += 1
        return found
