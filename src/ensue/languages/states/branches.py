"""Where an execution stands: one record for its top, each branch and each iteration.

    top (id 0) ── Parallel ──▶ branch 1, branch 2
                    Map ─────▶ iteration 3, 4, 5 ...      each may hold such states again

A branch is in one state and in one phase of it:

    READY ──▶ WAITING (for a signal) ──▶ READY ──▶ ... ──▶ ENDED
      └─────▶ HOLDING (its own branches run) ──▶ READY
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Protocol

import msgspec

READY: Final = "ready"
WAITING: Final = "waiting"
HOLDING: Final = "holding"
ENDED: Final = "ended"
FAILED: Final = "failed"

TOP: Final = 0


class Branch(msgspec.Struct, omit_defaults=True, gc=False):
    """One line of control of an execution; JSON by ``msgspec``.

    Attributes:
        id: 0 for the top; unique within the execution.
        parent: the branch whose Parallel or Map it belongs to; None for the top.
        scope: the JSON pointer of the states it goes through: empty for the machine's own,
            ``/States/Fan/Branches/0``, ``/States/Each/ItemProcessor``.
        index: which branch of the Parallel, which item of the Map.
        state: the name of the state it is in.
        phase: READY, WAITING, HOLDING, ENDED or FAILED.
        entered: the id of the event of the state's entry; 0 before it.
        input: the state's raw input.
        variables: what it assigned itself; what outer branches assigned is theirs.
        retries: how often each retrier of the state was used, by its position.
        attempt: counts what it waited for; a signal for another attempt is stale.
        entered_ms: when it entered the state.
        item: of an iteration: the item it was made for.
        key: of an iteration over an object: the item's key.
        items: while its Map runs: what to go over.
        previous: the id of its last history event.
        output: when ENDED, what it gives.
        error: when FAILED, the error's name.
        cause: when FAILED, the error's cause.
        due_ms: until when it sleeps; None when it does not.
        waits: what it waits for: a task that is ``scheduled``, ``started`` or ``submitted``, or the
            end of a ``wait`` or of the delay before a ``retry``.
        token: the token of the task it waits for.
        memory: what its Map or Parallel keeps count of.
    """

    id: int
    parent: int | None = None
    scope: str = ""
    index: int = 0
    state: str = ""
    phase: str = READY
    entered: int = 0
    input: Any = None
    variables: dict[str, Any] = {}
    retries: list[int] = []
    attempt: int = 0
    entered_ms: int = 0
    item: Any = None
    key: str | None = None
    items: list[Any] | None = None
    previous: int = 0
    output: Any = None
    error: str | None = None
    cause: str | None = None
    due_ms: int | None = None
    waits: str = ""
    token: str | None = None
    memory: dict[str, int] = {}

    @property
    def iterates(self) -> bool:
        """Whether it is one iteration of a Map."""
        return self.scope.endswith(("/ItemProcessor", "/Iterator"))


class Branches(Protocol):
    """Where a run keeps its branches. A runner may write behind: at the end of its transaction."""

    def add(self, branch: Branch) -> None:
        """Keep a branch that is new."""
        ...

    def get(self, branch_id: int) -> Branch | None:
        """The branch with this id, the same object each time within one run; None when gone."""
        ...

    def save(self, branch: Branch) -> None:
        """Keep what was changed of a branch."""
        ...

    def children(self, parent_id: int) -> Iterable[Branch]:
        """The branches of a branch, by index."""
        ...

    def remove(self, branch: Branch) -> None:
        """Forget a branch; it has none of its own any more."""
        ...


class MemoryBranches:
    """Branches in memory.

    Args:
        branches: those to begin with.
    """

    def __init__(self, branches: Iterable[Branch] = ()) -> None:
        self._branches: dict[int, Branch] = {}
        self._children: dict[int, dict[int, Branch]] = {}
        for branch in branches:
            self.add(branch)

    def add(self, branch: Branch) -> None:
        """Keep a branch that is new."""
        self._branches[branch.id] = branch
        if branch.parent is not None:
            self._children.setdefault(branch.parent, {})[branch.id] = branch

    def get(self, branch_id: int) -> Branch | None:
        """The branch with this id; None when gone."""
        return self._branches.get(branch_id)

    def save(self, branch: Branch) -> None:
        """Nothing: it is the same object."""

    def children(self, parent_id: int) -> list[Branch]:
        """The branches of a branch, by index."""
        return sorted(self._children.get(parent_id, {}).values(), key=lambda branch: branch.index)

    def remove(self, branch: Branch) -> None:
        """Forget a branch."""
        self._branches.pop(branch.id, None)
        if branch.parent is not None:
            siblings = self._children.get(branch.parent, {})
            siblings.pop(branch.id, None)
            if not siblings:
                self._children.pop(branch.parent, None)

    def all(self) -> list[Branch]:
        """All of them, by id; to be kept elsewhere."""
        return [self._branches[key] for key in sorted(self._branches)]
