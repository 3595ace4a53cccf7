"""Choice: the state of the first rule that holds, or the default."""

from __future__ import annotations

from ensue.languages.states.branches import Branch
from ensue.languages.states.data import give_out, select
from ensue.languages.states.environment import Environment
from ensue.languages.states.errors import NO_CHOICE_MATCHED, DataError
from ensue.languages.states.program import Choice, QueryData, Rule
from ensue.languages.states.queries import Query
from ensue.languages.states.walk import Walk
from ensue.words.values import Json


def choose(walk: Walk, branch: Branch, state: Choice) -> None:
    """Go to the state of the first rule that holds.

    Raises:
        StateError: none holds and there is no default (States.NoChoiceMatched), or a field does
            not apply.
    """
    environment = walk.environment(branch, state)
    raw = branch.input
    taken = select(state.data, raw, environment)
    rule = _first(state, taken, raw, environment)
    to = state.default if rule is None else rule.next
    if to is None:
        raise DataError(
            NO_CHOICE_MATCHED,
            "Failed to transition out of the state. The state does not point to a next state.",
        )
    data = state.data if rule is None else rule.data
    output, assigned = give_out(data, raw, taken, environment, has_result=False)
    walk.leave(branch, state, output, assigned, to)


def _first(state: Choice, taken: Json, raw: Json, environment: Environment) -> Rule | None:
    states = {"input": raw}
    for rule in state.rules:
        condition = rule.condition
        if isinstance(condition, Query):
            place = rule.data.place if isinstance(rule.data, QueryData) else ""
            if condition.holds(states, environment, f"{place}Condition"):
                return rule
        elif condition.holds(taken, environment):
            return rule
    return None
