"""What a registry does for the events of buses: validate what is published, upcast what is old."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ensue.engine.transaction import Transaction
from ensue.resources.schemas import store
from ensue.resources.schemas.model import DISCOVERED, SchemasModel, Upcast, subject_of
from ensue.resources.schemas.rules.upcasting import Step, upcast
from ensue.resources.schemas.rules.validating import Fault, Validator, Validators, said_of
from ensue.words.errors import InvalidDeclaration
from ensue.words.findings import WARNING, Finding
from ensue.words.values import Json


class Checks:
    """The checks of a registry.

    Args:
        model: the registry.

    Attributes:
        warned: how many events were noted that did not fit.
    """

    def __init__(self, model: SchemasModel) -> None:
        self.warned = 0
        self._model = model
        self._validators = Validators()
        self._upcasters: dict[str, dict[int, Upcast]] = {}
        self._steps: dict[str, list[Step]] = {}

    def add_upcaster(self, subject: str, version: int, function: Upcast) -> None:
        """Add what makes the next version of a detail of a version.

        Raises:
            InvalidDeclaration: there is one already, or no such version can be.
        """
        known = self._upcasters.setdefault(subject, {})
        if version < 1:
            raise InvalidDeclaration(f"expected a version from 1, got {version}", at=subject)
        if version in known:
            raise InvalidDeclaration(
                f"expected one upcaster from each version, got two from {version}", at=subject
            )
        known[version] = function

    def upcasts(self) -> dict[str, Json]:
        """From which versions there are upcasters, by subject."""
        return {subject: [*sorted(known)] for subject, known in sorted(self._upcasters.items())}

    def learn(self, tx: Transaction) -> None:
        """Take note of the versions that there are now, for the upcasters."""
        self._steps = self._steps_of(tx)

    def warn(self, tx: Transaction, source: str, detail_type: str, detail: Any) -> None:  # noqa: ANN401 - a JSON value
        """Note an event that does not fit; it is published all the same."""
        faults, subject, version = self._faults(tx, source, detail_type, detail)
        if faults:
            self.warned += 1
            # What it says stays out of logs: it may be anybody's.
            places = ", ".join(each.at for each in faults)
            tx.facts.notices.note(
                tx.now_ms,
                Finding(
                    "schemas.event",
                    subject,
                    f"an event does not fit version {version} at {places}",
                    "Mend who publishes it, or register a version that takes it.",
                    WARNING,
                ),
            )

    def enforce(self, tx: Transaction, source: str, detail_type: str, detail: Any) -> None:  # noqa: ANN401 - a JSON value
        """Refuse an event that does not fit.

        Raises:
            InvalidValue: it does not; says where.
        """
        faults, subject, version = self._faults(tx, source, detail_type, detail)
        if faults:
            raise said_of(faults, subject, version)

    def upcasted(self, event: Mapping[str, Json]) -> dict[str, Json]:
        """An event as the newest version has it, by the upcasters.

        Args:
            event: an event in its envelope.

        Raises:
            Unfit: it fits no version, an upcaster raised, or what came of it does not fit.
        """
        subject = subject_of(str(event.get("source")), str(event.get("detail-type")))
        upcasters, detail = self._upcasters.get(subject), event.get("detail")
        if upcasters is None or not isinstance(detail, dict):
            return dict(event)
        steps = self._steps.get(subject, [])
        return {**event, "detail": upcast(detail, steps, upcasters, subject)}

    def _faults(
        self,
        tx: Transaction,
        source: str,
        detail_type: str,
        detail: Any,  # noqa: ANN401 - a JSON value
    ) -> tuple[list[Fault], str, int]:
        """What is wrong with an event by the version in force; nothing where there is none."""
        subject = subject_of(source, detail_type)
        found = store.force(tx, self._model, subject)
        if found is None:
            return [], subject, 0
        version, digest = found
        validator = self.validator(
            digest, lambda: store.version(tx, self._model, subject, version).schema
        )
        return validator.faults(detail), subject, version

    def validator(self, digest: str, schema: Callable[[], Mapping[str, Any]]) -> Validator:
        """The validator of a schema, compiled once; see `Validators.get`."""
        return self._validators.get(digest, schema)

    def _steps_of(self, tx: Transaction) -> dict[str, list[Step]]:
        return {
            subject: [
                Step(each.version, Validator(each.schema))
                for each in store.versions(tx, self._model, subject)
                if each.origin != DISCOVERED  # each of those takes what came before it
            ]
            for subject in self._upcasters
        }
