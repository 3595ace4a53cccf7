"""The words of schema registries: subjects, their versions, and where these come from.

    (no version) ── declare, register, discover ──▶ in force ── a newer one ──▶ earlier
                                                        └──────── delete ─────────┴──▶ gone

A subject is ``<source>@<detail-type>``, as EventBridge's registry names schemas. Its versions are
numbered from 1; the number of one that was deleted is not given again. What people say counts: the
version *in force* is the newest that was declared or registered, and the newest discovered one
where there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

from ensue.words.errors import InvalidValue
from ensue.words.names import Ref, sql_name
from ensue.words.values import Json

Origin: TypeAlias = Literal["declared", "registered", "discovered"]
Upcast: TypeAlias = Callable[[Any], Mapping[str, Any]]

DECLARED: Origin = "declared"
REGISTERED: Origin = "registered"
DISCOVERED: Origin = "discovered"

SUBJECT_LENGTH_MAX = 513
SCHEMA_BYTES_MAX = 262_144
SUBJECTS_MAX = 10_000
VERSIONS_MAX = 1_000
PAGE_MAX = 1_000
SEARCH_WORDS_MAX = 16
PATTERN_SIZE_MAX = 1_048_576
FAULTS_MAX = 10


@dataclass(frozen=True, slots=True)
class FieldFound:
    """A field of a subject's newest version.

    Attributes:
        subject: the subject.
        version: its newest version.
        path: where the field is in the detail, such as ``items[].sku``.
        type: what it is, in words.
        required: whether it is always there, where that is that holds it.
    """

    subject: str
    version: int
    path: str
    type: str
    required: bool


@dataclass(frozen=True, slots=True)
class FieldPage:
    """A page of fields, and behind which subject the next begins; None for the last page."""

    fields: list[FieldFound]
    next: str | None


@dataclass(frozen=True)
class SchemasModel:
    """A registry as declared.

    Attributes:
        ref: what it is called.
        compatibility: what a new version must not break.
        source: the source of subjects that name none.
    """

    ref: Ref
    compatibility: str
    source: str

    @cached_property
    def table(self) -> str:
        """The SQL table that holds the versions."""
        return sql_name(self.ref.app, self.ref.name, "_versions")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a subject.

    Attributes:
        subject: ``<source>@<detail-type>``.
        version: its number, from 1.
        schema: what it says: JSON Schema 2020-12.
        origin: ``declared`` by an app, ``registered`` by hand, or ``discovered``.
        at_ms: when.
        event: the event that it was discovered by; None for none.
    """

    subject: str
    version: int
    schema: dict[str, Json]
    origin: str
    at_ms: int
    event: str | None = None


def subject_of(source: str, detail_type: str) -> str:
    """The subject of events."""
    return f"{source}@{detail_type}"


def check_subject(subject: str) -> str:
    """Return a subject.

    Raises:
        InvalidValue: it is not ``<source>@<detail-type>``.
    """
    source, _, detail_type = subject.partition("@")
    if source and detail_type and len(subject) <= SUBJECT_LENGTH_MAX:
        return subject
    raise InvalidValue(
        f"expected <source>@<detail-type>, got {subject[:SUBJECT_LENGTH_MAX]!r}", at="$.subject"
    )
