"""One field of many rules: which of them accept a value of it."""

from __future__ import annotations

from collections.abc import Callable

from ensue.languages.patterns.predicates import Predicate, any_predicate
from ensue.languages.patterns.program import (
    AnythingBut,
    Exact,
    Exists,
    Field,
    IgnoreCase,
    Network,
    Number,
    Prefix,
    Range,
    Suffix,
    Test,
    Wildcard,
)
from ensue.languages.patterns.tables import (
    AffixTable,
    ConstantTable,
    ExactTable,
    IgnoreCaseTable,
    NetworkTable,
    NumberTable,
    RangeTable,
)
from ensue.languages.patterns.wildcard_table import WildcardTable

Finder = Callable[[object], int]


class FieldIndex:
    """The tests that many rules have on one field, and the rules that accept its absence.

    Attributes:
        used: the bits of the rules that test the field.
        absent: the bits of those that accept an event without it.
    """

    __slots__ = (
        "_accepted",
        "_always",
        "_anything_but",
        "_excluded",
        "_tried",
        "absent",
        "used",
    )

    def __init__(self) -> None:
        self.used = 0
        self.absent = 0
        self._always = 0
        self._anything_but = 0
        self._accepted = _ValueIndex()
        self._excluded = _ValueIndex()
        self._tried: dict[int, Predicate] = {}

    def add(self, bit: int, field: Field) -> None:
        """Add a rule's tests on the field."""
        self.used |= bit
        if field.may_be_absent:
            self.absent |= bit
        if not _fits_tables(field):
            self._tried[bit] = any_predicate(field.value_tests)
            return
        for test in dict.fromkeys(field.value_tests):
            if isinstance(test, Exists):
                self._always |= bit
            elif isinstance(test, AnythingBut):
                self._anything_but |= bit
                for excluded in dict.fromkeys(test.tests):
                    self._excluded.add(bit, excluded)
            else:
                self._accepted.add(bit, test)

    def remove(self, bit: int, field: Field) -> None:
        """Undo ``add``."""
        self.used &= ~bit
        self.absent &= ~bit
        self._always &= ~bit
        self._anything_but &= ~bit
        if self._tried.pop(bit, None) is not None:
            return
        for test in dict.fromkeys(field.value_tests):
            if isinstance(test, AnythingBut):
                for excluded in dict.fromkeys(test.tests):
                    self._excluded.remove(bit, excluded)
            elif not isinstance(test, Exists):
                self._accepted.remove(bit, test)

    def finder(self) -> Finder:
        """A function from a value to the bits of the rules accepting it, until the next change."""
        if self._always or self._anything_but or self._tried:
            return self._find
        return self._accepted.finder()

    def _find(self, value: object) -> int:
        bits = self._accepted.find(value) | self._always
        if self._anything_but:
            bits |= self._anything_but & ~self._excluded.find(value)
        for bit, holds in self._tried.items():
            if holds(value):
                bits |= bit
        return bits


def _fits_tables(field: Field) -> bool:
    """Whether a rule's tests can share one bit in the tables.

    Two ranges cannot (the start of one would meet the end of the other), nor two anything-buts
    (what one excludes the other may allow). Ignoring the case of other letters than A to Z is not
    a look-up.
    """
    kinds = [type(test) for test in field.tests]
    inner = (test.tests if isinstance(test, AnythingBut) else (test,) for test in field.tests)
    return (
        kinds.count(Range) <= 1
        and kinds.count(AnythingBut) <= 1
        and all(_has_table(test) for tests in inner for test in tests)
    )


def _has_table(test: Test) -> bool:
    match test:
        case IgnoreCase(text) | Prefix(text, True) | Suffix(text, True):
            return text.isascii()
        case _:
            return True


class _ValueIndex:
    """Which rules have a test that holds for a value: a table for each kind of test in use."""

    __slots__ = ("_finders", "_tables")

    def __init__(self) -> None:
        self._tables: dict[str, _Table] = {}
        self._finders: tuple[Finder, ...] = ()

    def add(self, bit: int, test: Test) -> None:
        """Set the bit for the values that the test holds for."""
        name = _table_name(test)
        table = self._tables.get(name)
        if table is None:
            table = self._tables[name] = _TABLES[name]()
            self._refresh()
        table.add(bit, test)  # type: ignore[arg-type]  # the table is the one for the test

    def remove(self, bit: int, test: Test) -> None:
        """Undo ``add``."""
        name = _table_name(test)
        table = self._tables.get(name)
        if table is not None:
            table.remove(bit, test)  # type: ignore[arg-type]  # the table is the one for the test
            if not len(table):
                del self._tables[name]
                self._refresh()

    def find(self, value: object) -> int:
        """The bits of the tests that hold for a value."""
        bits = 0
        for find in self._finders:
            bits |= find(value)
        return bits

    def finder(self) -> Finder:
        """``find``, without the way round where there is one table."""
        return self._finders[0] if len(self._finders) == 1 else self.find

    def _refresh(self) -> None:
        self._finders = tuple(table.find for table in self._tables.values())


_Table = (
    ExactTable
    | ConstantTable
    | NumberTable
    | RangeTable
    | AffixTable
    | IgnoreCaseTable
    | NetworkTable
    | WildcardTable
)

_TABLES: dict[str, Callable[[], _Table]] = {
    "text": ExactTable,
    "constant": ConstantTable,
    "number": NumberTable,
    "range": RangeTable,
    "network": NetworkTable,
    "ignore case": IgnoreCaseTable,
    "wildcard": WildcardTable,
    "prefix": lambda: AffixTable(at_start=True, ignore_case=False),
    "suffix": lambda: AffixTable(at_start=False, ignore_case=False),
    "prefix ignore case": lambda: AffixTable(at_start=True, ignore_case=True),
    "suffix ignore case": lambda: AffixTable(at_start=False, ignore_case=True),
}

_NAMES: dict[type, str] = {
    Exact: "text",
    Number: "number",
    Range: "range",
    Network: "network",
    IgnoreCase: "ignore case",
    Wildcard: "wildcard",
    Prefix: "prefix",
    Suffix: "suffix",
}


def _table_name(test: Test) -> str:
    if isinstance(test, Exact) and not isinstance(test.value, str):
        return "constant"
    name = _NAMES[type(test)]
    return f"{name} ignore case" if isinstance(test, Prefix | Suffix) and test.ignore_case else name
