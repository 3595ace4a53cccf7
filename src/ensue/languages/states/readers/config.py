"""What an ItemReader says of its data: ReaderConfig, with its values resolved, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ensue.languages.states.readers.delimited import (
    CSV_HEADER_BYTES_MAX,
    DELIMITERS,
    CSVReader,
)
from ensue.languages.states.readers.document import DocumentReader, parse_pointer
from ensue.languages.states.readers.lines import LinesReader
from ensue.languages.states.readers.window import Reader, failed
from ensue.words.values import Json, shown

MAX_ITEMS_MAX = 100_000_000

GET_OBJECT: Final = "getObject"
LIST_OBJECTS: Final = "listObjectsV2"
CSV: Final = "CSV"
JSON: Final = "JSON"
JSONL: Final = "JSONL"
MANIFEST: Final = "MANIFEST"
PARQUET: Final = "PARQUET"
INPUT_TYPES: Final = (CSV, JSON, JSONL, MANIFEST)

S3_INVENTORY: Final = "S3_INVENTORY"
ATHENA_DATA: Final = "ATHENA_DATA"
LOAD_AND_FLATTEN: Final = "LOAD_AND_FLATTEN"
FIRST_ROW: Final = "FIRST_ROW"
GIVEN: Final = "GIVEN"

FIELDS: Final = frozenset({
    "InputType",
    "CSVHeaderLocation",
    "CSVHeaders",
    "CSVDelimiter",
    "ItemsPointer",
    "ManifestType",
    "MaxItems",
    "Transformation",
})


class ReaderConfig(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the items of a data set are read. Made by ``parse_config``.

    Attributes:
        input_type: CSV, JSON or JSONL; what the files hold where a manifest or a listing names
            them. Empty for a listing whose objects are the items themselves.
        manifest: S3_INVENTORY or ATHENA_DATA where the object names the files; else empty.
        flattens: whether the objects of a listing are read, where they are not items themselves.
        header: the columns of a CSV file; None when its first row has them.
        delimiter: the mark between the fields of a CSV file.
        pointer: the steps to the items of a JSON document.
        items_max: how many items are read at most.
    """

    input_type: str = ""
    manifest: str = ""
    flattens: bool = False
    header: tuple[str, ...] | None = None
    delimiter: str = ","
    pointer: tuple[str, ...] = ()
    items_max: int = MAX_ITEMS_MAX

    def reader(self) -> Reader:
        """What reads a file of this type."""
        if self.input_type == CSV:
            return CSVReader(self.header, self.delimiter)
        return LinesReader() if self.input_type == JSONL else DocumentReader(self.pointer)


def parse_config(config: Mapping[str, Json], action: str) -> ReaderConfig:
    """A ReaderConfig, from its values.

    Args:
        config: the fields of ReaderConfig; MaxItemsPath as MaxItems.
        action: what the ItemReader calls: ``getObject`` or ``listObjectsV2``.

    Raises:
        StateError: a value is not one that the field takes, or what belongs together is not there.
    """
    manifest = _manifest(config)
    input_type = _input_type(config, manifest, action)
    made: dict[str, Any] = {"input_type": input_type, "manifest": manifest}
    if input_type == CSV:
        made["delimiter"] = DELIMITERS[_one_of(config, "CSVDelimiter", tuple(DELIMITERS), "COMMA")]
        if manifest != S3_INVENTORY:
            made["header"] = _header(config)
    if pointer := config.get("ItemsPointer"):
        if input_type != JSON or not isinstance(pointer, str):
            raise failed(
                "expected ItemsPointer as a text, with InputType JSON,"
                f" got {shown(pointer)} with {input_type or 'none'}"
            )
        made["pointer"] = parse_pointer(pointer)
    made["flattens"] = action == LIST_OBJECTS and (
        _one_of(config, "Transformation", ("NONE", LOAD_AND_FLATTEN), "NONE") == LOAD_AND_FLATTEN
    )
    if made["flattens"] and input_type not in {CSV, JSON, JSONL}:
        raise failed(f"expected InputType with {LOAD_AND_FLATTEN}: CSV, JSON or JSONL, got none")
    return ReaderConfig(items_max=_items_max(config), **made)


def _manifest(config: Mapping[str, Json]) -> str:
    if "ManifestType" in config:
        return _one_of(config, "ManifestType", (S3_INVENTORY, ATHENA_DATA), "")
    return S3_INVENTORY if config.get("InputType") == MANIFEST else ""


def _input_type(config: Mapping[str, Json], manifest: str, action: str) -> str:
    if config.get("InputType") == PARQUET:
        raise failed(
            "expected InputType CSV, JSON, JSONL or MANIFEST, got PARQUET;"
            " write the data as CSV or JSON Lines"
        )
    if manifest == S3_INVENTORY:
        _one_of(config, "InputType", (MANIFEST, CSV), MANIFEST)
        return CSV
    is_needed = action == GET_OBJECT
    found = _one_of(config, "InputType", INPUT_TYPES, "")
    if manifest and found not in {CSV, JSONL}:
        raise failed(f"expected InputType CSV or JSONL with {manifest}, got {found or 'none'}")
    if is_needed and not found:
        raise failed("expected ReaderConfig with an InputType: CSV, JSON, JSONL or MANIFEST")
    return found


def _header(config: Mapping[str, Json]) -> tuple[str, ...] | None:
    where = _one_of(config, "CSVHeaderLocation", (FIRST_ROW, GIVEN), "")
    if not where:
        raise failed("expected CSVHeaderLocation with InputType CSV: FIRST_ROW or GIVEN, got none")
    if where == FIRST_ROW:
        return None
    headers = config.get("CSVHeaders")
    if not isinstance(headers, list) or not all(isinstance(each, str) for each in headers):
        raise failed(f"expected CSVHeaders as a list of texts with GIVEN, got {shown(headers)}")
    header = tuple(str(each) for each in headers)
    size = len(",".join(header).encode())
    if not header or size > CSV_HEADER_BYTES_MAX:
        raise failed(f"expected CSVHeaders of 1 to {CSV_HEADER_BYTES_MAX} bytes, got {size}")
    return header


def _one_of(config: Mapping[str, Json], field: str, values: tuple[str, ...], default: str) -> str:
    found = config.get(field, default)
    if isinstance(found, str) and (found in values or (found == default and field not in config)):
        return found
    raise failed(f"expected {field} as one of {', '.join(values)}, got {shown(found)}")


def _items_max(config: Mapping[str, Json]) -> int:
    found = config.get("MaxItems")
    if found is None:
        return MAX_ITEMS_MAX
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= MAX_ITEMS_MAX:
        raise failed(
            f"expected MaxItems as an integer from 0 to {MAX_ITEMS_MAX}, got {shown(found)}"
        )
    return found or MAX_ITEMS_MAX
