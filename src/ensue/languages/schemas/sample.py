"""A tree to a value that fits it, drawn from a source of randomness."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from ensue.languages.schemas.fits import fits, same
from ensue.languages.schemas.program import (
    Alternative,
    Array,
    Json,
    Named,
    Node,
    Number,
    Object,
    Scalar,
    Text,
    Tree,
    Values,
)
from ensue.words.errors import InvalidInput
from ensue.words.values import step

SAMPLE_LEVELS_MAX = 40
FILLED_LEVELS_MAX = 8
DRAWS_MAX = 100
ELEMENTS_MAX = 1_000

_A = TypeVar("_A")
_HINT = "Give the schema `examples`, `default` or `const` at that place."
_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "ivory", "jade")


class Source(Protocol):
    """What a sample is drawn from; `random.Random` and its kin are one."""

    def random(self) -> float:
        """A number from 0 up to but not including 1."""


def sample(tree: Tree, source: Source, *, whole: bool = True) -> Json:
    """A value that fits a tree: the same for the same draws.

    Args:
        tree: what it fits.
        source: what it is drawn from.
        whole: whether each optional field is there; otherwise some are.

    Raises:
        InvalidInput: nothing fits, or it takes what cannot be drawn (`not`, `pattern` ...) and
            there is no example; says where.
    """
    return _Sampler(tree, source, whole=whole).node(tree.root, "$", 0)


class _Sampler:
    def __init__(self, tree: Tree, source: Source, *, whole: bool) -> None:
        self._tree = tree
        self._source = source
        self._whole = whole

    def node(self, node: Node, path: str, levels: int) -> Json:
        """A value that fits a node."""
        if node.also or _has_more(node):
            return self._given(node, _undrawable(node, path))
        if levels > SAMPLE_LEVELS_MAX:
            raise InvalidInput("expected a schema that ends, got one that names itself", at=path)
        if node.is_anything:
            return self._word()
        if node.is_nothing:
            raise InvalidInput("expected a schema that something fits", at=path)
        wrong = InvalidInput("expected a value that fits one of oneOf only", at=path, hint=_HINT)
        for each in self._in_turn(node, levels):
            try:
                value = self._alternative(each, path, levels)
            except InvalidInput as fault:
                wrong = fault
                continue
            if not node.exclusive or fits(self._tree, value, node):
                return value
        return self._given(node, wrong)

    def _given(self, node: Node, wrong: InvalidInput) -> Json:
        """An example, or the default, of what cannot be drawn.

        Raises:
            InvalidInput: there is none that fits.
        """
        given = [*node.examples, *(node.default or ())]
        fitting: list[Json] = [each for each in given if fits(self._tree, each, node)]
        if not fitting:
            raise wrong
        return self._pick(fitting)

    def _in_turn(self, node: Node, levels: int) -> Sequence[Alternative]:
        """The alternatives in the order in which they are tried; deep down the plain ones first."""
        found = list(node.alternatives)
        first = self._pick(found)
        if self._whole and isinstance(first, Scalar) and first.type == "null":
            first = found[found.index(first) - 1]
        if levels > FILLED_LEVELS_MAX:
            plain = [each for each in found if not isinstance(each, Array | Object | Named)]
            first = plain[0] if plain else first
        return [first, *(each for each in found if each is not first)]

    def _alternative(self, each: Alternative, path: str, levels: int) -> Json:
        match each:
            case Array():
                return self._array(each, path, levels)
            case Object():
                return self._object(each, path, levels)
            case Named(pointer):
                return self.node(self._tree.definitions[pointer], path, levels + 1)
        return self._plain(each, path)

    def _plain(self, each: Alternative, path: str) -> Json:
        match each:
            case Values(values):
                return self._pick(values)
            case Number():
                return self._number(each, path)
            case Text():
                return self._text(each, path)
        is_null = isinstance(each, Scalar) and each.type == "null"
        return None if is_null else self._source.random() < 0.5

    def _number(self, each: Number, path: str) -> Json:
        factor = _keyword(each.also, "multipleOf")
        unit = factor if isinstance(factor, int) else 1
        if not each.is_integer and not isinstance(factor, int) and factor is not None:
            raise InvalidInput("expected a multipleOf that is whole", at=path, hint=_HINT)
        if each.is_integer or factor is not None or self._source.random() < 0.5:
            low, high = _whole_bounds(each)
            first, last = math.ceil(low / unit), math.floor(high / unit)
            if first <= last:
                return (first + self._below(last - first + 1)) * unit
            if each.is_integer or factor is not None:
                raise InvalidInput("expected bounds with a number between", at=path)
        return self._fraction(each, path)

    def _fraction(self, each: Number, path: str) -> float:
        low = max((b for b in (each.low, each.above) if b is not None), default=None)
        high = min((b for b in (each.high, each.below) if b is not None), default=None)
        if low is None:
            low = 0.0 if high is None else high - 100
        if high is None:
            high = low + 100
        for _ in range(DRAWS_MAX):
            drawn = low + (high - low) * (0.25 + self._source.random() / 2)
            for value in (round(drawn, 2), drawn):
                if fits(self._tree, value, Node((each,))):
                    return value
        if fits(self._tree, low, Node((each,))):
            return low
        raise InvalidInput("expected bounds with a number between", at=path)

    def _text(self, each: Text, path: str) -> str:
        if each.format is not None:
            make = _FORMATS.get(each.format)
            if make is not None:
                text = make(self)
                if fits(self._tree, text, Node((each,))):
                    return text
            raise InvalidInput(
                f"expected a format that can be drawn, got {each.format}", at=path, hint=_HINT
            )
        text = self._word()
        while len(text) < each.least:
            text += f" {self._word()}"
        return text if each.most is None else text[: each.most]

    def _array(self, each: Array, path: str, levels: int) -> Json:
        most = ELEMENTS_MAX if each.most is None else each.most
        wanted = len(each.first) + (0 if each.items.is_nothing else 1 + self._below(2))
        if levels > FILLED_LEVELS_MAX:
            wanted = 0
        if each.least > ELEMENTS_MAX:
            raise InvalidInput(f"expected at most {ELEMENTS_MAX} elements", at=path, hint=_HINT)
        count = max(each.least, min(most, wanted))
        unique = _keyword(each.also, "uniqueItems") is True
        made: list[Json] = []
        for index in range(count):
            node = each.first[index] if index < len(each.first) else each.items
            for _ in range(DRAWS_MAX):
                value = self.node(node, step(path, index), levels + 1)
                if not unique or not any(same(value, known) for known in made):
                    made.append(value)
                    break
            else:
                if len(made) < each.least:
                    raise InvalidInput("expected enough unlike elements", at=path, hint=_HINT)
                break
        return made

    def _object(self, each: Object, path: str, levels: int) -> Json:
        made: dict[str, Json] = {}
        sizes = [each.least, sum(field.required for field in each.fields.values())]
        for name, field in each.fields.items():
            wanted = self._whole or self._source.random() < 0.5
            room = each.most is None or len(made) < each.most
            deep = levels > FILLED_LEVELS_MAX
            if field.required:
                made[name] = self.node(field.node, step(path, name), levels + 1)
            elif wanted and room and not deep:
                # What cannot be drawn need not be there.
                with suppress(InvalidInput):
                    made[name] = self.node(field.node, step(path, name), levels + 1)
        if each.most is not None:
            self._leave_out(made, each, each.most)
        named = each.others is not None and not each.others.is_nothing and not each.fields
        least = max(
            sizes[0], 1 if named and (each.most is None or each.most) and levels <= 8 else 0
        )
        for name, field in each.fields.items():
            if len(made) < sizes[0] and name not in made and not field.node.is_nothing:
                made[name] = self.node(field.node, step(path, name), levels + 1)
        while len(made) < least and not each.is_closed:
            name = f"{self._word()}-{len(made)}"
            if name not in made and name not in each.fields:
                others = each.others or Node((Text(),))
                made[name] = self.node(others, step(path, name), levels + 1)
        if len(made) < each.least:
            raise InvalidInput("expected as many fields as it must have", at=path, hint=_HINT)
        return made

    def _leave_out(self, made: dict[str, Json], each: Object, most: int) -> None:
        for name in [name for name in made if not each.fields[name].required]:
            if len(made) > most:
                del made[name]

    def _pick(self, of: Sequence[_A]) -> _A:
        return of[self._below(len(of))]

    def _below(self, count: int) -> int:
        return min(count - 1, int(self._source.random() * count))

    def _word(self) -> str:
        return self._pick(_WORDS)

    def _digits(self, alphabet: str, count: int) -> str:
        return "".join(self._pick(alphabet) for _ in range(count))

    def date_time(self) -> str:
        """A time in the years from 2020 on."""
        at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=self._below(300_000_000))
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def uuid(self) -> str:
        """A UUID of version 4."""
        said = self._digits("0123456789abcdef", 30)
        return f"{said[:8]}-{said[8:12]}-4{said[12:15]}-8{said[15:18]}-{said[18:30]}"

    def ipv6(self) -> str:
        """An address of those for documentation."""
        return f"2001:db8::{self._digits('123456789abcdef', 4)}"

    def email(self) -> str:
        """An address that no letter reaches."""
        return f"{self._word()}@example.com"


_FORMATS: dict[str, Callable[[_Sampler], str]] = {
    "date-time": _Sampler.date_time,
    "date": lambda sampler: sampler.date_time()[:10],
    "time": lambda sampler: sampler.date_time()[11:],
    "duration": lambda sampler: f"PT{1 + sampler._below(23)}H",  # noqa: SLF001 - of this file
    "hostname": lambda sampler: f"{sampler._word()}.example.com",  # noqa: SLF001 - as above
    "uuid": _Sampler.uuid,
    "ipv4": lambda sampler: f"192.0.2.{1 + sampler._below(254)}",  # noqa: SLF001 - of this file
    "ipv6": _Sampler.ipv6,
    "email": _Sampler.email,
    "uri": lambda sampler: f"https://example.com/{sampler._word()}",  # noqa: SLF001 - as above
}

_DRAWN = ("multipleOf", "uniqueItems")


def _has_more(node: Node) -> bool:
    """Whether it takes keywords that nothing here draws by."""
    return any(
        set(json.loads(text)) - set(_DRAWN)
        for each in node.alternatives
        if isinstance(each, Number | Text | Array | Object)
        for text in each.also
    )


def _undrawable(node: Node, path: str) -> InvalidInput:
    texts = [*node.also]
    for each in node.alternatives:
        if isinstance(each, Number | Text | Array | Object):
            texts += each.also
    names = sorted({name for text in texts for name in json.loads(text)} - set(_DRAWN))
    said = ", ".join(names)
    return InvalidInput(f"expected a schema to draw from, got one with {said}", at=path, hint=_HINT)


def _keyword(also: frozenset[str], name: str) -> object:
    for text in also:
        found = json.loads(text)
        if name in found:
            return found[name]
    return None


def _whole_bounds(each: Number) -> tuple[int, int]:
    """The least and the largest whole number; a hundred apart where one is open."""
    lows = [math.ceil(each.low)] if each.low is not None else []
    lows += [math.floor(each.above) + 1] if each.above is not None else []
    highs = [math.floor(each.high)] if each.high is not None else []
    highs += [math.ceil(each.below) - 1] if each.below is not None else []
    low = max(lows, default=(min(highs) - 100) if highs else 0)
    return low, min(highs, default=low + 100)
