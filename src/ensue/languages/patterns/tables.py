"""Tables of tests by value: one kind of test each, so that a look-up finds all that hold.

A bit stands for one rule, and a set of rules is one Python int. Adding and removing touch the
entries of one test. A table is used for values of its kind only, and finds nothing for others.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import reduce
from itertools import accumulate
from operator import or_
from typing import Generic, TypeVar

from ensue.languages.patterns.addresses import read_address
from ensue.languages.patterns.letters import ascii_lower
from ensue.languages.patterns.numbers import WHOLE_MAX, SpelledNumber, number_in
from ensue.languages.patterns.program import (
    Exact,
    IgnoreCase,
    Network,
    Number,
    Prefix,
    Range,
    Suffix,
)

_Key = TypeVar("_Key")


class Bits(dict[_Key, int], Generic[_Key]):
    """Bits by key; a key without bits is not kept."""

    def set(self, key: _Key, bit: int) -> None:
        """Set the bit under the key."""
        self[key] = self.get(key, 0) | bit

    def unset(self, key: _Key, bit: int) -> None:
        """Clear the bit under the key. Two tests of one rule may share a key, so it may be gone."""
        left = self.get(key, 0) & ~bit
        if left:
            self[key] = left
        else:
            self.pop(key, None)


class ExactTable(Bits[object]):
    """Strings. Nothing else equals a string, so any value can be looked up."""

    def add(self, bit: int, test: Exact) -> None:
        """Set the bit for the value."""
        self.set(test.value, bit)

    def remove(self, bit: int, test: Exact) -> None:
        """Undo ``add``."""
        self.unset(test.value, bit)

    def find(self, value: object) -> int:
        """The bits of the string."""
        return self.get(value, 0)


class ConstantTable(ExactTable):
    """True, false and null."""

    def find(self, value: object) -> int:
        """The bits of the constant; true and false must not be found by the numbers 1 and 0."""
        return self.get(value, 0) if value is None or isinstance(value, bool) else 0


class NumberTable:
    """Numbers by value; those that do not compare by spelling too."""

    def __init__(self) -> None:
        self._values = Bits[int | float]()
        self._spellings = Bits[str]()

    def __len__(self) -> int:
        return len(self._values)

    def add(self, bit: int, test: Number) -> None:
        """Set the bit for the number."""
        self._values.set(test.value, bit)
        if test.spelling is not None:
            self._spellings.set(test.spelling, bit)

    def remove(self, bit: int, test: Number) -> None:
        """Undo ``add``."""
        self._values.unset(test.value, bit)
        if test.spelling is not None:
            self._spellings.unset(test.spelling, bit)

    def find(self, value: object) -> int:
        """The bits of the number; none for anything that is not one."""
        kind = type(value)
        if kind is float or (kind is int and -WHOLE_MAX <= value <= WHOLE_MAX):  # type: ignore[operator]  # by its exact type
            return self._values.get(value, 0)  # type: ignore[call-overload,no-any-return]
        if isinstance(value, SpelledNumber):
            return self._spellings.get(value.text, 0)
        number = number_in(value)
        bits = 0 if number is None else self._values.get(number, 0)
        if kind is int and number != value:
            # It does not compare, or its float has another hash.
            bits |= self._values.get(value, 0)  # type: ignore[call-overload]  # by its exact type
        return bits


class _Block:
    """A few neighbouring bounds, and the bits of all of them."""

    __slots__ = ("bits", "keys", "total")

    def __init__(self, keys: list[float], bits: list[int]) -> None:
        self.keys = keys
        self.bits = bits
        self.total = _union(bits)


class _Bounds:
    """Bounds in order, with the bits of all that are not above a number.

    They are kept in blocks, so that a change sums up one block; the sums over blocks follow when
    they are first asked for again.
    """

    _LARGEST_BLOCK = 24

    def __init__(self) -> None:
        self._blocks: list[_Block] = []
        self._firsts: list[float] = []
        self._sums: list[int] = []

    def __len__(self) -> int:
        return len(self._blocks)

    def add(self, key: float, bit: int) -> None:
        self._sums.clear()
        if not self._blocks:
            self._put(0, _Block([key], [bit]))
            return
        place = max(bisect_right(self._firsts, key) - 1, 0)
        block = self._blocks[place]
        position = bisect_right(block.keys, key)
        block.keys.insert(position, key)
        block.bits.insert(position, bit)
        block.total |= bit
        self._firsts[place] = block.keys[0]
        if len(block.keys) > self._LARGEST_BLOCK:
            half = len(block.keys) // 2
            self._put(place + 1, _Block(block.keys[half:], block.bits[half:]))
            self._blocks[place] = _Block(block.keys[:half], block.bits[:half])

    def remove(self, key: float, bit: int) -> None:
        self._sums.clear()
        place = max(bisect_left(self._firsts, key) - 1, 0)
        while bit not in self._blocks[place].bits:
            # Equal bounds may have been split between blocks.
            place += 1
        block = self._blocks[place]
        position = block.bits.index(bit)
        del block.keys[position], block.bits[position]
        block.total = _union(block.bits)
        if block.keys:
            self._firsts[place] = block.keys[0]
        else:
            del self._blocks[place], self._firsts[place]

    def up_to(self, key: float) -> int:
        """The bits of all bounds that are not above the key."""
        if not self._sums:
            self._sums = list(accumulate((each.total for each in self._blocks), or_, initial=0))
        place = bisect_right(self._firsts, key) - 1
        if place < 0:
            return 0
        block = self._blocks[place]
        bits = self._sums[place]
        for bit in block.bits[: bisect_right(block.keys, key)]:
            bits |= bit
        return bits

    def _put(self, place: int, block: _Block) -> None:
        self._blocks.insert(place, block)
        self._firsts.insert(place, block.keys[0])


def _union(bits: list[int]) -> int:
    return reduce(or_, bits, 0)


class RangeTable:
    """Ranges by both ends: those that start before a number and end after it."""

    def __init__(self) -> None:
        self._lows = _Bounds()
        self._highs = _Bounds()

    def __len__(self) -> int:
        return len(self._lows)

    def add(self, bit: int, test: Range) -> None:
        """Set the bit for the numbers of the range. A rule has one range in a table."""
        self._lows.add(test.low, bit)
        self._highs.add(-test.high, bit)

    def remove(self, bit: int, test: Range) -> None:
        """Undo ``add``."""
        self._lows.remove(test.low, bit)
        self._highs.remove(-test.high, bit)

    def find(self, value: object) -> int:
        """The bits of the ranges that hold the number; none for anything that is not one."""
        number = number_in(value)
        return 0 if number is None else self._lows.up_to(number) & self._highs.up_to(-number)


class AffixTable:
    """Prefixes or suffixes by length: a value is cut once for each length in use."""

    def __init__(self, *, at_start: bool, ignore_case: bool) -> None:
        self._at_start = at_start
        self._ignore_case = ignore_case
        self._by_length: dict[int, Bits[str]] = {}

    def __len__(self) -> int:
        return len(self._by_length)

    def add(self, bit: int, test: Prefix | Suffix) -> None:
        """Set the bit for the strings with the affix."""
        text = self._key(test.text)
        self._by_length.setdefault(len(text), Bits()).set(text, bit)

    def remove(self, bit: int, test: Prefix | Suffix) -> None:
        """Undo ``add``."""
        text = self._key(test.text)
        affixes = self._by_length.get(len(text))
        if affixes is not None:
            affixes.unset(text, bit)
            if not affixes:
                del self._by_length[len(text)]

    def find(self, value: object) -> int:
        """The bits of the affixes of a string."""
        if not isinstance(value, str):
            return 0
        text = ascii_lower(value) if self._ignore_case else value
        bits = 0
        if self._at_start:
            for length, affixes in self._by_length.items():
                bits |= affixes.get(text[:length], 0)
            return bits
        size = len(text)
        for length, affixes in self._by_length.items():
            if length <= size:
                bits |= affixes.get(text[size - length :], 0)
        return bits

    def _key(self, text: str) -> str:
        return text.lower() if self._ignore_case else text


class IgnoreCaseTable(Bits[str]):
    """Strings of ASCII characters, in lower case."""

    def add(self, bit: int, test: IgnoreCase) -> None:
        """Set the bit for the string in every case."""
        self.set(test.text.lower(), bit)

    def remove(self, bit: int, test: IgnoreCase) -> None:
        """Undo ``add``."""
        self.unset(test.text.lower(), bit)

    def find(self, value: object) -> int:
        """The bits of a string in any case."""
        if not isinstance(value, str):
            return 0
        return self.get(ascii_lower(value), 0)


class NetworkTable:
    """Blocks of addresses by size: an address is cut once for each size in use."""

    def __init__(self) -> None:
        self._by_size: dict[tuple[int, int], Bits[int]] = {}

    def __len__(self) -> int:
        return len(self._by_size)

    def add(self, bit: int, test: Network) -> None:
        """Set the bit for the addresses of the block."""
        blocks = self._by_size.setdefault((test.version, test.host_bits), Bits())
        blocks.set(test.base >> test.host_bits, bit)

    def remove(self, bit: int, test: Network) -> None:
        """Undo ``add``."""
        size = test.version, test.host_bits
        blocks = self._by_size.get(size)
        if blocks is not None:
            blocks.unset(test.base >> test.host_bits, bit)
            if not blocks:
                del self._by_size[size]

    def find(self, value: object) -> int:
        """The bits of the blocks that hold the address; none for a string that is not one."""
        if not isinstance(value, str):
            return 0
        address = read_address(value)
        if address is None:
            return 0
        version, number = address
        bits = 0
        for (block_version, host_bits), blocks in self._by_size.items():
            if block_version == version:
                bits |= blocks.get(number >> host_bits, 0)
        return bits
