"""A compiled pattern."""

from __future__ import annotations

from collections.abc import Mapping

from ensue.languages.patterns.explain import Mismatch, explain_program
from ensue.languages.patterns.parse import parse
from ensue.languages.patterns.program import Program
from ensue.languages.patterns.run import Run, compile_program
from ensue.words.errors import InvalidValue


class Pattern:
    """An event pattern, compiled. Made by ``compile_pattern``.

    Two patterns are equal when they were read to the same program, whatever their spelling.

    Attributes:
        source: what the pattern was compiled from, as it was given.
        program: the tree that it became.
    """

    __slots__ = ("_run", "program", "source")

    def __init__(self, source: str | bytes | Mapping[str, object]) -> None:
        self.source = source
        self.program: Program = parse(source)
        self._run: Run | None = None

    def matches(self, event: Mapping[str, object]) -> bool:
        """Say whether an event matches.

        Args:
            event: the parsed event: plain dicts, lists, strings, numbers, booleans and None; or
            what
                ``parse_event`` returns, where the spelling of numbers is to count.

        Returns:
            Whether the event matches.

        Raises:
            InvalidValue: the event is nested too deeply to be walked.
        """
        if self._run is None:
            # A rule of a matcher is rarely matched on its own.
            self._run = compile_program(self.program)
        try:
            return self._run(event)
        except RecursionError as error:
            raise too_deep() from error

    def explain(self, event: Mapping[str, object]) -> list[Mismatch]:
        """Say whether an event matches and, where it does not, which fields failed.

        Args:
            event: as for ``matches``.

        Returns:
            A mismatch for each field that failed: its path, what the pattern expected and what the
            event had. There is none exactly when the event matches.

        Raises:
            InvalidValue: the event is nested too deeply to be walked.
        """
        try:
            return explain_program(self.program, event)
        except RecursionError as error:
            raise too_deep() from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and self.program == other.program

    def __hash__(self) -> int:
        return hash(self.program)

    def __repr__(self) -> str:
        return f"compile_pattern({self.source!r})"


def compile_pattern(source: str | bytes | Mapping[str, object]) -> Pattern:
    """Compile an event pattern.

    Args:
        source: the pattern as JSON, as text or UTF-8 bytes, or as the Python dict that it would be
            parsed to. In a text, number spellings and repeated keys count.

    Returns:
        The compiled pattern.

    Raises:
        InvalidPattern: the pattern is not valid; ``at`` is the JSON path of the fault, or its line
            and column where the text is not JSON.

    Follows the chapter "event patterns" of the EventBridge user guide, and the README of
    event-ruler.
    """
    return Pattern(source)


def too_deep() -> InvalidValue:
    """The error for an event that cannot be walked."""
    return InvalidValue("expected an event that can be walked, got one nested too deeply", at="$")
