"""What is asked of a table: the query's fields as an expression, and as code that asks the same."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import msgspec

from ensue.words import values
from ensue.words.errors import InvalidValue
from ensue.words.names import Ref

ROWS = 3
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*|\[\d+\])*\Z")
OPERATORS = (
    ("=", "is"),
    ("<>", "is not"),
    ("<", "<"),
    ("<=", "≤"),
    (">", ">"),
    (">=", "≥"),
    ("begins_with", "begins with"),
    ("contains", "contains"),
    ("attribute_exists", "is there"),
    ("attribute_not_exists", "is not there"),
)
SORTS = (
    ("", "any"),
    ("=", "is"),
    ("<", "<"),
    ("<=", "≤"),
    (">", ">"),
    (">=", "≥"),
    ("between", "between"),
    ("begins_with", "begins with"),
)
_UNARY = {"attribute_exists", "attribute_not_exists"}
_CALLS = {"begins_with", "contains"} | _UNARY

Text = Annotated[str, msgspec.Meta(max_length=4_096)]
SortOp = Literal["", "=", "<", "<=", ">", ">=", "between", "begins_with"]
Op = Literal[
    "",
    "=",
    "<>",
    "<",
    "<=",
    ">",
    ">=",
    "begins_with",
    "contains",
    "attribute_exists",
    "attribute_not_exists",
]


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """The query of a table's page.

    ``by`` is ``key``, the name of an index, or nothing for the whole table.
    """

    by: Text = ""
    value: Text = ""
    sort: SortOp = ""
    sort_value: Text = ""
    sort_to: Text = ""
    field1: Text = ""
    op1: Op = "="
    value1: Text = ""
    field2: Text = ""
    op2: Op = "="
    value2: Text = ""
    field3: Text = ""
    op3: Op = "="
    value3: Text = ""
    filter: Text = ""
    values: Text = ""
    columns: Text = ""
    after: Text = ""
    reverse: bool = False
    at: Text = ""
    counts: Text = ""
    kind: Text = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50

    @property
    def is_filtered(self) -> bool:
        """Whether there is a filter."""
        return bool(self.filter or self.field1 or self.field2 or self.field3)


@dataclass(frozen=True)
class Question:
    """What is asked, in the words of `Table.query` and `Table.scan`.

    Attributes:
        partition: the value of the partition; None for a scan.
        index: the name of an index; None for the table itself.
        sort: a condition on the sort key.
        filter: a condition expression.
        given: the values of the expressions' ``:names``.
        more: limit, order, as of when.
    """

    partition: Any = None
    index: str | None = None
    sort: str | None = None
    filter: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_scan(self) -> bool:
        """Whether the whole table is asked for."""
        return self.partition is None

    def parameters(self) -> dict[str, Any]:
        """The parameters of the operation that asks it."""
        said = {
            "partition": self.partition,
            "index": self.index,
            "sort": self.sort,
            "filter": self.filter,
            **self.more,
            "values": dict(self.given) or None,
        }
        return {name: each for name, each in said.items() if each is not None}

    def expression(self) -> str:
        """What is asked, on one line; empty where all is."""
        return " AND ".join(filter(None, (self.sort, self.filter)))


def question_of(
    asked: Asked, indexes: Mapping[str, list[str]], first: Mapping[str, Any]
) -> Question:
    """What the fields of a query ask.

    Args:
        asked: the fields.
        indexes: the attributes of each index, and of the key under ``key``.
        first: an item of the table, which tells of what types its attributes are.

    Raises:
        InvalidValue: a field is written wrong, or there is no such index.
    """
    given: dict[str, Any] = {}
    index = partition = sort = None
    if asked.by and asked.value:
        attributes = indexes.get(asked.by)
        if attributes is None:
            raise InvalidValue(f"expected key or an index, got {asked.by!r}", at="by")
        index = None if asked.by == "key" else asked.by
        partition = value_of(asked.value, first.get(attributes[0]))
        if asked.sort and asked.sort_value and len(attributes) > 1:
            sort = _sort(asked, attributes[1], first, given)
    more: dict[str, Any] = {"limit": asked.limit}
    if asked.reverse and partition is not None:
        more["reverse"] = True
    if asked.at:
        more["at"] = int(asked.at) if asked.at.isdecimal() else asked.at
    found = _typed_filter(asked, given) or _filter(asked, first, given)
    return Question(partition, index, sort, found, given, more)


def value_of(text: str, like: object = None) -> Any:  # noqa: ANN401 - a value of any type
    """The value that a text stands for: of the type of another one, or as JSON, or the text."""
    if isinstance(like, str):
        return text
    if isinstance(like, bytes):
        try:
            return bytes.fromhex(text)
        except ValueError:
            raise InvalidValue(f"expected bytes in hexadecimal, got {text[:60]!r}") from None
    try:
        return values.decode(text)
    except InvalidValue:
        return text


def python_of(question: Question, name: str) -> str:
    """A line of Python that asks it."""
    said = question.parameters()
    given = said.pop("values", {})
    first = [] if question.is_scan else [repr(said.pop("partition"))]
    words = [f"{key}={each!r}" for key, each in {**said, **given}.items()]
    way = "scan" if question.is_scan else "query"
    return f"page = await {name.replace('-', '_')}.{way}({', '.join([*first, *words])})"


def command_of(question: Question, name: str) -> str:
    """A command that asks it."""
    said = question.parameters()
    way = "scan" if question.is_scan else "query"
    words = ["ensue", way, name]
    if not question.is_scan:
        words.append(_json(said.pop("partition")))
    for key, each in said.items():
        words.append(f"--{key}")
        if each is not True:
            words.append(each if isinstance(each, str) else _json(each))
    return shlex.join(words)


def curl_of(question: Question, ref: Ref, origin: str) -> str:
    """A call of curl that asks it."""
    way = "scan" if question.is_scan else "query"
    body = _json(question.parameters())
    address = f"{origin}/_ensue/tables/{ref.name}/{way}?app={ref.app}"
    kind = "content-type: application/json"
    return shlex.join(["curl", "-s", address, "-H", kind, "-d", body])


def _sort(asked: Asked, name: str, first: Mapping[str, Any], given: dict[str, Any]) -> str:
    like = first.get(name)
    given["s"] = value_of(asked.sort_value, like)
    if asked.sort == "between":
        given["t"] = value_of(asked.sort_to, like)
        return f"{name} BETWEEN :s AND :t"
    if asked.sort == "begins_with":
        return f"begins_with({name}, :s)"
    return f"{name} {asked.sort} :s"


def _typed_filter(asked: Asked, given: dict[str, Any]) -> str | None:
    if not asked.filter:
        return None
    found = values.decode(asked.values) if asked.values else {}
    if not isinstance(found, dict):
        raise InvalidValue('expected an object of values, such as {"n": 5}', at="values")
    given.update(found)
    return asked.filter


def _filter(asked: Asked, first: Mapping[str, Any], given: dict[str, Any]) -> str | None:
    parts: list[str] = []
    for number in range(1, ROWS + 1):
        name, operator, text = (
            getattr(asked, f"{part}{number}") for part in ("field", "op", "value")
        )
        if name:
            like = first.get(name)
            parts.append(_condition((name, operator, text), f"v{number}", like, given))
    return " AND ".join(parts) or None


def _condition(row: tuple[str, str, str], mark: str, like: object, given: dict[str, Any]) -> str:
    name, operator, text = row
    if not NAME.match(name):
        raise InvalidValue(
            f"expected the name of an attribute, or a path to one, got {name[:60]!r}",
            at="field",
            hint="Such as total, or address.city.",
        )
    if operator in _UNARY:
        return f"{operator}({name})"
    given[mark] = value_of(text, like)
    return f"{operator}({name}, :{mark})" if operator in _CALLS else f"{name} {operator} :{mark}"


def _json(value: object) -> str:
    return json.dumps(json.loads(values.encode(value)), ensure_ascii=False)
