"""Map runs in memory: the children of a distributed Map, one after the other, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heapify, heapreplace
from typing import Any, Final, Protocol

from ensue.languages.states.commands import Perform, StartMapRun
from ensue.languages.states.environment import Facts
from ensue.languages.states.errors import (
    EXCEED_TOLERATED_FAILURE_THRESHOLD,
    ITEM_READER_FAILED,
    StateError,
)
from ensue.languages.states.map_runs import ChildResult, Entry, MapPlan, entries, results
from ensue.languages.states.map_runs.making import ChildMaker
from ensue.languages.states.program import Map
from ensue.languages.states.readers import Dataset, Got, Listed, Listing
from ensue.languages.states.resource_names import parse_resource
from ensue.languages.states.signals import Failed, Signal, Succeeded
from ensue.words import values
from ensue.words.values import Json

TOLERATED_NO_MORE: Final = "The specified tolerated failure threshold was exceeded"

Ask = Callable[[Perform], "Signal | Sequence[Signal] | None"]


class ChildEnd(Protocol):
    """How a child ended: as `execute.Execution`."""

    @property
    def status(self) -> str:
        """SUCCEEDED, FAILED, TIMED_OUT or ABORTED."""
        ...

    @property
    def output(self) -> Json:
        """What it gives."""
        ...

    @property
    def error(self) -> str | None:
        """The name of its error."""
        ...

    @property
    def cause(self) -> str | None:
        """The error's cause."""
        ...

    @property
    def ended_ms(self) -> int:
        """When it ended."""
        ...


RunChild = Callable[[str, Json, int], ChildEnd]


class MapRunInMemory:
    """A map run.

    Args:
        state: the Map.
        command: what is asked for.
        facts: time and chance.
        ask: does tasks, and the reading and writing of objects.
        run_child: runs a child: its name, its input, when it starts.
    """

    def __init__(
        self,
        state: Map,
        command: StartMapRun,
        facts: Facts,
        ask: Ask | None,
        run_child: RunChild,
    ) -> None:
        self._state = state
        self._command = command
        self._plan: MapPlan = command.plan
        self._facts = facts
        self._ask = ask
        self._run_child = run_child

    def run(self) -> tuple[Signal, int]:
        """Do it: what to tell the branch that waits for it, and when."""
        at_ms = self._facts.now_ms
        try:
            items = self._items()
            made = ChildMaker(self._state, self._plan, self._facts).make(items, is_last=True)
            children, at_ms = self._run_children([given for given, _ in made])
            failed = sum(
                count
                for child, (_, count) in zip(children, made, strict=True)
                if child.status != results.SUCCEEDED
            )
            if self._plan.exceeds(failed, len(items)):
                return Failed(EXCEED_TOLERATED_FAILURE_THRESHOLD, TOLERATED_NO_MORE), at_ms
            return Succeeded(self._result(children)), at_ms
        except StateError as fault:
            return Failed(fault.error, fault.cause), at_ms

    def _run_children(self, inputs: Sequence[Json]) -> tuple[list[ChildResult], int]:
        """Run the children, as many side by side as may be; and when the last ended."""
        start_ms = self._facts.now_ms
        room = min(self._plan.max_concurrency or len(inputs), len(inputs))
        free = [start_ms] * room
        heapify(free)
        children: list[ChildResult] = []
        for number, given in enumerate(inputs):
            name = f"{self._plan.id}-{number}"
            began_ms = free[0]
            end = self._run_child(name, given, began_ms)
            heapreplace(free, end.ended_ms)
            arn = f"{self._plan.arn.replace(':mapRun:', ':execution:')}-{number}"
            children.append(
                ChildResult(
                    name,
                    arn,
                    end.status,
                    given,
                    end.output,
                    end.error,
                    end.cause,
                    began_ms,
                    end.ended_ms,
                )
            )
        return children, max(free, default=start_ms)

    def _result(self, children: list[ChildResult]) -> Json:
        writing, machine = self._plan.writing, self._plan.arn.rpartition(":")[0]
        if writing is None or not writing.bucket:
            transformation = "COMPACT" if writing is None else writing.transformation
            return results.output(children, transformation, machine)
        files: dict[str, Json] = {"Bucket": writing.bucket, "Prefix": writing.prefix}
        self._asked("arn:aws:states:::s3:putObject", files, None)
        return results.written(self._plan, writing)

    def _items(self) -> list[Entry]:
        reading = self._plan.reading
        if reading is None:
            return entries(self._plan.items)
        dataset = Dataset(reading.action, reading.arguments, reading.config)
        cursor, found = dataset.begin(), list[Entry]()
        while (need := dataset.need(cursor)) is not None:
            if isinstance(need, Listing):
                asked: dict[str, Json] = {"Bucket": need.bucket, "Prefix": need.prefix}
                answer = self._asked("arn:aws:states:::s3:listObjectsV2", asked, ITEM_READER_FAILED)
                taken = dataset.take(cursor, _listed(answer), need.limit)
            else:
                asked = {"Bucket": need.file.bucket, "Key": need.file.key}
                answer = self._asked("arn:aws:states:::s3:getObject", asked, ITEM_READER_FAILED)
                if isinstance(answer, list):
                    return [Entry(place, value) for place, value in enumerate(answer)]
                body = _body(answer)[need.offset :]
                taken = dataset.take(cursor, Got(body, is_end=True), dataset.config.items_max)
            keys, first = taken.keys, len(found)
            found += [
                Entry(first + place, value, keys[place] if keys else None, taken.source)
                for place, value in enumerate(taken.items)
            ]
            cursor = taken.cursor
        return found

    def _asked(self, resource: str, arguments: dict[str, Json], error: str | None) -> Json:
        """What whoever does the tasks answers.

        Args:
            resource: what is called.
            arguments: what with.
            error: the name of the error that nobody answers; None where nobody need.

        Raises:
            StateError: that of the answer, or that nobody answers.
        """
        command = self._command
        task = Perform(
            branch=command.branch,
            attempt=command.attempt,
            state=self._plan.state,
            retries=0,
            resource=parse_resource(resource),
            arguments=arguments,
        )
        answer: Any = None if self._ask is None else self._ask(task)
        signals = list(answer) if isinstance(answer, Sequence) else [answer]
        for signal in signals:
            if isinstance(signal, Succeeded):
                return signal.output
            if isinstance(signal, Failed):
                raise StateError(signal.error, signal.cause)
        if error is None:
            return None
        raise StateError(error, f"nobody answers {resource} with {values.encode(arguments)}")


def _listed(answer: Json) -> Listed:
    """A listing, as S3 answers it or as a list of objects: all of it."""
    found = answer.get("Contents", []) if isinstance(answer, dict) else answer
    objects = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return Listed(objects, is_end=True)


def _body(answer: Json) -> bytes:
    """The body of an object, as S3 answers it or as a text."""
    body = answer.get("Body", "") if isinstance(answer, dict) else answer
    return body if isinstance(body, bytes) else str(body).encode()
