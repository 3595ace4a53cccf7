"""Parallel: several scopes at once; the results of all, in order."""

from __future__ import annotations

from ensue.languages.states.branches import Branch
from ensue.languages.states.data import give_out, take_in
from ensue.languages.states.errors import StateError
from ensue.languages.states.program import Parallel
from ensue.languages.states.walk import Walk


def fork(walk: Walk, branch: Branch, state: Parallel) -> None:
    """Begin the branches.

    Raises:
        StateError: a field does not apply, or what the branches get is too large.
    """
    raw = branch.input
    given = take_in(state.data, raw, walk.environment(branch, state))
    if given is not raw:
        walk.measure(given, state.name)
    # Which branches are its own is not shown, but kept to know where an execution stood.
    walk.tell(branch, "ParallelStateStarted", {"first": walk.next_branch})
    branch.memory = {"left": len(state.branches)}
    walk.hold(branch)
    begun = [
        walk.begin_branch(branch, scope.pointer, index, given)
        for index, scope in enumerate(state.branches)
    ]
    for child in begun:
        walk.branches.add(child)
    walk.ready.extendleft(child.id for child in reversed(begun))


def ended(walk: Walk, parent: Branch, state: Parallel, child: Branch) -> None:
    """Go on when the last branch has ended.

    Raises:
        StateError: a field does not apply to the results.
    """
    walk.branches.save(child)
    parent.memory["left"] -= 1
    if parent.memory["left"]:
        walk.branches.save(parent)
        return
    parent.previous = child.previous
    close(walk, parent, state)


def close(walk: Walk, parent: Branch, state: Parallel) -> None:
    """Go on with the results of all branches.

    Raises:
        StateError: a field does not apply to them.
    """
    begun = list(walk.branches.children(parent.id))
    results = [branch.output for branch in begun]
    for branch in begun:
        walk.branches.remove(branch)
    walk.note(parent, "ParallelStateSucceeded", {}, parent.previous)
    environment = walk.environment(parent, state)
    output, assigned = give_out(state.data, parent.input, results, environment)
    walk.leave(parent, state, output, assigned, state.next)


def failed(parent: Branch, child: Branch, error: StateError) -> None:
    """Fail as the branch did; the others are dropped with the state.

    Raises:
        StateError: always: that of the branch.
    """
    parent.previous = child.previous
    raise error
