"""What a distributed Map is to do: its map run, with every value of the state found.

The run that enters the Map makes the plan, and gives it to its runner with `StartMapRun`. From
there on the map run stands by itself: it needs neither the run nor its execution to go on.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ensue.words.values import Json

STATE_DATA: Final = "STATE_DATA"
NONE: Final = "NONE"
COMPACT: Final = "COMPACT"
FLATTEN: Final = "FLATTEN"
JSON: Final = "JSON"
JSONL: Final = "JSONL"


class Reading(msgspec.Struct, frozen=True, omit_defaults=True):
    """An ItemReader.

    Attributes:
        action: what it calls: ``getObject`` or ``listObjectsV2``.
        arguments: Bucket, and Key and VersionId or Prefix.
        config: ReaderConfig, with MaxItemsPath as MaxItems.
    """

    action: str
    arguments: dict[str, Any]
    config: dict[str, Any] = {}


class Batching(msgspec.Struct, frozen=True, omit_defaults=True):
    """An ItemBatcher.

    Attributes:
        items_max: at most so many items for one child; None for any.
        bytes_max: at most so many bytes of input for one child; None for as many as an input has.
        input: BatchInput: what each child gets beside its items.
        has_input: whether there is one.
    """

    items_max: int | None = None
    bytes_max: int | None = None
    input: Any = None
    has_input: bool = False


class Writing(msgspec.Struct, frozen=True, omit_defaults=True):
    """A ResultWriter.

    Attributes:
        bucket: where the results go; empty when they are the state's output.
        prefix: how the keys of the files begin.
        transformation: NONE, COMPACT or FLATTEN.
        output_type: JSON or JSONL.
    """

    bucket: str = ""
    prefix: str = ""
    transformation: str = NONE
    output_type: str = JSON


class MapPlan(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a map run is to do; JSON by ``msgspec``.

    Attributes:
        id: a UUID.
        arn: its name for those who speak AWS.
        scope: the JSON pointer of the states that the Map is one of.
        state: the Map's name.
        label: a part of the names of its children.
        execution_type: STANDARD or EXPRESS.
        items: an array, or an object whose members are the items; unset where they are read.
        reading: its ItemReader; None where the items are here.
        batching: its ItemBatcher; None for a child for each item.
        writing: its ResultWriter; None for none.
        max_concurrency: at most so many children at once; 0 for no bound of its own.
        tolerated_count: so many items may fail; None for no such bound.
        tolerated_percentage: so much of the items may fail; None for no such bound.
        input: the state's effective input, for its ItemSelector.
        context: the context object, for its ItemSelector.
        variables: the variables in scope, for its ItemSelector.
    """

    id: str
    arn: str
    scope: str
    state: str
    label: str
    execution_type: str = "STANDARD"
    items: Any = None
    reading: Reading | None = None
    batching: Batching | None = None
    writing: Writing | None = None
    max_concurrency: int = 0
    tolerated_count: int | None = None
    tolerated_percentage: float | None = None
    input: Any = None
    context: Any = None
    variables: dict[str, Any] = {}

    def exceeds(self, failed: int, total: int | None) -> bool:
        """Whether more items failed than may.

        Args:
            failed: how many items failed.
            total: how many items there are; None while nobody knows.
        """
        return exceeds(failed, total, self.tolerated_count, self.tolerated_percentage)


def exceeds(failed: int, total: int | None, count: int | None, percentage: float | None) -> bool:
    """Whether more items failed than may.

    Args:
        failed: how many items failed.
        total: how many items there are; None while nobody knows.
        count: so many may fail; None for no such bound.
        percentage: so much of them may fail; None for no such bound. With neither, none may.
    """
    if count is None and percentage is None:
        return failed > 0
    if count is not None and failed > count:
        return True
    if percentage is None or total is None:
        return False
    return failed * 100 > percentage * total


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One item with what the context object tells of it.

    Attributes:
        index: its place among all items.
        value: the item.
        key: its key, where it is a member of an object; None for others.
        source: where it is from: ``STATE_DATA``, ``S3://bucket/key``.
    """

    index: int
    value: Any
    key: str | None = None
    source: str = STATE_DATA

    def told(self) -> dict[str, Json]:
        """What ``$$.Map`` is while an ItemSelector is filled."""
        item: dict[str, Json] = {"Index": self.index, "Value": self.value}
        if self.key is not None:
            item["Key"] = self.key
        item["Source"] = self.source
        return {"Item": item}


def entries(items: Json) -> list[Entry]:
    """The items that a state was given: elements of an array, members of an object."""
    if isinstance(items, dict):
        return [Entry(index, value, str(key)) for index, (key, value) in enumerate(items.items())]
    return (
        [Entry(index, value) for index, value in enumerate(items)]
        if isinstance(items, list)
        else []
    )
