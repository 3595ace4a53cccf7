"""What map runs read and write: pieces of data sets, and files of results. It works outside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import msgspec

from ensue.engine import map_runs
from ensue.engine.engine import Engine
from ensue.engine.handlers import Policy, WorkHandler
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work
from ensue.languages.states.errors import ITEM_READER_FAILED, RESULT_WRITER_FAILED, StateError
from ensue.languages.states.map_runs import Entry, MapPlan, results
from ensue.languages.states.map_runs.making import ChildMaker
from ensue.languages.states.program import Map
from ensue.languages.states.readers import Cursor, Dataset, Listing
from ensue.resources.workflow.model import (
    ABORTED,
    FAILED,
    SUCCEEDED,
    TIMED_OUT,
    Objects,
    WorkflowModel,
)
from ensue.resources.workflow.store import map_runs as rows
from ensue.resources.workflow.store.map_runs import PENDING, RUNNING, WRITING, MapRow
from ensue.resources.workflow.worker import map_results
from ensue.resources.workflow.worker.facts import RunFacts
from ensue.resources.workflow.worker.map_runs import READ, MapRuns, job_of
from ensue.words.values import Json

PIECE_ITEMS_MAX = 1_000
WINDOW_BYTES_MAX = 262_144
PIECE_BYTES_MAX = 1_048_576
RESULTS_AT_ONCE_MAX = 100
DATA_MS_MAX = 3_600_000

_STATUSES: Final = {
    results.FAILED: (FAILED, TIMED_OUT, ABORTED),
    results.PENDING: (PENDING,),
    results.SUCCEEDED: (SUCCEEDED,),
}


class Piece(msgspec.Struct, frozen=True):
    """What was read of a data set.

    Attributes:
        inputs: the inputs of children, and how many items are in each.
        items: how many items were read.
        cursor: where the reading goes on.
        held: the items of a batch that is not full.
        is_read: whether there are no more items.
    """

    inputs: list[tuple[str, int]]
    items: int
    cursor: Cursor
    held: list[Json]
    is_read: bool


class Written(msgspec.Struct, frozen=True):
    """That the results are written."""


Answer = Piece | Written | StateError | None


class MapData:
    """Does the reading and the writing of a workflow's map runs.

    Args:
        engine: the engine.
        runs: the map runs.
        objects: where their items and results are.
    """

    def __init__(self, engine: Engine, runs: MapRuns, objects: Objects) -> None:
        self._engine = engine
        self._runs = runs
        self._objects = objects

    def handler(self) -> WorkHandler:
        """The handler of the queue of what is read and written."""
        model: WorkflowModel = self._runs.model
        return WorkHandler(
            ref=model.map_data,
            dead_letters=model.dead_letters,
            actor=f"{model.ref.name}-map-data",
            policy=Policy(timeout_ms=DATA_MS_MAX),
            act=self._act,
            complete=self._complete,
            dead=self._dead,
        )

    async def _act(self, piece: Work, work_id: str) -> Answer:
        del work_id
        job = job_of(piece.body)
        row = self._engine.read(lambda tx: rows.load(tx, job.run))
        is_read = job.kind == READ
        if row is None or row.phase != (RUNNING if is_read else WRITING):
            return None
        try:
            if not is_read:
                return await self._write(row)
            return await self._read(row) if row.pieces == job.piece else None
        except StateError as fault:
            return fault

    def _complete(self, tx: Transaction, pieces: list[Work], answer: Answer) -> None:
        """Take up what was read or written, in the transaction that settles the work."""
        job = job_of(pieces[0].body)
        row = rows.load(tx, job.run)
        if answer is None or row is None:
            return
        if job.kind != READ:
            if row.phase == WRITING:
                fault = answer if isinstance(answer, StateError) else None
                self._runs.written(tx, row, fault)
        elif row.phase == RUNNING and row.pieces == job.piece:
            if isinstance(answer, Piece):
                cursor = msgspec.json.encode(answer.cursor).decode()
                rows.save_reading(tx, row.id, cursor, answer.held)
                self._runs.taken(tx, row, answer.inputs, items=answer.items, is_read=answer.is_read)
            elif isinstance(answer, StateError):
                self._runs.fail(tx, row, answer)

    def _dead(self, tx: Transaction, piece: Work, reason: str) -> None:
        error = ITEM_READER_FAILED if job_of(piece.body).kind == READ else RESULT_WRITER_FAILED
        self._complete(tx, [piece], StateError(error, reason))

    async def _read(self, row: MapRow) -> Piece:
        """Read the next items, as many as are handled at once."""
        plan, state, cursor_text, held = self._engine.read(lambda tx: self._opened(tx, row))
        assert plan.reading is not None  # noqa: S101 - it is why there is something to read
        reading = plan.reading
        dataset = Dataset(reading.action, reading.arguments, reading.config)
        cursor = (
            dataset.begin()
            if cursor_text is None
            else msgspec.json.decode(cursor_text, type=Cursor)
        )
        found: list[Entry] = []
        size, read_bytes = WINDOW_BYTES_MAX, 0
        while len(found) < PIECE_ITEMS_MAX and read_bytes < PIECE_BYTES_MAX:
            need = dataset.need(cursor)
            if need is None:
                break
            if isinstance(need, Listing):
                taken = dataset.take(cursor, await self._objects.list(need), PIECE_ITEMS_MAX)
            else:
                got = await self._objects.read(need.file, need.offset, size)
                taken = dataset.take(cursor, got, PIECE_ITEMS_MAX - len(found))
                read_bytes += len(got.data)
            size = size * 2 if taken.cursor == cursor else WINDOW_BYTES_MAX
            if taken.cursor == cursor:
                read_bytes = 0
            cursor = taken.cursor
            first = row.items + len(found)
            found += [
                Entry(first + place, value, taken.keys[place] if taken.keys else None, taken.source)
                for place, value in enumerate(taken.items)
            ]
        is_read = dataset.need(cursor) is None
        facts = RunFacts(self._engine.clock.now_ms(), self._engine.ids.source)
        maker = ChildMaker(state, plan, facts, held)
        inputs = rows.input_texts(maker.make(found, is_last=is_read))
        return Piece(inputs, len(found), cursor, maker.held, is_read)

    async def _write(self, row: MapRow) -> Written:
        """Write the files of the results, and the manifest."""
        plan = self._engine.read(lambda tx: rows.plan_of(tx, row.id))
        writing = plan.writing
        assert writing is not None  # noqa: S101 - it is why there is something to write
        counts = self._engine.read(lambda tx: rows.counts(tx, row.id))
        folder = results.folder(plan, writing)
        sizes: dict[str, int] = {}
        for name, statuses in _STATUSES.items():
            if not any(status in counts for status in statuses):
                continue
            key = folder + results.file_name(name, writing.output_type)
            parts = self._parts(row, plan, statuses)
            sizes[name] = await self._objects.write(writing.bucket, key, parts)
        told = msgspec.json.encode(results.manifest(plan, writing, sizes))
        await self._objects.write(writing.bucket, f"{folder}manifest.json", _once(told))
        return Written()

    async def _parts(
        self, row: MapRow, plan: MapPlan, statuses: tuple[int, ...]
    ) -> AsyncIterator[bytes]:
        """A file of results, page by page."""
        writing = plan.writing
        assert writing is not None  # noqa: S101 - as above
        machine, after, is_first = map_results.machine_arn(self._runs.model, plan), -1, True
        while True:
            page = self._page(row, after, statuses)
            if not page:
                break
            shaped = [
                value
                for child in page
                for value in results.shaped(
                    map_results.result_of(child, self._runs.model, plan),
                    writing.transformation,
                    machine,
                )
            ]
            if shaped:
                yield b"".join(results.lines(shaped, writing.output_type, is_first=is_first))
                is_first = False
            after = map_runs.child(page[-1].id).number
        yield results.closing(writing.output_type, is_empty=is_first)

    def _page(self, row: MapRow, after: int, statuses: tuple[int, ...]) -> list[rows.ChildRow]:
        return self._engine.read(
            lambda tx: rows.children(
                tx, row.id, after=after, limit=RESULTS_AT_ONCE_MAX, statuses=statuses
            )
        )

    def _opened(self, tx: Transaction, row: MapRow) -> tuple[MapPlan, Map, str | None, list[Json]]:
        plan = rows.plan_of(tx, row.id)
        return plan, self._runs.state_of(tx, row, plan), *rows.reading_of(tx, row.id)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
