"""Two trees to what fits the one and not the other: the differences that break a reader.

An object that says nothing of other names is taken at its word for the names that it has: events
of it have no others. So a field may be added to it without breaking who reads with the old one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, zip_longest
from typing import Any, Literal, TypeAlias, get_args

from ensue.languages.schemas.describe import described, in_words, one_in_words
from ensue.languages.schemas.fits import fits
from ensue.languages.schemas.program import (
    Alternative,
    Array,
    Field,
    Named,
    Node,
    Number,
    Object,
    Text,
    Tree,
    Values,
)
from ensue.words.values import shown, step

DIFFERENCES_MAX = 100

Compatibility: TypeAlias = Literal[
    "none", "backward", "backward-transitive", "forward", "forward-transitive", "full",
    "full-transitive",
]  # fmt: skip
COMPATIBILITIES: tuple[str, ...] = get_args(Compatibility)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that breaks a reader.

    Attributes:
        path: where, in the event's detail.
        said: what was, and what is now.
        direction: ``backward``: who reads with the new version cannot take old events;
            ``forward``: who reads with the old version cannot take new ones.
        version: the earlier version that it concerns.
    """

    path: str
    said: str
    direction: str = "backward"
    version: int = 0

    def __str__(self) -> str:
        against = f" ({self.direction} to version {self.version})" if self.version else ""
        return f"{self.path}: {self.said}{against}"


def breaks(mode: str, earlier: Sequence[tuple[int, Tree]], new: Tree) -> list[Difference]:
    """What a new version breaks, by a rule of compatibility.

    Args:
        mode: one of `COMPATIBILITIES`.
        earlier: the versions before it with their numbers, oldest first.
        new: the new one.
    """
    rule, _, scope = mode.partition("-")
    looked_at = earlier if scope == "transitive" else earlier[-1:]
    found: list[Difference] = []
    for number, old in looked_at:
        if rule in {"backward", "full"}:
            found += [_about(each, "backward", number) for each in differences(old, new)]
        if rule in {"forward", "full"}:
            found += [_about(each, "forward", number) for each in differences(new, old)]
    return found[:DIFFERENCES_MAX]


def differences(of: Tree, within: Tree) -> list[Difference]:
    """What fits one tree and not another, place by place; none when all that fits the first does.

    Where that cannot be told, there is a difference: none is overlooked.

    Args:
        of: what the values fit.
        within: what they should fit.
    """
    found = _Comparison(of, within).nodes(of.root, within.root, "$")
    return list(dict.fromkeys(Difference(path, said) for path, said in found))[:DIFFERENCES_MAX]


def _about(each: Difference, direction: str, version: int) -> Difference:
    return Difference(each.path, each.said, direction, version)


_Found = Iterator[tuple[str, str]]


