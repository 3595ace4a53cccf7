"""The idempotency keys of calls to the outside: the same for the same call at every try.

What an action sends is numbered: the first call of a piece of work shows the work's own key, the
second the key with ``-2``, and so on. Who tries a call again within one run of an action takes one
number for all its tries: under that each try numbers its own calls anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from weakref import WeakKeyDictionary

from ensue.engine.ids import RecordIds
from ensue.engine.transaction import Origin, acting

_numbers: WeakKeyDictionary[Origin, int] = WeakKeyDictionary()


def next_key(origin: Origin, records: RecordIds | None) -> str | None:
    """The key of the next call of who acts; None where nothing is the same at another try.

    Args:
        origin: who acts.
        records: the ids of the store's records; None without a store.
    """
    key = origin.key
    if key is None:
        if origin.cause is None or records is None:
            return None
        key = records.text(*origin.cause)
    number = _numbers[origin] = _numbers.get(origin, 0) + 1
    return key if number == 1 else f"{key}-{number}"


@contextmanager
def under(key: str | None) -> Iterator[None]:
    """Let calls in this block be numbered anew, under a key of their own."""
    if key is None:
        yield
        return
    before = acting.set(replace(acting.get(), key=key))
    try:
        yield
    finally:
        acting.reset(before)
