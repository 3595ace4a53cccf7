"""The functions that Step Functions adds to JSONata, and the one that it takes away.

An argument that is nothing comes as None.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Final, TypeAlias

from ensue.languages.jsonata import doubled
from ensue.languages.states.environment import Facts
from ensue.languages.states.intrinsics.functions import FUNCTIONS, Inapplicable
from ensue.languages.states.spelling import json_text
from ensue.words.values import Json

Function: TypeAlias = Callable[..., Json]
_BITS: Final = 53


def _partition(items: Json = None, size: Json = None) -> Json:
    return None if items is None else _applied("ArrayPartition", items, size)


def _range(first: Json = None, last: Json = None, step: Json = None) -> Json:
    """A sequence: of one number it is that number."""
    found = _applied("ArrayRange", first, last, step)
    return found[0] if isinstance(found, list) and len(found) == 1 else found


def _hash(data: Json = None, algorithm: Json = "SHA-256") -> Json:
    return None if data is None else _applied("Hash", data, algorithm)


def _parse(text: Json = None) -> Json:
    if text is None:
        return None
    if isinstance(text, str) and not text.strip():
        raise ValueError("expected JSON, got nothing")
    return doubled(_applied("StringToJson", text))


def _eval(*_given: Json) -> Json:
    raise ValueError("T1006: Attempted to invoke a non-function")


def _applied(name: str, *given: Json) -> Json:
    try:
        return FUNCTIONS[name](*given)
    except Inapplicable as fault:
        raise ValueError(str(fault)) from None


def _random(facts: Facts) -> Function:
    def draw(seed: Json = None) -> Json:
        if seed is None:
            return facts.random()
        digest = sha256(json_text(seed).encode()).digest()
        return (int.from_bytes(digest[:8], "big") >> (64 - _BITS)) * 2.0**-_BITS

    return draw


def functions(names: frozenset[str], facts: Facts) -> dict[str, Function]:
    """The functions of the given names, with what they need of time and chance."""
    found: dict[str, Function] = {name: _PURE[name] for name in names if name in _PURE}
    if "random" in names:
        found["random"] = _random(facts)
    if "uuid" in names:
        found["uuid"] = lambda *_given: facts.new_uuid()
    return found


_PURE: Final[dict[str, Function]] = {
    "partition": _partition,
    "range": _range,
    "hash": _hash,
    "parse": _parse,
    "eval": _eval,
}
ADDED: Final = frozenset({*_PURE, "random", "uuid"})
