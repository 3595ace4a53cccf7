"""Why a filter keeps something away: the fields that failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ensue.engine import changes
from ensue.engine.logs import Record
from ensue.languages.expressions import compile_condition
from ensue.languages.patterns import Mismatch, compile_pattern
from ensue.resources.bucket import as_event as object_event
from ensue.words import values
from ensue.words.names import Ref
from ensue.words.values import Json

Said = Mapping[str, Any]


def mismatches_of(where: Said | str | None, seen: dict[str, Json]) -> list[Mismatch]:
    """What of a pattern, or of a condition expression, fails; nothing where all of it holds.

    Args:
        where: the filter; None for none.
        seen: what it is about.
    """
    if where is None:
        return []
    if not isinstance(where, str):
        return compile_pattern(where).explain(values.as_plain(seen))
    condition = compile_condition(where)
    if condition.holds(seen, {}):
        return []
    paths = [_path_text(steps) for steps in condition.paths]
    found = ", ".join(
        f"{path} = {values.shown(values.as_json(_at(seen, steps)))}"
        for path, steps in zip(paths, condition.paths, strict=True)
    )
    return [Mismatch(", ".join(paths), where, found or "no value")]


def mismatches_of_follower(ref: Ref, said: Said, record: Record) -> list[Mismatch]:
    """Why a function that follows a log does not want a record.

    Args:
        ref: whose log it is.
        said: what the function follows, as `Feed.said` says it.
        record: the record.
    """
    kind = changes.change_kind(record)
    if ref.kind == "bucket":
        return [
            *_wrong_kind("kind", said.get("kinds"), kind),
            *_wrong_ends(said, record.key or ""),
            *mismatches_of(said.get("where"), object_event(ref, record)),
        ]
    if ref.kind == "workflow":
        return _wrong_kind("status", said.get("status"), record.kind.upper())
    if ref.kind == "stream":
        seen: dict[str, Json] = {"key": record.key, "data": values.decode(record.new or "null")}
        return mismatches_of(said.get("where"), seen)
    wrong = _wrong_kind(
        "eventName",
        [changes.EVENT_NAMES[each] for each in said.get("kinds", changes.EVENT_NAMES)],
        changes.EVENT_NAMES.get(kind, kind),
    )
    return wrong + mismatches_of(said.get("where"), changes.as_event(record))


def _wrong_kind(path: str, wanted: object, found: str) -> list[Mismatch]:
    if not isinstance(wanted, list | tuple) or found in wanted:
        return []
    return [Mismatch(path, " or ".join(values.shown(each) for each in wanted), values.shown(found))]


def _wrong_ends(said: Said, key: str) -> list[Mismatch]:
    prefix, suffix = str(said.get("prefix", "")), str(said.get("suffix", ""))
    wrong: list[Mismatch] = []
    if not key.startswith(prefix):
        expected = f"a string starting with {values.shown(prefix)}"
        wrong.append(Mismatch("key", expected, values.shown(key)))
    if not key.endswith(suffix):
        expected = f"a string ending with {values.shown(suffix)}"
        wrong.append(Mismatch("key", expected, values.shown(key)))
    return wrong


def _path_text(steps: tuple[str | int, ...]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.removeprefix(".")


def _at(found: Any, steps: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - a JSON value
    for step in steps:
        if isinstance(step, str) and isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(step, int) and isinstance(found, list) and step < len(found):
            found = found[step]
        else:
            return None
    return found
