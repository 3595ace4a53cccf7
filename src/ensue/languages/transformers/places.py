"""The places that a template names between ``<`` and ``>``, and the text around them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from ensue.languages.transformers.paths import parse_path
from ensue.languages.transformers.program import Place, Reserved
from ensue.words.errors import InvalidExpression
from ensue.words.values import shown

VARIABLES_MAX = 100
VARIABLE_CHARS_MAX = 256

RULE_NAMES = frozenset({
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event.ingestion-time",
    "aws.events.event",
    "aws.events.event.json",
})
PIPE_NAMES = frozenset({
    "aws.pipes.pipe-arn",
    "aws.pipes.pipe-name",
    "aws.pipes.source-arn",
    "aws.pipes.enrichment-arn",
    "aws.pipes.target-arn",
    "aws.pipes.event.ingestion-time",
    "aws.pipes.event",
    "aws.pipes.event.json",
})
# Their values are objects: they have no place inside a text.
WHOLE_NAMES = frozenset({
    "aws.events.event",
    "aws.events.event.json",
    "aws.pipes.event",
    "aws.pipes.event.json",
})

_ESCAPED = "<>\\"
_VARIABLE = re.compile(r"[A-Za-z0-9_-]+")
# A place, a backslash with what it stands before, or text in which neither is.
_PIECE = re.compile(r"<(?P<place>[^<>\n]*)>|\\(?P<escaped>.)|[^<\\]+|[<\\]", re.DOTALL)

Located = Callable[[int], str]
"""Where an offset of a text is, in words."""


class Places:
    """What the places of a template may be.

    Args:
        paths: JSON paths by the names that a template has for them.
        reserved: the names of the platform that may be used.

    Raises:
        InvalidExpression: a name or a path is none, or there are too many; says which.
    """

    def __init__(self, paths: object, reserved: Collection[str]) -> None:
        if not isinstance(paths, Mapping):
            message = f"expected paths by name, got {type(paths).__name__}"
            raise InvalidExpression(message, at="paths")
        if len(paths) > VARIABLES_MAX:
            message = f"expected at most {VARIABLES_MAX} paths, got {len(paths)}"
            raise InvalidExpression(message, at="paths")
        self._reserved = reserved
        self._paths = {
            _name(name): parse_path(path, f"paths.{name}") for name, path in paths.items()
        }

    def place(self, name: str, at: str) -> Place:
        """The place of a name between angle brackets.

        Raises:
            InvalidExpression: there is none of this name.
        """
        if name in self._paths:
            return self._paths[name]
        if name.startswith("$"):
            return parse_path(name, at)
        if name in self._reserved:
            return Reserved(name)
        known = ", ".join(sorted({*self._paths, *self._reserved}))
        raise InvalidExpression(
            f"expected <name> with a name of the paths or a reserved one, got <{name}>",
            at=at,
            hint=rf"There are: {known}. A < that is text is written \<.",
        )

    def pieces(self, text: str, located: Located) -> Iterator[str | Place]:
        """The text and the places of a text that is no JSON, in their order.

        A backslash before an angle bracket or a backslash makes it text; any other is text itself.

        Args:
            text: with places in it.
            located: where an offset of it is.

        Raises:
            InvalidExpression: something in angle brackets is no place, or has none inside a text.
        """
        for found in _PIECE.finditer(text):
            if found["place"] is not None:
                yield self.inner(found["place"], located(found.start()))
            elif found["escaped"] is not None:
                yield found["escaped"] if found["escaped"] in _ESCAPED else found[0]
            elif found[0] == "<":
                raise InvalidExpression(
                    f"expected <name>, got {shown(text[found.start() : found.start() + 20])}",
                    at=located(found.start()),
                    hint=r"A < that is text is written \<.",
                )
            else:
                yield found[0]

    def inner(self, name: str, at: str) -> Place:
        """The place of a name that stands inside a text.

        Raises:
            InvalidExpression: there is none of this name, or its value is a whole object.
        """
        if name in WHOLE_NAMES & set(self._reserved):
            raise InvalidExpression(
                f"expected <{name}> as a value of its own, got it inside a text",
                at=at,
                hint="Leave away the quotes around it.",
            )
        return self.place(name, at)


def alone(text: str) -> str | None:
    """The name of the place that a text is, when it is nothing else."""
    found = _PIECE.fullmatch(text)
    return found["place"] if found else None


def _name(name: object) -> str:
    if isinstance(name, str) and _VARIABLE.fullmatch(name) and len(name) <= VARIABLE_CHARS_MAX:
        return name
    raise InvalidExpression(
        f"expected names of letters, digits, - and _, of at most {VARIABLE_CHARS_MAX} characters,"
        f" got {shown(name)}",
        at="paths",
    )
