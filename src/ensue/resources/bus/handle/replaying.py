"""Archives and replays: what a bus keeps longer, and delivers again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Unpack, overload

from ensue.engine import replays
from ensue.engine.engine import Engine
from ensue.engine.home import Home, Resource
from ensue.engine.logs import Record
from ensue.engine.sockets import Archive
from ensue.engine.transaction import Transaction
from ensue.engine.waiting import turn
from ensue.languages.patterns import compile_pattern
from ensue.resources.bus.model import (
    ARCHIVES_MAX,
    REPLAY_NAME,
    TRIAL_NAME,
    ArchiveModel,
    ArchiveState,
    BusModel,
    Replay,
    ReplayOptions,
    ReplayPreview,
    Rule,
)
from ensue.resources.bus.rules.declaring import target_model
from ensue.resources.bus.rules.envelope import envelope, envelope_text
from ensue.resources.bus.rules.matching import RuleSet
from ensue.resources.bus.rules.replaying import Plan, plan_of
from ensue.resources.bus.store import archiving, replaying
from ensue.resources.bus.store.replaying import Reach, Tally, Upcast
from ensue.resources.bus.worker.replaying import ReplayWorker
from ensue.words import values
from ensue.words.errors import InvalidDeclaration, InvalidPattern
from ensue.words.names import check_name
from ensue.words.units import duration_ms
from ensue.words.values import Json


class Replaying:
    """What a bus keeps, and how it is delivered again.

    Attributes:
        upcast: makes an event of an earlier form one of the present, before a replay or a
            positioned consumer gets it; None to leave them as they are.

    Args:
        home: the app.
        model: the bus.
    """

    def __init__(self, home: Home, model: BusModel) -> None:
        self.model = model
        self.rules = RuleSet()
        self.followers = RuleSet()
        self.upcast: Upcast | None = None
        self._home = home
        self._archives: dict[str, ArchiveModel] = {}
        self._replayer: ReplayWorker | None = None

    def archive(
        self, name: str, pattern: Mapping[str, Json] | None = None, *, keep: str | float | None
    ) -> None:
        """Keep the events that match a pattern longer than the bus keeps the others.

        They stay where they are for whoever reads: `tail`, `explain`, `why`, positioned consumers
        and replays find them.

        Args:
            name: the archive's name, one of this bus.
            pattern: an event pattern; None for all events.
            keep: how long, from when an event was published, such as ``"365d"``; None for ever.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidPattern: the pattern does not compile; says where.
            InvalidValue: the time is none.
            InvalidDeclaration: there is such an archive already, or too many, or the bus itself
                keeps its events as long.
        """
        at = f"{self.model.ref}/{check_name(name, 'archive')}"
        keep_ms = None if keep is None else duration_ms(keep)
        if name in self._archives:
            raise InvalidDeclaration(f"there are two archives called {name}", at=at)
        if len(self._archives) >= ARCHIVES_MAX:
            raise InvalidDeclaration(f"expected at most {ARCHIVES_MAX} archives", at=at)
        if keep_ms is not None and keep_ms <= (self.model.keep_ms or 0):
            raise InvalidDeclaration(
                f"expected an archive that keeps events longer than the bus, got {keep!r}", at=at
            )
        try:
            compiled = None if pattern is None else compile_pattern(pattern)
        except InvalidPattern as fault:
            raise InvalidPattern(
                f"archive {name}: {fault.message}", at=fault.at, hint=fault.hint
            ) from None
        self._archives[name] = ArchiveModel(
            name, None if pattern is None else dict(pattern), keep_ms, compiled
        )

    def follow(self, follower: Resource, pattern: Mapping[str, Json], group: str | None) -> None:
        """Note who follows the bus from a position, so that a replay can deliver to it.

        Raises:
            InvalidPattern: the pattern does not compile; says where.
            InvalidExpression: the group is no path.
            InvalidDeclaration: there is a rule of its name, or another follower.
        """
        name = follower.ref.name
        if self.rules.find(name) is not None:
            raise InvalidDeclaration(f"there are two rules called {name}", at=str(self.model.ref))
        self.followers.add(Rule(name, dict(pattern), (target_model(follower, None, group, 0),)))

    def event_of(self, record: Record) -> dict[str, Json]:
        """A record of its log as an event in its envelope, as it was published."""
        engine = self._home.engine
        stored = values.decode(record.new or "{}")
        event_id = engine.records.text(engine.number(self.model.ref), record.sequence)
        return envelope(stored, event_id) if isinstance(stored, dict) else {}

    def text_of(self, record: Record) -> str:
        """The same as JSON text, whatever its size."""
        engine = self._home.engine
        event_id = engine.records.text(engine.number(self.model.ref), record.sequence)
        return envelope_text(record.new or "{}", event_id)

    def as_present(self, event: dict[str, Json]) -> dict[str, Json]:
        """An event as it is delivered now: what a replay has delivered is that already."""
        if self.upcast is None or REPLAY_NAME in event:
            return event
        return self.upcast(event)

    @overload
    async def replay(
        self, name: str, *, dry_run: Literal[False] = False, **options: Unpack[ReplayOptions]
    ) -> Replay: ...

    @overload
    async def replay(
        self, name: str, *, dry_run: Literal[True], **options: Unpack[ReplayOptions]
    ) -> ReplayPreview: ...

    async def replay(
        self, name: str, *, dry_run: bool = False, **options: Unpack[ReplayOptions]
    ) -> Replay | ReplayPreview:
        """Deliver events again that the bus keeps, in the log or in an archive.

        They are delivered in their order, each with its id and time of then, and with the replay's
        name in ``replay-name``. It goes on by itself, across restarts, and delivers each once.

        Args:
            name: its name, one of the replays that the bus remembers.
            dry_run: deliver nothing, and say what would be delivered, and to whom.
            options: ``since``: where to begin: ``"horizon"``, the default, a time as ISO 8601 or a
                sequence number. ``until``: where to end: ``"latest"``, the default, before a time,
                or with a sequence number. ``pattern``: an event pattern: which events. ``group``:
                only the events of this group, by the path by which those keep order to whom they
                go. ``to``: the name of a rule or a positioned consumer, or several; every rule that
                is enabled by default. ``rate``: how many are delivered at most, such as
                ``"1000/s"``.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidPattern: the pattern does not compile; says where.
            InvalidValue: a time or the rate is none.
            InvalidInput: a group is asked for, and there is not one path to it.
            NotFound: there is no such rule or consumer.
            Conflict: there is a replay of this name, which may be over, or a rule that is named is
                disabled.
            LimitExceeded: ten replays are not over.
        """
        check_name(name, "replay")
        plan = plan_of(options, self.rules, self.followers)
        if dry_run:
            return await self._preview(name, plan)
        started = await self._home.engine.transact(
            lambda tx: replaying.start(tx, self.model, name, plan)
        )
        self._wake()
        return started

    async def replays(self, limit: int = 10) -> list[Replay]:
        """The replays that the bus remembers, newest first, at most 100."""
        return self._home.engine.read(lambda tx: replaying.newest(tx, self.model, limit))

    async def pause_replay(self, name: str) -> Replay:
        """Let a replay stop where it is, until it is resumed or cancelled.

        Raises:
            NotFound: there is none of this name.
            Conflict: it is over.
        """
        return await self._switch_replay(name, replays.PAUSED)

    async def resume_replay(self, name: str) -> Replay:
        """Let a replay go on where it is.

        Raises:
            NotFound: there is none of this name.
            Conflict: it is over.
        """
        return await self._switch_replay(name, replays.RUNNING)

    async def cancel_replay(self, name: str) -> Replay:
        """End a replay where it is; what it has delivered stays delivered.

        Raises:
            NotFound: there is none of this name.
            Conflict: it is over.
        """
        return await self._switch_replay(name, replays.CANCELLED)

    async def archives(self, *, with_log: bool = True) -> list[ArchiveState]:
        """The archives, and what they keep.

        Args:
            with_log: whether to count what they will take of the bus's log, too, which means to
                look at up to 10,000 events.
        """
        engine = self._home.engine
        looked = engine.read(lambda tx: archiving.begin_look(tx, self.model))
        while with_log and engine.read(lambda tx: archiving.look(tx, self.model, looked)):
            await turn()
        return archiving.states(looked, self._archives)

    async def kept(self) -> dict[str, Json]:
        """How many events are in its archives, and how many replays are not over, if any."""
        found = self._home.engine.read(lambda tx: archiving.kept(tx, self.model))
        return {name: count for name, count in found.items() if count}

    def _said_archives(self) -> dict[str, Json]:
        """The archives, as part of the declaration."""
        if not self._archives:
            return {}
        archives: dict[str, Json] = {
            each.name: {
                "keep_ms": each.keep_ms,
                "pattern": None if each.pattern is None else dict(each.pattern),
            }
            for each in self._archives.values()
        }
        return {"archives": archives}

    def _prepare_archives(self, tx: Transaction) -> tuple[str | None, tuple[Archive, ...]]:
        return archiving.prepare(tx, self.model, list(self._archives.values()))

    def _reach(self) -> Reach:
        return Reach(self.model, self.rules, self.followers, self.upcast)

    def _replay_worker(self, engine: Engine) -> ReplayWorker:
        self._replayer = ReplayWorker(engine, self._reach)
        return self._replayer

    def _wake(self) -> None:
        if self._replayer is not None:
            self._replayer.woken.set()

    async def _switch_replay(self, name: str, to: int) -> Replay:
        switched = await self._home.engine.transact(
            lambda tx: replaying.switch(tx, self.model, name, to)
        )
        self._wake()
        return switched

    async def try_replay(
        self, *, looks: int | None = None, **options: Unpack[ReplayOptions]
    ) -> ReplayPreview:
        """What a replay would deliver; see `replay`, whose dry run this is without a name.

        Args:
            looks: at how many of the events to look at most; None for all of them.
            options: as of `replay`.
        """
        plan = plan_of(options, self.rules, self.followers)
        return await self._preview(TRIAL_NAME, plan, looks)

    async def _preview(self, name: str, plan: Plan, looks: int | None = None) -> ReplayPreview:
        engine, reach = self._home.engine, self._reach()
        found = engine.read(lambda tx: replaying.range_of(tx, self.model, plan))
        tally = Tally(found.position, found.last)
        while engine.read(lambda tx: replaying.look(tx, reach, name, plan, tally)):
            if looks is not None and tally.looked >= looks:
                break
            await turn()
        return ReplayPreview(
            name=name,
            total=found.total,
            read=tally.looked,
            matching=tally.matching,
            rules=dict(tally.rules),
            targets=dict(tally.targets),
            sample=tally.sample,
        )
