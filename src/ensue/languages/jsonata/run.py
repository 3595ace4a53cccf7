"""Expressions and values to what they find."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast

import msgspec

from ensue.languages.jsonata.chance import Chance, chance_of, shuffled
from ensue.languages.jsonata.library import compiled
from ensue.languages.jsonata.times import told_time
from ensue.words import values
from ensue.words.errors import InvalidExpression, InvalidInput, LimitExceeded, TooLarge, Unfit
from ensue.words.values import Json, shown

EXPRESSION_CHARS_MAX = 65_536
EVALUATION_MS = 500
CALLS_MAX = 2_000
SEQUENCE_MAX = 1_000_000

_TOOK_TOO_LONG = "D1012"
# Behind the last whole number that the library can be given.
_WHOLE_BOUND = 2**63
# A function of ours cannot give nothing; one of the language can.
_SHUFFLE = "$shuffle := function($a)<a:a>{$exists($a) ? $chance_shuffle($a) : $a}"
_CODE = re.compile(r"\b([A-Z][0-9]{4}): (.*)", re.DOTALL)


class Undefined:
    """That an expression found nothing."""

    def __repr__(self) -> str:
        return "UNDEFINED"


UNDEFINED: Final = Undefined()


class JSONataError(Unfit):
    """An expression failed on a value.

    Args:
        said: what the library says.

    Attributes:
        reason: JSONata's own code, such as ``T2001``.
    """

    def __init__(self, said: str) -> None:
        self.reason, message = _told(said)
        super().__init__(f"{self.reason}: {message}", at="expression")


@dataclass(frozen=True, slots=True)
class Expression:
    """A JSONata expression. Made by ``compile_expression``.

    Attributes:
        text: the expression.
    """

    text: str

    def evaluate(
        self,
        value: Json | Undefined,
        *,
        now_ms: int,
        seed: bytes,
        bindings: Mapping[str, Json] | None = None,
        functions: Mapping[str, Callable[..., Json]] | None = None,
    ) -> Json | Undefined:
        """What the expression finds in a value.

        Args:
            value: the input document; UNDEFINED for none.
            now_ms: the time that ``$now`` and ``$millis`` tell.
            seed: what ``$random`` and ``$shuffle`` follow from.
            bindings: values of variables, by their names without the dollar.
            functions: more functions, and others for those of the language, by such names. An
                argument that is nothing comes as None; a ValueError fails the expression.

        Raises:
            JSONataError: it fails on this value.
            LimitExceeded: it takes more than half a second.
        """
        try:
            found = self._found(value, now_ms, chance_of(seed), bindings or {}, functions or {})
        except ValueError as fault:
            if _told(str(fault))[0] == _TOOK_TOO_LONG:
                raise LimitExceeded(
                    f"expected an expression to take at most {EVALUATION_MS} ms",
                    at="expression",
                    hint="Take less of the event, or do it in a function.",
                ) from None
            raise JSONataError(str(fault)) from None
        return UNDEFINED if found is None else msgspec.json.decode(found)

    def _found(
        self,
        value: Json | Undefined,
        now_ms: int,
        chance: Chance,
        bindings: Mapping[str, Json],
        functions: Mapping[str, Callable[..., Json]],
    ) -> str | None:
        # The library's expressions belong to the thread that made them; to make one takes some
        # ten microseconds.
        expression = compiled(_with_shuffle(self.text))
        expression.register("chance_shuffle", lambda items: shuffled(items, chance))
        expression.register_override("random", chance)
        expression.register_override("millis", lambda: now_ms)
        expression.register_override("now", lambda *given: told_time(now_ms, *given))
        for name, function in functions.items():
            expression.register_override(name, function)
        evaluate = partial(
            expression.evaluate_json_or_none,
            None if isinstance(value, Undefined) else values.encode(values.as_json(value)),
            timeout=EVALUATION_MS,
            max_stack_depth=CALLS_MAX,
            max_sequence_length=SEQUENCE_MAX,
        )
        bound = {name: values.as_json(each) for name, each in bindings.items()}
        try:
            return evaluate(bound or None)
        except OverflowError:
            return evaluate({name: doubled(each) for name, each in bound.items()})


def doubled(value: Any) -> Json:  # noqa: ANN401 - any JSON
    """A value, its whole numbers beyond 64 bits as doubles: what all numbers are in JSONata.

    Raises:
        ValueError: a number is beyond all doubles.
    """
    if isinstance(value, dict):
        return {key: doubled(each) for key, each in value.items()}
    if isinstance(value, list):
        return [doubled(each) for each in value]
    if isinstance(value, int) and not -_WHOLE_BOUND <= value < _WHOLE_BOUND:
        try:
            return float(value)
        except OverflowError:
            raise ValueError(f"D1001: Number out of range: {shown(value)}") from None
    return cast("Json", value)


def compile_expression(text: object) -> Expression:
    """A JSONata expression, checked.

    Raises:
        InvalidExpression: it is no JSONata; says why.
        MissingExtra: jsonatapy is not installed.
    """
    if not isinstance(text, str):
        raise InvalidExpression(f"expected a text, got {shown(text)}", at="expression")
    if len(text) > EXPRESSION_CHARS_MAX:
        raise InvalidExpression(
            f"expected at most {EXPRESSION_CHARS_MAX} characters, got {len(text)}", at="expression"
        )
    try:
        compiled(text)
    except ValueError as fault:
        code, message = _told(str(fault))
        raise InvalidExpression(
            f"expected JSONata, got {shown(text)}: {code}: {message}", at="expression"
        ) from None
    return Expression(text)


def encoded(found: Json) -> str:
    """What an expression found, as the text of a body.

    Raises:
        Unfit: it is too large or nested too deeply.
    """
    try:
        return values.encode(found)
    except (InvalidInput, TooLarge) as fault:
        raise Unfit(fault.message, at=fault.at, hint=fault.hint) from None


def _with_shuffle(text: str) -> str:
    """The expression, with a shuffle that follows from the seed where it has one."""
    return f"({_SHUFFLE}; ({text}))" if "shuffle" in text else text


def _told(said: str) -> tuple[str, str]:
    """The code and the words of an error of the library."""
    found = _CODE.search(said)
    return (found[1], found[2]) if found else ("error", said)
