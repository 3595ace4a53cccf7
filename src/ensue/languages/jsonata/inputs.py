"""JSONata as an input of a target."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ensue.languages.jsonata.run import Expression, Undefined, compile_expression, encoded
from ensue.words.errors import Unfit
from ensue.words.values import Json, encode


@dataclass(frozen=True, slots=True)
class JSONata:
    """The target gets what a JSONata expression finds in the event.

    Args:
        expression: such as ``{"order": detail.id, "total": $sum(detail.lines.price)}``.
    """

    expression: str

    def compile_input(self, names: Collection[str]) -> JSONataInput:
        """The input, compiled.

        Args:
            names: the reserved names that there are where it is declared.

        Raises:
            InvalidExpression: it is no JSONata; says why.
            MissingExtra: jsonatapy is not installed.
        """
        del names
        return JSONataInput(compile_expression(self.expression))


@dataclass(frozen=True, slots=True)
class JSONataInput:
    """A compiled input.

    Attributes:
        expression: the expression.
        names: the reserved names that it uses: none.
    """

    expression: Expression
    names: frozenset[str] = field(default=frozenset())

    def render(self, event: Json, reserved: Mapping[str, Json], now_ms: int) -> str:
        """The body that the target gets, as JSON text.

        The same event at the same time gives the same body: chance follows from both.

        Args:
            event: what is delivered.
            reserved: values of reserved names; there are none here.
            now_ms: when it is rendered.

        Raises:
            Unfit: the expression fails on the event, or finds nothing.
            LimitExceeded: it takes too long.
        """
        del reserved
        seed = f"{now_ms} {encode(event)}".encode()
        found = self.expression.evaluate(event, now_ms=now_ms, seed=seed)
        if isinstance(found, Undefined):
            raise Unfit(
                "expected the expression to find a value, it found nothing",
                at="expression",
                hint="Let the rule's pattern demand it, or end the expression with ?? null.",
            )
        return encoded(found)
