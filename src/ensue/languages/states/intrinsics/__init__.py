"""The intrinsic functions ``States.*``, parsed once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ensue.languages.states.environment import Environment
from ensue.languages.states.errors import INTRINSIC_FAILURE, RUNTIME, DataError
from ensue.languages.states.intrinsics.functions import (
    FUNCTIONS,
    Inapplicable,
    format_text,
    math_random,
)
from ensue.languages.states.intrinsics.parse import ARITIES, parse_call
from ensue.languages.states.intrinsics.program import Argument, Call, Constant
from ensue.languages.states.paths import Missing, Path
from ensue.words import values
from ensue.words.values import Json

__all__ = ["ARITIES", "Intrinsic", "compile_intrinsic"]

_Value = Callable[[Json, Environment], Json]


@dataclass(frozen=True, slots=True)
class Intrinsic:
    """A call. Made by ``compile_intrinsic``.

    Attributes:
        text: the call as it is written.
        variables: names of the variables that it reads.
        reads_context: whether it reads the context object.
    """

    text: str
    variables: frozenset[str]
    reads_context: bool
    _run: _Value = field(repr=False)

    def call(self, value: Json, environment: Environment) -> Json:
        """What the function gives.

        Raises:
            DataError: States.Runtime: an argument names a place where nothing is.
                States.IntrinsicFailure: the function does not apply.
        """
        return self._run(value, environment)


def compile_intrinsic(text: str, *, at: str) -> Intrinsic:
    """A call such as ``States.Format('{}', $.name)``, checked.

    Raises:
        InvalidExpression: it is no call of a function there is.
    """
    call = parse_call(text, at)
    paths = list(_paths(call))
    names = frozenset(path.variable for path in paths if path.variable is not None)
    context = any(path.text.startswith("$$") for path in paths)
    return Intrinsic(text, names, context, _compiled(call))


def _paths(call: Call) -> list[Path]:
    found: list[Path] = []
    for argument in call.arguments:
        if isinstance(argument, Path):
            found.append(argument)
        elif isinstance(argument, Call):
            found.extend(_paths(argument))
    return found


def _compiled(call: Call) -> _Value:
    arguments = [_argument(argument, call.text) for argument in call.arguments]

    def run(value: Json, environment: Environment) -> Json:
        given = [argument(value, environment) for argument in arguments]
        try:
            return apply(environment, given)
        except Inapplicable as fault:
            raise _failure(call.text, str(fault), INTRINSIC_FAILURE) from None
        except RecursionError:
            said = "expected a value that is not nested too deeply"
            raise _failure(call.text, said, INTRINSIC_FAILURE) from None

    apply = _function(call)
    return run


def _function(call: Call) -> Callable[[Environment, list[Json]], Json]:
    match call.function:
        case "UUID":
            return lambda environment, _given: environment.facts.new_uuid()
        case "MathRandom":
            return lambda environment, given: math_random(environment.facts, *given)
        case "Format":
            return lambda _environment, given: _formatted(given)
        case name:
            function = FUNCTIONS[name]
            return lambda _environment, given: function(*given)


def _formatted(given: list[Json]) -> Json:
    template, *arguments = given
    if not isinstance(template, str):
        raise Inapplicable("expected a template that is a string")
    return format_text(template, arguments)


def _argument(argument: Argument, text: str) -> _Value:
    match argument:
        case Constant(constant, raw):
            kept: Json = raw if raw is not None and text.startswith("States.Format") else constant
            return lambda _value, _environment: kept
        case Path():
            return _found(argument, text)
        case _:
            return _compiled(argument)


def _found(path: Path, text: str) -> _Value:
    probe = path.probe

    def find(value: Json, environment: Environment) -> Json:
        found = probe(value, environment)
        if isinstance(found, Missing):
            raise _failure(
                text,
                f"The JsonPath argument for the field '{path.text}' could not be found in the"
                f" input '{values.encode(value)}'",
                RUNTIME,
            )
        return found

    return find


def _failure(text: str, reason: str, error: str) -> DataError:
    return DataError(error, f"The function '{text}' had the following error: {reason}")
