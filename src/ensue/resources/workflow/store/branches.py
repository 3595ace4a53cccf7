"""Where executions stand: the branches of a run, read when they are asked for, written behind.

A branch that begins and ends within one transaction is never written.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ensue.engine import executions
from ensue.engine.transaction import Transaction
from ensue.languages.states.branches import WAITING, Branch
from ensue.languages.states.commands import RETRY, WAIT

EVENT: Final = "event"  # what a branch of a function waits for that somebody is to send

_encode: Final = msgspec.json.Encoder(decimal_format="number").encode
_decode: Final = msgspec.json.Decoder(Branch).decode


class Place:
    """A branch and what is known of it beside: the work that it waits for.

    Attributes:
        branch: the branch.
        timer: the work that wakes it when it is time; None for none.
        task: the work that does its task outside; None for none.
        token: the token that is kept for it; None for none.
        starts: whether executions may run that it has started and waits for.
        is_new: whether it is not in the store yet.
    """

    __slots__ = ("branch", "is_new", "starts", "task", "timer", "token")

    def __init__(
        self, branch: Branch, timer: int | None, task: int | None, *, is_new: bool
    ) -> None:
        self.branch = branch
        self.timer = timer
        self.task = task
        self.token = branch.token
        self.starts = not is_new
        self.is_new = is_new

    @property
    def asks(self) -> bool:
        """Whether it waits until somebody outside gives its token back or sends it an event."""
        branch = self.branch
        if branch.phase != WAITING or branch.waits in {WAIT, RETRY}:
            return False
        return self.token is not None or branch.waits == EVENT

    @property
    def waits(self) -> bool:
        """Whether there may be something that it waits for."""
        return self.starts or bool(self.timer or self.task or self.token)


class StoredBranches:
    """The branches of one execution within one transaction (see `languages.states.branches`).

    Args:
        tx: the transaction.
        execution: the number of the execution.
        workflow: the number of its workflow; 0 where nothing is written.
        is_empty: whether it is known that there are none, as it has not begun.
    """

    __slots__ = (
        "_changed",
        "_children_of",
        "_execution",
        "_gone",
        "_is_empty",
        "_left",
        "_places",
        "_tx",
        "_workflow",
    )

    def __init__(
        self, tx: Transaction, execution: int, workflow: int = 0, *, is_empty: bool = False
    ) -> None:
        self._tx = tx
        self._workflow = workflow
        self._is_empty = is_empty
        self._execution = execution
        self._places: dict[int, Place | None] = {}
        self._children_of: dict[int, dict[int, Branch]] = {}
        self._changed: dict[int, Place] = {}
        self._gone: list[Place] = []
        self._left: dict[int, Place] = {}

    def add(self, branch: Branch) -> None:
        """Keep a branch that is new."""
        place = Place(branch, None, None, is_new=True)
        self._places[branch.id] = self._changed[branch.id] = place
        if branch.parent is not None and branch.parent in self._children_of:
            self._children_of[branch.parent][branch.id] = branch

    def get(self, branch_id: int) -> Branch | None:
        """The branch with this id; None when it is gone."""
        place = self.place(branch_id)
        return None if place is None else place.branch

    def place(self, branch_id: int) -> Place | None:
        """The branch with this id, and the work that it waits for; None when it is gone."""
        if branch_id in self._places:
            return self._places[branch_id]
        if self._is_empty:
            return None
        found = self._tx.execute(
            "SELECT body, timer, task FROM ensue_branches WHERE id = ?",
            (executions.key(self._execution, branch_id),),
        ).fetchone()
        place = None if found is None else Place(_decode(found[0]), *found[1:], is_new=False)
        self._places[branch_id] = place
        return place

    def left(self, branch_id: int) -> Place | None:
        """The branch with this id that is gone, and still has work that it waited for."""
        return self._left.pop(branch_id, None)

    def changed(self, place: Place) -> None:
        """Keep what a branch waits for now, at the end of the transaction."""
        if self._places.get(place.branch.id) is place:
            self._changed[place.branch.id] = place

    def save(self, branch: Branch) -> None:
        """Keep what was changed of a branch, at the end of the transaction."""
        place = self._places[branch.id]
        if place is not None:
            self._changed[branch.id] = place

    def children(self, parent_id: int) -> list[Branch]:
        """The branches of a branch, by index."""
        known = self._children_of.get(parent_id)
        if known is None:
            known = self._children_of[parent_id] = self._read_children(parent_id)
        return sorted(known.values(), key=lambda branch: branch.index)

    def remove(self, branch: Branch) -> None:
        """Forget a branch."""
        place = self._places.get(branch.id) or self.place(branch.id)
        self._places[branch.id] = None
        self._changed.pop(branch.id, None)
        if branch.parent in self._children_of:
            self._children_of[branch.parent].pop(branch.id, None)
        if place is None:
            return
        if not place.is_new:
            self._gone.append(place)
        if place.waits:
            self._left[branch.id] = place

    def flush(self) -> None:
        """Write what has changed."""
        tx, execution = self._tx, self._execution
        for place in self._gone:
            tx.execute(
                "DELETE FROM ensue_branches WHERE id = ?",
                (executions.key(execution, place.branch.id),),
            )
        for place in self._changed.values():
            branch = place.branch
            number = executions.key(execution, branch.id)
            body = _encode(branch).decode()
            asked = self._workflow if place.asks else None
            if place.is_new:
                parent = branch.parent
                tx.execute(
                    "INSERT INTO ensue_branches (id, parent, state, timer, task, body, asked)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        number,
                        None if parent is None else executions.key(execution, parent),
                        branch.state,
                        place.timer,
                        place.task,
                        body,
                        asked,
                    ),
                )
                place.is_new = False
            else:
                tx.execute(
                    "UPDATE ensue_branches SET state = ?, timer = ?, task = ?, body = ?,"
                    " asked = ? WHERE id = ?",
                    (branch.state, place.timer, place.task, body, asked, number),
                )
        self._changed.clear()
        self._gone.clear()

    def _read_children(self, parent_id: int) -> dict[int, Branch]:
        found = self._tx.execute(
            "SELECT id, body, timer, task FROM ensue_branches WHERE parent = ?",
            (executions.key(self._execution, parent_id),),
        )
        children: dict[int, Branch] = {}
        for number, body, timer, task in found:
            branch_id = executions.within(number).number
            if branch_id not in self._places:
                self._places[branch_id] = Place(_decode(body), timer, task, is_new=False)
            place = self._places[branch_id]
            if place is not None:
                children[branch_id] = place.branch
        for branch_id, place in self._places.items():
            if place is not None and place.branch.parent == parent_id:
                children[branch_id] = place.branch
        return children


def all_places(tx: Transaction, execution: int, limit: int = -1) -> list[Place]:
    """All branches of an execution that are in the store, and what they wait for.

    Of one that nobody can read that is all that is told.

    Args:
        tx: the transaction.
        execution: whose.
        limit: the first so many, by their numbers; -1 for all.
    """
    found = tx.execute(
        "SELECT id, body, timer, task FROM ensue_branches WHERE id BETWEEN ? AND ?"
        " ORDER BY id LIMIT ?",
        (*_range(execution), limit),
    )
    return [
        Place(_readable(number, body), timer, task, is_new=False)
        for number, body, timer, task in found
    ]


def forget_branches(tx: Transaction, execution: int) -> None:
    """Forget all branches of an execution, and the tokens that they wait for."""
    tx.execute("DELETE FROM ensue_branches WHERE id BETWEEN ? AND ?", _range(execution))
    tx.execute("DELETE FROM ensue_task_tokens WHERE branch BETWEEN ? AND ?", _range(execution))


def _readable(row: int, body: str) -> Branch:
    try:
        return _decode(body)
    except msgspec.MsgspecError:
        return Branch(executions.within(row).number)


def _range(execution: int) -> tuple[int, int]:
    return executions.key(execution, 0), executions.key(execution + 1, 0) - 1
