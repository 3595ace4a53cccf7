"""The map of what runs: its architecture, and the versions of it that were started on the store."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.app.app import App
from ensue.catalog import KINDS
from ensue.engine import architectures
from ensue.engine.architectures import Version
from ensue.engine.engine import Engine
from ensue.engine.transaction import Origin, Transaction
from ensue.observe.architecture import (
    Architecture,
    Change,
    architecture,
    decode,
    difference,
    encode,
)
from ensue.words.errors import NotFound


class Mapped:
    """What runs, and what ran.

    Args:
        apps: the apps.
        engine: the store that they run on.
    """

    def __init__(self, apps: Sequence[App], engine: Engine) -> None:
        self._apps = apps
        self._engine = engine
        self._made: Architecture | None = None

    def now(self) -> Architecture:
        """What runs. It is put together when it is first asked for: the sources are read then."""
        if self._made is None:
            self._made = architecture(self._apps, KINDS)
        return self._made

    async def keep(self) -> Version | None:
        """Keep what runs as a new version, where it differs from the last that is kept.

        Returns:
            The new version; None where nothing differs.
        """
        found = self.now()

        def keep(tx: Transaction) -> Version | None:
            last = architectures.newest(tx)
            if last is not None and last.hash == found.hash:
                return None
            text = None if last is None else architectures.text_of(tx, last.number)
            changed = [] if text is None else difference(decode(text), found)
            words = [each.words for each in changed]
            return architectures.add(tx, found.hash, encode(found), words)

        return await self._engine.transact(keep, Origin("declare"))

    def versions(self) -> list[Version]:
        """The versions that are kept, newest first, 50 at most."""
        return self._engine.read(architectures.versions)

    def version(self, number: int) -> Architecture:
        """What a version was.

        Raises:
            NotFound: there is no such version, or it is not kept any more.
        """
        text = self._engine.read(lambda tx: architectures.text_of(tx, number))
        if text is None:
            raise NotFound(
                f"there is no version {number} of what runs",
                hint="`ensue map --versions` lists those that are kept.",
            )
        return decode(text)

    def difference(self, before: int, after: int) -> list[Change]:
        """What differs between two versions.

        Args:
            before: the number of the one.
            after: that of the other.

        Raises:
            NotFound: one is not there, or is not kept any more.
        """
        return difference(self.version(before), self.version(after))
