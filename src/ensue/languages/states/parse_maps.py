"""The fields that only a distributed Map has, from a definition: every fault is noted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ensue.languages.states.errors import StateError
from ensue.languages.states.fields import Fields
from ensue.languages.states.map_fields import ItemBatcher, ItemReader, ResultWriter
from ensue.languages.states.readers import parse_config
from ensue.words.values import shown

READER_RESOURCES: Final = ("arn:aws:states:::s3:getObject", "arn:aws:states:::s3:listObjectsV2")
WRITER_RESOURCES: Final = ("arn:aws:states:::s3:putObject",)
TRANSFORMATIONS: Final = ("NONE", "COMPACT", "FLATTEN")
OUTPUT_TYPES: Final = ("JSON", "JSONL")
EXECUTION_TYPES: Final = ("STANDARD", "EXPRESS")
LABEL_LENGTH_MAX = 40
_LABEL_BANS: Final = frozenset('?* <>{}[]:;,\\|^~$#%&`"')


def read_distributed(fields: Fields, config: Mapping[str, Any]) -> dict[str, Any]:
    """What a Map has only when it is distributed, by the names of `program.Map`.

    Args:
        fields: those of the Map.
        config: its ProcessorConfig.
    """
    kind = config.get("ExecutionType", "STANDARD")
    if kind not in EXECUTION_TYPES:
        said = f"expected ExecutionType {' or '.join(EXECUTION_TYPES)}, got {shown(kind)}"
        fields.fault("ItemProcessor", said, "Write one of them.")
        kind = "STANDARD"
    label = fields.text("Label")
    if label is not None and (len(label) > LABEL_LENGTH_MAX or _LABEL_BANS & set(label)):
        fields.fault(
            "Label",
            f"expected at most {LABEL_LENGTH_MAX} characters, got {shown(label)}",
            "Use letters, digits, - and _.",
        )
    return {
        "execution_type": kind,
        "label": label,
        "reader": _reader(fields),
        "batcher": _batcher(fields),
        "writer": _writer(fields),
    }


def _reader(fields: Fields) -> ItemReader | None:
    if "ItemReader" not in fields.written:
        return None
    own = fields.inner("ItemReader")
    resource = _one_of(own, "Resource", READER_RESOURCES, None)
    config, items_max = None, None
    if "ReaderConfig" in own.written:
        said = own.inner("ReaderConfig")
        items_max = said.amount("MaxItems")
        left = {key: value for key, value in said.written.items() if not key.startswith("MaxItems")}
        config = Fields({"ReaderConfig": left}, own.at, own.language, own.faults).template(
            "ReaderConfig"
        )
        _check_config(said, left, resource or "")
    return ItemReader(resource or "", _arguments(own), config, items_max)


def _check_config(fields: Fields, said: Mapping[str, Any], resource: str) -> None:
    """Say now what is wrong with a ReaderConfig, where it is all written."""
    texts = [each for each in said.values() if isinstance(each, str)]
    if any(key.endswith(("Path", ".$")) for key in said) or any("{%" in each for each in texts):
        return
    try:
        parse_config(said, resource.rpartition(":")[2])
    except StateError as fault:
        fields.fault("", fault.cause or "", "Mend the ReaderConfig.")


def _batcher(fields: Fields) -> ItemBatcher | None:
    if "ItemBatcher" not in fields.written:
        return None
    own = fields.inner("ItemBatcher")
    return ItemBatcher(
        items_max=own.amount("MaxItemsPerBatch"),
        bytes_max=own.amount("MaxInputBytesPerBatch"),
        input=own.template("BatchInput"),
    )


def _writer(fields: Fields) -> ResultWriter | None:
    if "ResultWriter" not in fields.written:
        return None
    own = fields.inner("ResultWriter")
    if "Resource" in own.written:
        _one_of(own, "Resource", WRITER_RESOURCES, None)
    arguments = _arguments(own)
    transformation = "NONE" if arguments is not None else "COMPACT"
    output_type = "JSON"
    if "WriterConfig" in own.written:
        config = own.inner("WriterConfig")
        transformation = _one_of(config, "Transformation", TRANSFORMATIONS, transformation) or ""
        output_type = _one_of(config, "OutputType", OUTPUT_TYPES, output_type) or ""
    return ResultWriter(arguments, transformation, output_type)


def _arguments(own: Fields) -> Any:  # noqa: ANN401 - a payload or a query
    return own.template("Arguments" if own.is_jsonata else "Parameters")


def _one_of(own: Fields, name: str, words: tuple[str, ...], default: str | None) -> str | None:
    if name not in own.written and default is not None:
        return default
    found = own.text(name, required=True)
    if found is not None and found not in words:
        own.fault(name, f"expected {' or '.join(words)}, got {shown(found)}", "Write one of them.")
    return found
