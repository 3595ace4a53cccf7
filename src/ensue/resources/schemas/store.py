"""What a registry does within a transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ensue.engine import lanes
from ensue.engine.transaction import Transaction
from ensue.languages.schemas import Tree
from ensue.resources.schemas.model import (
    DISCOVERED,
    PAGE_MAX,
    SUBJECTS_MAX,
    VERSIONS_MAX,
    SchemasModel,
    Version,
)
from ensue.resources.schemas.rules.deciding import check_compatible, digest_of, discovered
from ensue.resources.schemas.rules.words import asked_words, words_of
from ensue.words import values
from ensue.words.errors import LimitExceeded, NotFound
from ensue.words.names import Ref
from ensue.words.values import Json

_COLUMNS = "subject, version, schema, origin, at_ms, event"


def versions(tx: Transaction, registry: SchemasModel, subject: str) -> list[Version]:
    """All versions of a subject that are kept, oldest first."""
    found = tx.execute(
        f"SELECT {_COLUMNS} FROM {registry.table}"
        " WHERE subject = ? AND schema IS NOT NULL ORDER BY version",
        (subject,),
    )
    return [_version(row) for row in found]


def version(tx: Transaction, registry: SchemasModel, subject: str, number: int | None) -> Version:
    """One version of a subject; the one in force by default.

    Raises:
        NotFound: there is none.
    """
    if number is None:
        found = tx.row(
            f"SELECT {_COLUMNS} FROM {registry.table} WHERE subject = ? AND schema IS NOT NULL"
            " ORDER BY origin = 'discovered', version DESC LIMIT 1",
            (subject,),
        )
    else:
        found = tx.row(
            f"SELECT {_COLUMNS} FROM {registry.table}"
            " WHERE subject = ? AND version = ? AND schema IS NOT NULL",
            (subject, number),
        )
    if found is None:
        which = "schema" if number is None else f"version {number}"
        raise NotFound(f"there is no {which} of {subject} in {registry.ref}")
    return _version(found)


def newest(tx: Transaction, registry: SchemasModel, subject: str) -> Version | None:
    """The newest version of a subject, whatever its origin."""
    found = tx.row(
        f"SELECT {_COLUMNS} FROM {registry.table}"
        " WHERE subject = ? AND schema IS NOT NULL ORDER BY version DESC LIMIT 1",
        (subject,),
    )
    return None if found is None else _version(found)


def force(tx: Transaction, registry: SchemasModel, subject: str) -> tuple[int, str] | None:
    """The number and the digest of the version in force; None for a subject without one."""
    found = tx.row(
        f"SELECT version, digest FROM {registry.table} WHERE subject = ? AND schema IS NOT NULL"
        " ORDER BY origin = 'discovered', version DESC LIMIT 1",
        (subject,),
    )
    if found is None or not isinstance(found[0], int):
        return None
    return found[0], str(found[1])


def add(
    tx: Transaction,
    registry: SchemasModel,
    subject: str,
    schema: Mapping[str, Any],
    tree: Tree,
    *,
    origin: str,
) -> Version:
    """Keep a version that somebody says, unless it is there already.

    Raises:
        Conflict: it breaks what the registry promises; says where.
        LimitExceeded: the subject has too many versions, or the registry too many subjects.
    """
    found = versions(tx, registry, subject)
    digest = digest_of(schema)
    for each in reversed(found):
        if each.origin != DISCOVERED and digest_of(each.schema) == digest:
            return each
    check_compatible(registry.compatibility, found, tree, subject)
    return _insert(tx, registry, subject, schema, origin=origin, event=None)


def discover(
    tx: Transaction, registry: SchemasModel, subject: str, detail: Mapping[str, Any], event: str
) -> Version:
    """Keep the newest version of a subject, widened by one more event."""
    made = discovered(newest(tx, registry, subject), detail, subject.partition("@")[2])
    return _insert(tx, registry, subject, made, origin=DISCOVERED, event=event)


def delete(tx: Transaction, registry: SchemasModel, subject: str, number: int) -> None:
    """Delete a version; its number is not given again.

    Raises:
        NotFound: there is none.
    """
    version(tx, registry, subject, number)
    tx.execute(
        f"UPDATE {registry.table} SET schema = NULL, words = '' WHERE subject = ? AND version = ?",
        (subject, number),
    )
    tx.touched.add(tx.number(registry.ref))


def subjects(
    tx: Transaction, registry: SchemasModel, *, after: str | None, limit: int
) -> list[dict[str, Json]]:
    """The subjects in their order, behind one of them: how many versions, and the newest."""
    found = tx.execute(
        f"SELECT subject, count(*), max(version), max(at_ms) FROM {registry.table}"
        " WHERE schema IS NOT NULL AND subject > ? GROUP BY subject ORDER BY subject LIMIT ?",
        (after or "", min(limit, PAGE_MAX)),
    )
    return [
        {"subject": subject, "versions": count, "newest": last, "at_ms": at_ms}
        for subject, count, last, at_ms in found
    ]


def search(tx: Transaction, registry: SchemasModel, text: str, limit: int) -> list[Version]:
    """The newest versions of the subjects in which each word begins a word, in their order."""
    wanted = "".join(" AND words LIKE ? ESCAPE '\\'" for _ in asked_words(text))
    like = [f"% {_escaped(word)}%" for word in asked_words(text)]
    found = tx.execute(
        f"SELECT {_COLUMNS} FROM {registry.table} AS one WHERE schema IS NOT NULL{wanted}"
        f" AND version = (SELECT max(version) FROM {registry.table} AS other"
        " WHERE other.subject = one.subject AND other.schema IS NOT NULL)"
        " ORDER BY subject LIMIT ?",
        (*like, min(limit, PAGE_MAX)),
    )
    return [_version(row) for row in found]


def latest(
    tx: Transaction, registry: SchemasModel, *, after: str | None, limit: int
) -> list[Version]:
    """The newest version of each subject behind one, in their order."""
    found = tx.execute(
        f"SELECT {_COLUMNS} FROM {registry.table} AS one WHERE schema IS NOT NULL AND subject > ?"
        f" AND version = (SELECT max(version) FROM {registry.table} AS other"
        " WHERE other.subject = one.subject AND other.schema IS NOT NULL)"
        " ORDER BY subject LIMIT ?",
        (after or "", limit),
    )
    return [_version(row) for row in found]


def every(tx: Transaction, registry: SchemasModel) -> list[Version]:
    """All versions of all subjects, in their order."""
    found = tx.execute(
        f"SELECT {_COLUMNS} FROM {registry.table}"
        " WHERE schema IS NOT NULL ORDER BY subject, version"
    )
    return [_version(row) for row in found]


def count(tx: Transaction, registry: SchemasModel) -> tuple[int, int]:
    """How many subjects and versions there are."""
    [(subjects_, versions_)] = tx.execute(
        f"SELECT count(DISTINCT subject), count(*) FROM {registry.table} WHERE schema IS NOT NULL"
    )
    return subjects_, versions_


def marked(tx: Transaction, registry: SchemasModel) -> tuple[int, int]:
    """What is another when any version has come or gone: the last row, and those deleted."""
    [(last, kept)] = tx.execute(
        f"SELECT coalesce(max(id), 0), (SELECT count(*) FROM {registry.table}"
        f" WHERE schema IS NULL) FROM {registry.table}"
    )
    return last, kept


def position(tx: Transaction, registry: SchemasModel, log: int) -> int | None:
    """How far discovery has come in a log for sure; None before it began."""
    found = tx.row(
        "SELECT position FROM ensue_readers WHERE number = ? AND shard = ?",
        (tx.number(registry.ref), log),
    )
    return found[0] if found and isinstance(found[0], int) else None


def move(tx: Transaction, registry: SchemasModel, bus: Ref, to: int) -> None:
    """Note how far discovery has come in the log of a bus."""
    source = tx.facts.directory.source(bus)
    # The registry may follow many logs: each is a lane of its own, by the log's number.
    lanes.move(tx, source, tx.number(registry.ref), source.number, to)


def buses(tx: Transaction, registry: Ref) -> dict[str, dict[str, Mapping[str, Any]]]:
    """The patterns of the rules, by their names, of each bus that names a registry."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for name, text in tx.execute(
        "SELECT name, declared FROM ensue_resources WHERE app = ? AND kind = 'bus'", (registry.app,)
    ):
        said = values.decode(text)
        if isinstance(said, dict) and said.get("schemas") == registry.name:
            found[name] = _patterns(said.get("rules"))
    return found


