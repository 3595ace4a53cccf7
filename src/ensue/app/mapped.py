"""The map of what runs: its architecture, and the versions of it that were started on the store."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import TypeAlias

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
    part_of,
    with_seen,
)
from ensue.observe.figures import Figures, How, figures
from ensue.observe.picture import Picture, picture
from ensue.observe.traffic import Traffic
from ensue.resources.alarm import ALARM, Alarm, Combination
from ensue.words.errors import NotFound
from ensue.words.names import Ref

PICTURES_KEPT_MAX = 16

_Key: TypeAlias = tuple[tuple[str, ...], frozenset[str]]


class Mapped:
    """What runs, and what ran.

    Args:
        apps: the apps.
        engine: the store that they run on.
        traffic: what goes through them.
    """

    def __init__(self, apps: Sequence[App], engine: Engine, traffic: Traffic) -> None:
        self._apps = apps
        self._engine = engine
        self._traffic = traffic
        self._made: Architecture | None = None
        self._whole: Architecture | None = None
        self._parts: dict[str, Architecture] = {}
        self._seen: set[tuple[str, str, str]] = set()
        self._drawn: OrderedDict[_Key, tuple[Architecture, Picture]] = OrderedDict()

    def now(self) -> Architecture:
        """What runs. It is put together when it is first asked for: the sources are read then."""
        if self._made is None:
            self._made = architecture(self._apps, KINDS)
        return self._made

    def with_seen(self) -> Architecture:
        """What runs, and what was seen to flow since it was opened that nothing else tells."""
        if self._whole is None:
            self._whole = with_seen(self.now(), self._seen)
        return self._whole

    async def picture(
        self, app: str | None = None, folded: frozenset[str] = frozenset()
    ) -> Picture:
        """The layout of what runs; kept, and made beside the event loop.

        Args:
            app: the only app that is drawn; None for all.
            folded: the apps of which only the name is drawn.
        """
        found = self.of_app(app)
        key = (found.apps, folded)
        kept = self._drawn.get(key)
        if kept is None or kept[0] is not found:
            made = await asyncio.to_thread(picture, found, closed=folded)
            kept = self._drawn[key] = found, made
        self._drawn.move_to_end(key)
        while len(self._drawn) > PICTURES_KEPT_MAX:
            self._drawn.popitem(last=False)
        return kept[1]

    def of_app(self, app: str | None) -> Architecture:
        """What runs of one app, and what was seen of it; of all where there is no such app.

        Args:
            app: the name of the app; None for all.
        """
        whole = self.with_seen()
        if app is None or app not in whole.apps:
            return whole
        if app not in self._parts:
            self._parts[app] = part_of(whole, app)
        return self._parts[app]

    async def figures(self) -> Figures:
        """How much goes through each part and along each way, in the last half minute.

        Raises:
            StoreError: the store cannot serve.
        """
        marks = await self._marks()
        found = figures(self._engine, self._traffic, self.now(), lambda node: marks.get(node.ref))
        if not found.seen <= self._seen:
            self._seen |= found.seen
            self._whole = None
            self._parts.clear()
        return found

    async def _marks(self) -> dict[Ref, How]:
        """What is paused, and what is in alarm."""
        paused = self._engine.facts.paused
        refs = self._engine.refs_by_number() if paused else {}
        marks: dict[Ref, How] = {refs[number]: "paused" for number in paused if number in refs}
        for app in self._apps:
            for ref, each in app.resources.items():
                if isinstance(each, Alarm) and (await each.status()).state == ALARM:
                    condition = each.model.condition
                    marks[ref] = "alarm"
                    if not isinstance(condition, Combination) and isinstance(condition.of, Ref):
                        marks[condition.of] = "alarm"
        return marks

    async def keep(self) -> Version | None:
        """Keep what runs as a new version, where it differs from the last that is kept.

        Returns:
            The new version; None where nothing differs.
        """
        found = self.now()
        await self.picture()  # so that whoever asks first does not wait for it

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
