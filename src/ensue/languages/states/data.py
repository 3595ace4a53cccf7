"""What a state does with its data, in both query languages.

    JSONPath   raw input ─ InputPath ─ Parameters ─▶ taken ─ (work) ─▶ result
               result ─ ResultSelector ─▶ Assign; ResultPath into the raw input ─ OutputPath ─▶ out
    JSONata    raw input ─ Arguments ─▶ taken ─ (work) ─▶ result ─ Assign, Output ─▶ out

Values are never changed in place: an input may be the output of the state before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ensue.languages.states.environment import Environment
from ensue.languages.states.errors import RUNTIME, DataError, QueryError
from ensue.languages.states.paths import Path
from ensue.languages.states.program import (
    Amount,
    Data,
    Discard,
    PathData,
    QueryData,
    Words,
)
from ensue.languages.states.queries import Query
from ensue.words.values import Json, shown

NUMBER_MAX = 99_999_999
# What a text of a number has at most; none that is longer is in range.
_DIGITS = 18

Assigned = Mapping[str, Any]


def take_in(data: Data, raw: Json, environment: Environment) -> Json:
    """What a state sees of its raw input: its effective input, or a task's arguments.

    Raises:
        DataError: a field does not apply to it.
    """
    if isinstance(data, QueryData):
        if data.arguments is None:
            return raw
        return data.arguments.evaluate({"input": raw}, environment, "Arguments")
    taken = select(data, raw, environment)
    return taken if data.parameters is None else data.parameters.fill(taken, environment)


def select(data: Data, raw: Json, environment: Environment) -> Json:
    """What InputPath leaves of the raw input; all of it in JSONata.

    Raises:
        DataError: the path finds nothing.
    """
    if isinstance(data, QueryData) or data.input_path is None:
        return raw
    if isinstance(data.input_path, Discard):
        return {}
    return data.input_path.find(raw, environment, "InputPath")


def give_out(
    data: Data, raw: Json, result: Json, environment: Environment, *, has_result: bool = True
) -> tuple[Json, Assigned | None]:
    """A state's output and what it assigns; None for nothing.

    Args:
        data: the state's fields.
        raw: its raw input.
        result: what its work gave; its effective input where it does none.
        environment: what is seen.
        has_result: whether there is a ``$states.result``.

    Raises:
        DataError: a field does not apply.
    """
    if isinstance(data, PathData):
        return _give_out_by_paths(data, raw, result, environment)
    if data.output is None and data.assign is None:
        return result, None
    states = {"input": raw, "result": result} if has_result else {"input": raw}
    return _queried(data, states, result, environment)


def give_error(
    data: Data, raw: Json, error: Json, environment: Environment
) -> tuple[Json, Assigned | None]:
    """What a catcher makes of an error: the output of its state, and what it assigns.

    Args:
        data: the catcher's fields.
        raw: the raw input of the state that failed.
        error: the error output: ``Error`` and ``Cause``.
        environment: what is seen.

    Raises:
        DataError: a field does not apply.
    """
    if isinstance(data, PathData):
        return _give_out_by_paths(data, raw, error, environment)
    return _queried(data, {"input": raw, "errorOutput": error}, error, environment)


def _give_out_by_paths(
    data: PathData, raw: Json, result: Json, environment: Environment
) -> tuple[Json, Assigned | None]:
    if data.result_selector is not None:
        result = data.result_selector.fill(result, environment)
    assigned: Any = None
    if data.assign is not None:
        assigned = data.assign.fill(result, environment)
    output = result
    if data.result_path is not None:
        if isinstance(data.result_path, Discard):
            output = raw
        else:
            output = data.result_path.insert(raw, result)
    if data.output_path is not None:
        if isinstance(data.output_path, Discard):
            output = {}
        else:
            output = data.output_path.find(output, environment, "OutputPath")
    return output, assigned


def _queried(
    data: QueryData, states: Mapping[str, Json], default: Json, environment: Environment
) -> tuple[Json, Assigned | None]:
    assigned: Any = None
    if data.assign is not None:
        assigned = data.assign.evaluate(states, environment, f"{data.place}Assign")
    if data.output is None:
        return default, assigned
    return data.output.evaluate(states, environment, f"{data.place}Output"), assigned


def whole_number(
    given: Amount, value: Json, raw: Json, environment: Environment, field: str, *, least: int = 0
) -> int:
    """A whole number, from a number, a path or a query.

    Args:
        given: as it is written.
        value: what a path looks into.
        raw: what a query has as ``$states.input``.
        environment: what is seen.
        field: the name of the field, for errors.
        least: how small it may be.

    Raises:
        DataError: it is no whole number from ``least`` to 99,999,999.
    """
    if isinstance(given, Query):
        return int(
            _bounded(given, given.whole_number({"input": raw}, environment, field), field, least)
        )
    found = number(given, value, raw, environment, field, least=least)
    if found != int(found):
        raise _unfit(given, found, "integer", field)
    return int(found)


def number(
    given: Amount,
    value: Json,
    raw: Json,
    environment: Environment,
    field: str,
    *,
    least: int = 0,
    most: int = NUMBER_MAX,
) -> int | float:
    """A number, whole or not, from a number, a path or a query; else as ``whole_number``.

    Raises:
        DataError: it is no such number.
    """
    if isinstance(given, Query):
        return _bounded(given, given.number({"input": raw}, environment, field), field, least, most)
    found: Json = given if isinstance(given, int | float) else None
    if isinstance(given, Path):
        found = as_number(given.find(value, environment, f"{field}Path"))
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise _unfit(given, found, "number", field)
    return _bounded(given, found, field, least, most)


def _bounded(
    given: Amount, found: float, field: str, least: int, most: int = NUMBER_MAX
) -> int | float:
    # No number, NaN, is in no range.
    if least <= found <= most:
        return found
    said = f"{field} must be between {least} and {most}, got {shown(found)}"
    raise QueryError(said, field) if isinstance(given, Query) else DataError(RUNTIME, said)


def as_number(found: Json) -> Json:
    """What a path finds; Step Functions takes the text of a number for one."""
    if isinstance(found, str) and len(found) <= _DIGITS and found.isascii() and found.isdigit():
        return int(found)
    return found


def words(given: Words | None, raw: Json, environment: Environment, field: str) -> str | None:
    """A text, from a text, an expression or a query; None for None.

    Raises:
        DataError: it is no text.
    """
    if given is None or isinstance(given, str):
        return given
    if isinstance(given, Query):
        return given.text({"input": raw}, environment, field)
    found = given.fill(raw, environment)
    if not isinstance(found, str):
        raise _unfit(given, found, "text", f"{field}Path")
    return found


def _unfit(given: object, found: Json, wanted: str, field: str) -> DataError:
    if isinstance(given, Path):
        value = found if isinstance(found, str) else shown(found)
        said = (
            f'The {field}Path field refers to value "{value}" which is not a valid {wanted}:'
            f" {given.text}"
        )
    else:
        said = f"The field '{field}' expects a {wanted}, got {shown(found)}"
    return DataError(RUNTIME, said)