def _patterns(rules: Json) -> dict[str, Mapping[str, Any]]:
    named = rules.items() if isinstance(rules, dict) else ()
    found: dict[str, Mapping[str, Any]] = {}
    for name, rule in named:
        pattern = rule.get("pattern") if isinstance(rule, dict) else None
        if isinstance(pattern, dict) and pattern:
            found[name] = pattern
    return found


def _insert(
    tx: Transaction,
    registry: SchemasModel,
    subject: str,
    schema: Mapping[str, Any],
    *,
    origin: str,
    event: str | None,
) -> Version:
    number = _next(tx, registry, subject)
    made = Version(subject, number, dict(schema), origin, tx.now_ms, event)
    tx.execute(
        f"INSERT INTO {registry.table}"
        " (subject, version, schema, digest, words, origin, at_ms, event)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            subject,
            number,
            values.encode(schema),
            digest_of(schema),
            words_of(subject, schema),
            origin,
            tx.now_ms,
            event,
        ),
    )
    tx.touched.add(tx.number(registry.ref))
    return made


def _next(tx: Transaction, registry: SchemasModel, subject: str) -> int:
    [(last, kept)] = tx.execute(
        f"SELECT coalesce(max(version), 0), count(schema) FROM {registry.table} WHERE subject = ?",
        (subject,),
    )
    if kept >= VERSIONS_MAX:
        raise LimitExceeded(f"expected at most {VERSIONS_MAX} versions", at=subject)
    if kept == 0 and count(tx, registry)[0] >= SUBJECTS_MAX:
        raise LimitExceeded(f"expected at most {SUBJECTS_MAX} subjects", at=str(registry.ref))
    return int(last) + 1


def _version(row: Sequence[Any]) -> Version:
    subject, number, text, origin, at_ms, event = row
    said = values.decode(text)
    return Version(subject, number, said if isinstance(said, dict) else {}, origin, at_ms, event)


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