class _Comparison:
    def __init__(self, of: Tree, within: Tree) -> None:
        self._of = of
        self._within = within
        self._seen: set[tuple[int, int]] = set()

    def nodes(self, old: Node, new: Node, path: str) -> _Found:
        """What fits the old node and not the new."""
        pair = id(old), id(new)
        is_named = any(isinstance(each, Named) for each in (*old.alternatives, *new.alternatives))
        if pair in self._seen or (
            old == new and not (self._of.definitions or self._within.definitions)
        ):
            return
        if is_named:
            self._seen.add(pair)
        yield from _keywords(old.also, new.also, path)
        if self._within.says_nothing(new):
            return
        if self._of.says_nothing(old):
            yield path, f"expected {described(self._within, new)}, where any value was"
            return
        news = list(self._within.resolved(new))
        if new.exclusive and old != new and not all(map(_are_apart, combinations(news, 2))):
            yield path, "expected one alternative of oneOf only, which may fit several"
        for each in self._of.resolved(old):
            if isinstance(each, Values):
                yield from self._values(each, news, path)
            else:
                yield from self._fewest(each, news, path)

    def _values(self, old: Values, news: list[Alternative], path: str) -> _Found:
        """Values that fit no new alternative."""
        node = Node(tuple(news))
        wrong = [each for each in old.values if not fits(self._within, each, node)]
        if wrong:
            yield path, f"expected {in_words(news)}, where {shown(wrong[0])} was"

    def _fewest(self, old: Alternative, news: list[Alternative], path: str) -> _Found:
        """What is in the way of the new alternative that comes nearest."""
        seen = set(self._seen)
        nearest: list[tuple[str, str]] | None = None
        reached = seen
        for new in news:
            self._seen = set(seen)
            found = list(self._alternatives(old, new, path))
            if nearest is None or len(found) < len(nearest) or _is_alike(old, new, found, nearest):
                nearest, reached = found, self._seen
            if not found:
                break
        self._seen = reached
        if nearest is None:
            yield path, f"expected no value, where {one_in_words(old)} was"
        else:
            yield from nearest

    def _alternatives(self, old: Alternative, new: Alternative, path: str) -> _Found:
        if type(old) is not type(new) or (not _DEEPER.get(type(old)) and old != new):
            yield path, f"expected {one_in_words(new)}, where {one_in_words(old)} was"
            return
        compare = _DEEPER.get(type(old))
        if compare is not None:
            yield from compare(self, old, new, path)

    def numbers(self, old: Number, new: Number, path: str) -> _Found:
        """What is a number of the old kind and not of the new."""
        if new.is_integer and not old.is_integer:
            yield path, "expected an integer, where a number was"
        low = _least(old.low, old.above)
        if new.low is not None and (low is None or low < new.low):
            yield path, f"expected at least {new.low}, where {_bound(low)} was"
        if new.above is not None and not (
            (old.above is not None and old.above >= new.above)
            or (old.low is not None and old.low > new.above)
        ):
            yield path, f"expected more than {new.above}, where {_bound(low)} was"
        high = _most(old.high, old.below)
        if new.high is not None and (high is None or high > new.high):
            yield path, f"expected at most {new.high}, where {_bound(high)} was"
        if new.below is not None and not (
            (old.below is not None and old.below <= new.below)
            or (old.high is not None and old.high < new.below)
        ):
            yield path, f"expected less than {new.below}, where {_bound(high)} was"
        yield from _keywords(old.also, new.also, path)

    def texts(self, old: Text, new: Text, path: str) -> _Found:
        """What is a text of the old kind and not of the new."""
        if new.format is not None and new.format != old.format:
            yield path, f"expected a text of format {new.format}, where {one_in_words(old)} was"
        yield from _sizes(old, new, path, "characters")
        yield from _keywords(old.also, new.also, path)

    def arrays(self, old: Array, new: Array, path: str) -> _Found:
        """What is a list of the old kind and not of the new."""
        yield from _sizes(old, new, path, "elements")
        for index, (one, other) in enumerate(zip_longest(old.first, new.first)):
            yield from self.nodes(one or old.items, other or new.items, step(path, index))
        yield from self.nodes(old.items, new.items, f"{path}[*]")
        yield from _keywords(old.also, new.also, path)

    def objects(self, old: Object, new: Object, path: str) -> _Found:
        """What is an object of the old kind and not of the new."""
        for name, field in new.fields.items():
            yield from self._field(old, name, field, step(path, name))
        for name, was in old.fields.items():
            if name not in new.fields and new.others is not None:
                inner = step(path, name)
                if new.is_closed:
                    yield (
                        inner,
                        f"expected no such field, where {described(self._of, was.node)} was",
                    )
                else:
                    yield from self.nodes(was.node, new.others, inner)
        if old.others is not None and new.others is not None:
            yield from self.nodes(old.others, new.others, f"{path}.*")
        yield from _sizes(old, new, path, "members")
        yield from _keywords(old.also, new.also, path)

    def _field(self, old: Object, name: str, field: Field, path: str) -> _Found:
        was = old.fields.get(name)
        if field.required and (was is None or not was.required):
            yield path, f"expected {described(self._within, field.node)}, where nothing may be"
        if was is not None:
            yield from self.nodes(was.node, field.node, path)
        elif old.others is not None:
            yield from self.nodes(old.others, field.node, path)


_DEEPER: dict[type[Any], Callable[[_Comparison, Any, Any, str], _Found]] = {
    Number: _Comparison.numbers,
    Text: _Comparison.texts,
    Array: _Comparison.arrays,
    Object: _Comparison.objects,
}


def _keywords(old: frozenset[str], new: frozenset[str], path: str) -> _Found:
    """Keywords that the tree has no word for must be the same."""
    for text in sorted(new - old):
        names = " with ".join(json.loads(text))
        yield path, f"expected {names} as it was, got {shown(json.loads(text))}"


def _sizes(old: Any, new: Any, path: str, unit: str) -> _Found:  # noqa: ANN401 - has sizes
    if new.least > old.least:
        yield path, f"expected at least {new.least} {unit}, where {old.least} was enough"
    if new.most is not None and (old.most is None or old.most > new.most):
        were = "any number" if old.most is None else f"up to {old.most}"
        yield path, f"expected at most {new.most} {unit}, where {were} was"


def _is_alike(
    old: Alternative, new: Alternative, found: Sequence[object], nearest: Sequence[object]
) -> bool:
    """Whether differences within one type say more than that the type is another."""
    return type(old) is type(new) and len(nearest) == 1 and len(found) >= 1


def _are_apart(pair: tuple[Alternative, Alternative]) -> bool:
    """Whether no value fits two alternatives: by their types, or by a field that tells them."""
    one, other = pair
    if isinstance(one, Object) and isinstance(other, Object):
        return any(
            _tells_apart(one.fields[name], other.fields[name])
            for name in one.fields.keys() & other.fields.keys()
        )
    if isinstance(one, Values) or isinstance(other, Values):
        return False
    return type(one) is not type(other) or in_words([one]) != in_words([other])


def _tells_apart(one: Field, other: Field) -> bool:
    left, right = one.node.one(Values), other.node.one(Values)
    if left is None or right is None or not (one.required and other.required):
        return False
    return not set(map(repr, left.values)) & set(map(repr, right.values))


def _least(low: float | None, above: float | None) -> float | None:
    return above if low is None else low if above is None else max(low, above)


def _most(high: float | None, below: float | None) -> float | None:
    return below if high is None else high if below is None else min(high, below)


def _bound(value: float | None) -> str:
    return "any number" if value is None else str(value)
