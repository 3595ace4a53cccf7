"""What an application sees of the inside of an execution: its states, their data, its relatives."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from ensue.engine.giving_way import give_way
from ensue.engine.home import Home
from ensue.engine.transaction import Transaction
from ensue.languages.states.draw import (
    Graph,
    graph_of_frames,
    graph_of_machine,
    with_frames,
)
from ensue.languages.states.frames import Frame, FrameReader
from ensue.resources.workflow import rules, store
from ensue.resources.workflow.model import (
    AttemptData,
    Compared,
    Comparison,
    Execution,
    Family,
    Side,
    StateData,
    Trace,
    Visit,
    WorkflowModel,
)
from ensue.resources.workflow.store import tracing
from ensue.resources.workflow.store.tracing import Child, Data
from ensue.resources.workflow.store.visits import assigning, parting, visit_of, visits_of
from ensue.resources.workflow.worker import Setting
from ensue.words.differences import Difference, differences
from ensue.words.errors import InvalidValue, NotFound
from ensue.words.values import Json

VISITS_MAX = 1_000
CHILDREN_MAX = 1_000
COMPARED_MAX = 1_000
DIFFERENCES_MAX = 20
ATTEMPTS_SHOWN_MAX = 100
ASSIGNING_MAX = 1_000
FRAMES_KEPT_MAX = 15_000


class _Read(NamedTuple):
    """What was read of an execution: its number, what it is an execution of, its frames."""

    number: int
    model: WorkflowModel
    frames: list[Frame]


class Tracing:
    """Looking into executions; mixed into the handle.

    A history is read without its data, a part at a time, so that a long one holds up nobody. What
    was read of a short one is kept for a while: who follows it reads only what is new.

    Attributes:
        model: the workflow as declared.
    """

    model: WorkflowModel
    _home: Home
    _readers: OrderedDict[int, FrameReader]

    @property
    def setting(self) -> Setting:
        """What its executions have in common while its app runs."""
        raise NotImplementedError

    def found(self, tx: Transaction, name: str) -> tuple[WorkflowModel, int]:
        """What an execution is one of, and its number.

        Raises:
            NotFound: there is none of this name.
        """
        raise NotImplementedError

    async def trace(self, name: str, *, after: int = 0, limit: int = 200) -> Trace:
        """What became of the states of an execution, in the order in which they were entered.

        Args:
            name: the execution's name.
            after: only visits behind this number.
            limit: how many at most, up to 1,000.

        Raises:
            NotFound: there is no execution of this name.
        """
        read = await self._read(name)
        bounded, total = max(1, min(limit, VISITS_MAX)), len(read.frames)
        return Trace(
            tuple(visits_of(read.frames, after, bounded)),
            total,
            self._home.engine.read(lambda tx: tracing.stands(tx, read.number)),
            after + bounded if total > after + bounded else None,
        )

    async def visit(self, name: str, state: str, visit: int | None = None) -> StateData:
        """The data of a state of an execution: what it was given, what it gave.

        Args:
            name: the execution's name.
            state: the state's name, or the step's.
            visit: which of the times that it was entered, from 1; the last by default.

        Raises:
            NotFound: there is no execution of this name, or it has not entered the state so often.
        """
        read = await self._read(name)
        chosen, times = visit_of(read.frames, state, visit)
        if chosen is None:
            raise NotFound(
                f"the execution {name} has entered {state} {times} times",
                hint="The trace of the execution tells the states that it has entered.",
            )
        frame = read.frames[chosen.number - 1]
        return self._home.engine.read(lambda tx: _state_data(tx, read.number, chosen, frame))

    async def graph(self, name: str | None = None) -> Graph:
        """The graph of the workflow, or of an execution, with what became of its states.

        A function has no other graph than that of what an execution did.

        Args:
            name: the execution's name; None for the workflow itself.

        Raises:
            NotFound: there is no execution of this name.
        """
        if name is None:
            number = self.setting.definition
            return self._graph_of(number, None, self.model.ref.name)
        read = await self._read(name)
        number = self._home.engine.read(lambda tx: _definition(tx, read.number))
        return self._graph_of(number, read.frames, f"{self.model.ref.name} {name}")

    async def family(self, name: str, *, limit: int = 100, after: str | None = None) -> Family:
        """The executions around an execution: who waits for it, where it comes from, its children.

        Args:
            name: the execution's name.
            limit: how many children at most, up to 1,000.
            after: the ``next`` of the page before.

        Raises:
            NotFound: there is no execution of this name.
            InvalidValue: there is no such place to go on from.
        """
        behind = None if after is None else _child(after)
        bounded = max(1, min(limit, CHILDREN_MAX))

        def read(tx: Transaction) -> Family:
            _, number = self.found(tx, name)
            found = tracing.children_of(tx, number, behind, bounded + 1)
            following = found[bounded - 1][0] if len(found) > bounded else None
            origin = tracing.origin_of(tx, number)
            return Family(
                tracing.parent_of(tx, number),
                None if origin is None else tracing.relative(tx, origin[0]),
                tuple(child for _, child in found[:bounded]),
                None if following is None else f"{following.branch}-{following.number}",
            )

        return self._home.engine.read(read)

    async def compare(self, a: str, b: str) -> Comparison:
        """Two executions, state by state: where they parted, what differs, how long they took.

        Args:
            a: the name of the one.
            b: the name of the other.

        Raises:
            NotFound: there is no execution of one of these names.
        """
        one, other = await self._read(a), await self._read(b)
        sides = visits_of(one.frames), visits_of(other.frames)
        by_place = [{(each.state, each.visit): each for each in visits} for visits in sides]
        places = list(dict.fromkeys([*by_place[0], *by_place[1]]))
        states: list[Compared] = []
        for place in places[:COMPARED_MAX]:
            pair = by_place[0].get(place), by_place[1].get(place)
            states.append(
                self._home.engine.read(
                    lambda tx, pair=pair: _compared(tx, (one, other), pair)  # type: ignore[misc]
                )
            )
            if len(states) % 50 == 0:
                await give_way()
        ends = self._home.engine.read(
            lambda tx: [store.by_number(tx, read.model, read.number) for read in (one, other)]
        )
        now_ms = self._home.engine.clock.now_ms()
        return Comparison(
            a=a,
            b=b,
            a_ms=_took_ms(ends[0], now_ms),
            b_ms=_took_ms(ends[1], now_ms),
            parted=parting(*sides),
            input=tuple(differences(ends[0].input, ends[1].input, DIFFERENCES_MAX)),
            output=tuple(
                differences(ends[0].output, ends[1].output, DIFFERENCES_MAX)
                if all(each.status == "SUCCEEDED" for each in ends)
                else ()
            ),
            states=tuple(states),
            is_whole=len(places) <= COMPARED_MAX,
        )

    def _graph_of(self, definition: int, frames: list[Frame] | None, title: str) -> Graph:
        text = self._home.engine.read(lambda tx: store.definition_text(tx, definition))
        machine = rules.decoded(text)
        if isinstance(machine, dict) and "States" in machine:
            graph = graph_of_machine(machine, title)
            return graph if frames is None else with_frames(graph, frames)
        return graph_of_frames(frames or [], title)

    async def _read(self, name: str) -> _Read:
        """What is known of the states of an execution now."""
        engine = self._home.engine
        model, number = engine.read(lambda tx: self.found(tx, name))
        reader = self._readers.pop(number, None) or FrameReader()
        while events := engine.read(lambda tx: tracing.brief_events(tx, number, reader.last)):
            for event in events:
                reader.read(event)
            if len(events) < tracing.EVENTS_AT_ONCE:
                break
            await give_way()
        retried = engine.read(lambda tx: tracing.retried(tx, number))
        for frame in reader.frames:
            frame.is_retried = frame.id in retried
        self._readers[number] = reader
        while sum(len(each.frames) for each in self._readers.values()) > FRAMES_KEPT_MAX:
            self._readers.popitem(last=False)
        return _Read(number, model, reader.frames)


def _state_data(tx: Transaction, execution: int, visit: Visit, frame: Frame) -> StateData:
    entered = tracing.data_of(tx, execution, frame.id)
    left = tracing.data_of(tx, execution, frame.left)
    variables: dict[str, Json] = {}
    for before in list(assigning(frame))[-ASSIGNING_MAX:]:
        variables |= tracing.data_of(tx, execution, before.left).assigned
    return StateData(
        visit,
        entered.given,
        left.output,
        variables,
        dict(left.assigned),
        tuple(
            AttemptData(
                tracing.data_of(tx, execution, each.id).given,
                tracing.data_of(tx, execution, each.ended).output,
            )
            for each in frame.tries[-ATTEMPTS_SHOWN_MAX:]
        ),
    )


def _compared(
    tx: Transaction, reads: tuple[_Read, _Read], pair: tuple[Visit | None, Visit | None]
) -> Compared:
    sides = [None if each is None else Side(each, _spent_ms(each)) for each in pair]
    known = next(each for each in pair if each is not None)
    if pair[0] is None or pair[1] is None:
        return Compared(known.state, known.visit, sides[0], sides[1], None, None)
    inputs: list[Data] = []
    outputs: list[Data] = []
    for read, visit in zip(reads, (pair[0], pair[1]), strict=True):
        frame = read.frames[visit.number - 1]
        inputs.append(tracing.data_of(tx, read.number, frame.id))
        outputs.append(tracing.data_of(tx, read.number, frame.left))
    given = differences(inputs[0].given, inputs[1].given, DIFFERENCES_MAX)
    came_to: list[Difference] | None = None
    if _gave(pair[0], pair[1]):
        came_to = differences(outputs[0].output, outputs[1].output, DIFFERENCES_MAX)
    return Compared(
        known.state,
        known.visit,
        sides[0],
        sides[1],
        not given,
        None if came_to is None else not came_to,
        tuple(given),
        tuple(came_to or ()),
    )


def _gave(*visits: Visit) -> bool:
    """Whether all were left with an output."""
    return all(visit.outcome in {"succeeded", "caught"} for visit in visits)


def _spent_ms(visit: Visit) -> int | None:
    return None if visit.left_ms is None else visit.left_ms - visit.entered_ms


def _took_ms(execution: Execution, now_ms: int) -> int:
    return (execution.ended_ms or now_ms) - execution.started_ms


def _definition(tx: Transaction, execution: int) -> int:
    loaded = store.load(tx, execution)
    if loaded is None:
        raise NotFound("the execution is not kept any more")
    return loaded.definition


def _child(text: str) -> Child:
    branch, _, number = text.partition("-")
    if not (branch.isdecimal() and number.isdecimal()):
        raise InvalidValue(f"expected the next of a page before, got {text!r}", at="$.after")
    return Child(int(branch), int(number))
