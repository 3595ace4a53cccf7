"""The fields that only a distributed Map has, compiled: ItemReader, ItemBatcher, ResultWriter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ensue.languages.states.paths import Path
from ensue.languages.states.payloads import Payload
from ensue.languages.states.queries import Query

Filled: TypeAlias = Payload | Query
Count: TypeAlias = int | float | Path | Query


@dataclass(frozen=True, slots=True)
class ItemReader:
    """Where the items are read.

    Attributes:
        resource: what it calls: that of ``s3:getObject`` or ``s3:listObjectsV2``.
        arguments: Parameters or Arguments; None for none.
        config: ReaderConfig but for MaxItems; None for none.
        items_max: MaxItems, as a number, a path or a query; None for none.
    """

    resource: str
    arguments: Filled | None
    config: Filled | None = None
    items_max: Count | None = None

    @property
    def action(self) -> str:
        """``getObject`` or ``listObjectsV2``."""
        return self.resource.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class ItemBatcher:
    """How many items a child gets.

    Attributes:
        items_max: MaxItemsPerBatch, as a number, a path or a query; None for none.
        bytes_max: MaxInputBytesPerBatch, likewise.
        input: BatchInput; None for none.
    """

    items_max: Count | None = None
    bytes_max: Count | None = None
    input: Filled | None = None


@dataclass(frozen=True, slots=True)
class ResultWriter:
    """Where the results go.

    Attributes:
        arguments: Parameters or Arguments: Bucket and Prefix; None where they are the output.
        transformation: NONE, COMPACT or FLATTEN.
        output_type: JSON or JSONL.
    """

    arguments: Filled | None
    transformation: str
    output_type: str = "JSON"
