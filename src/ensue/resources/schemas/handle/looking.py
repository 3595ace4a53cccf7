"""What a registry has, for those who look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ensue.engine.home import Home
from ensue.engine.ids import seeded_random
from ensue.engine.transaction import Transaction
from ensue.engine.waiting import turn
from ensue.languages.schemas import Difference, Style, code, differences, fields_of, parse, sample
from ensue.resources.schemas import store
from ensue.resources.schemas.handle.checking import Checks
from ensue.resources.schemas.model import FieldFound, FieldPage, SchemasModel, Version
from ensue.resources.schemas.rules.deciding import digest_of
from ensue.resources.schemas.rules.doubting import rule_findings
from ensue.resources.schemas.rules.validating import Fault
from ensue.words.errors import NotFound
from ensue.words.findings import Finding
from ensue.words.values import Json

SUBJECTS_AT_ONCE = 20

T = TypeVar("T")


class Looking:
    """The part of a registry that changes nothing.

    Attributes:
        model: the registry as declared.
        checks: what it does for the events of buses.
    """

    model: SchemasModel
    checks: Checks
    _home: Home

    async def get(self, subject: str, version: int | None = None) -> Version:
        """A version of a subject; the one in force by default.

        Raises:
            NotFound: there is none.
        """
        return self._read(lambda tx: store.version(tx, self.model, subject, version))

    async def versions(self, subject: str) -> list[Version]:
        """The versions of a subject, oldest first.

        Raises:
            NotFound: there is no such subject.
        """
        found = self._read(lambda tx: store.versions(tx, self.model, subject))
        if not found:
            raise NotFound(f"there is no schema of {subject} in {self.model.ref}")
        return found

    async def subjects(
        self, *, after: str | None = None, limit: int = 100
    ) -> list[dict[str, Json]]:
        """The subjects in their order: how many versions, the newest, and since when.

        Args:
            after: only those behind this one.
            limit: how many at most, up to 1,000.
        """
        return self._read(lambda tx: store.subjects(tx, self.model, after=after, limit=limit))

    async def search(self, words: str, *, limit: int = 100) -> list[Version]:
        """The subjects in whose name, fields or descriptions each word begins a word.

        Raises:
            InvalidValue: there are no words, or more than sixteen.
        """
        return self._read(lambda tx: store.search(tx, self.model, words, limit))

    async def fields(
        self,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - its word in JSON Schema
        *,
        after: str | None = None,
        limit: int = 100,
    ) -> FieldPage:
        """The fields of the newest versions, by their names or types.

        Args:
            name: a part of the field's name, in any case; None for any.
            type: a type of JSON Schema, such as ``integer``, or a format, such as ``date-time``;
                None for any.
            after: the ``next`` of the page before.
            limit: how many fields at most, up to 1,000; those of one subject stay together.
        """
        found: list[FieldFound] = []
        sought, last = (name or "").lower(), after
        while True:
            versions = self._latest(last)
            for version in versions:
                last = version.subject
                found += [
                    FieldFound(last, version.version, each.path, each.said, each.required)
                    for each in fields_of(parse(version.schema))
                    if sought in each.name.lower() and (type is None or type in each.types)
                ]
                if len(found) >= limit:
                    return FieldPage(found, last)
            if len(versions) < SUBJECTS_AT_ONCE:
                return FieldPage(found, None)
            await turn()

    def _latest(self, after: str | None) -> list[Version]:
        return self._read(
            lambda tx: store.latest(tx, self.model, after=after, limit=SUBJECTS_AT_ONCE)
        )

    async def export(self) -> list[Version]:
        """All versions of all subjects."""
        return self._read(lambda tx: store.every(tx, self.model))

    async def diff(self, subject: str, old: int, new: int) -> list[Difference]:
        """What fits an earlier version and not a later one, place by place.

        Raises:
            NotFound: there is no such version.
        """

        def both(tx: Transaction) -> list[Version]:
            return [store.version(tx, self.model, subject, number) for number in (old, new)]

        one, other = self._read(both)
        return differences(parse(one.schema), parse(other.schema))

    async def code(
        self, subject: str, version: int | None = None, *, style: Style = "struct"
    ) -> str:
        """Python code with the types of a version; see `languages/schemas`.

        Raises:
            NotFound: there is no such version.
            InvalidInput: the style cannot say it; says where.
        """
        found = await self.get(subject, version)
        name = subject.partition("@")[2]
        said = f"The types of {subject}, version {found.version}."
        return code(parse(found.schema), name, style=style, said=said)

    async def sample(
        self, subject: str, version: int | None = None, *, seed: int = 0, whole: bool = True
    ) -> dict[str, Json]:
        """An event whose detail fits a version: the same for the same seed.

        Raises:
            NotFound: there is no such version.
            InvalidInput: no such detail can be drawn; says where.
        """
        found = await self.get(subject, version)
        detail = sample(parse(found.schema), seeded_random(seed), whole=whole)
        source, _, detail_type = subject.partition("@")
        made: dict[str, Any] = {"source": source, "detail-type": detail_type, "detail": detail}
        return made

    async def validate(
        self, subject: str, detail: Mapping[str, Any], version: int | None = None
    ) -> list[Fault]:
        """What is wrong with the detail of an event; nothing when it fits.

        Raises:
            NotFound: there is no such version.
        """
        found = await self.get(subject, version)
        return self.checks.validator(digest_of(found.schema), lambda: found.schema).faults(detail)

    async def doubts(self) -> list[Finding]:
        """What the rules of the buses that name this registry ask for in vain."""
        return self._read(self._doubts)

    def _doubts(self, tx: Transaction) -> list[Finding]:
        rules = store.buses(tx, self.model.ref)
        found = store.every(tx, self.model) if rules else []
        return list(rule_findings(self.model.ref, found, rules))

    def _read(self, look: Callable[[Transaction], T]) -> T:
        return self._home.engine.read(look)
