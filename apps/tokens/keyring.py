"""The keys that sign: public ones in a table, private ones in a vault, always both or none.

made ─(a while, so that caches have it)─▶ signs ─(a newer one signs)─▶ verifies ─▶ gone
                                            │ its private part is deleted     after the longest life
revoked: gone at once, and another one signs
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

from apps.tokens.shapes import LIFE_MAX_S, KeyInfo, Kind
from ensue import (
    Algorithm,
    App,
    EnsueError,
    Item,
    Mail,
    NotFound,
    ReadTx,
    SigningKey,
    Table,
    Tx,
    Vault,
)

Get = Callable[[Table[Any], str], Item | None]
"""What reads an item: a transaction, or `looked` outside of one."""

KINDS: tuple[Kind, ...] = get_args(Kind)
ALWAYS: tuple[Kind, ...] = ("RS256-2048", "RS256-4096")
FRESH_S = 300
AHEAD_MS = 600_000
PERIOD_MS = 30 * 86_400_000
SLACK_S = 120
FOR_EVER = 1 << 60


@dataclass(frozen=True)
class Keyring:
    """The keys of one issuer.

    Attributes:
        app: whose.
        public: the published keys, by ``kid``, with an index ``by-kind``.
        private: the private parts, by ``kid``.
        alarms: to whom it is told that keys could not be made.
    """

    app: App
    public: Table[Any]
    private: Vault
    alarms: Mail

    def published(self, tx: ReadTx) -> list[Item]:
        """The keys that verify, oldest first."""
        rows = tx.scan(self.public, limit=1_000).items
        return sorted(
            (row for row in rows if not row.get("revoked_ms")), key=lambda row: row["made_ms"]
        )

    def jwk(self, kid: str, get: Get) -> dict[str, str] | None:
        """A published key; None for none."""
        row = get(self.public, kid)
        return None if row is None or row.get("revoked_ms") else row["jwk"]

    def signing(self, kind: Kind, kid: str | None, tx: ReadTx) -> SigningKey | None:
        """The key that signs; None where there is none with a private part (TV-3).

        Args:
            kind: of which kind.
            kid: a key that must be the one; None for any.
            tx: where to look.

        Raises:
            NotFound: it is another one than ``kid`` that signs.
        """
        row = self.current(kind, tx)
        if row is None:
            return None
        if kid not in {None, row["kid"]}:
            raise NotFound(f"there is no key {kid} that signs by {kind}", at="$.kid")
        try:
            pem = tx.get_secret(self.private, name_of(row)).text
        except NotFound:
            return None
        return SigningKey.load(pem, split(kind)[0])

    def current(self, kind: Kind, tx: ReadTx) -> Item | None:
        """The key that signs now; None for none, such as when the one that was to is revoked."""
        for row in self.of(kind, tx):
            if row["signs_from_ms"] <= tx.now_ms < row.get("signs_until_ms", FOR_EVER):
                return row
        return None

    def of(self, kind: Kind, tx: ReadTx) -> list[Item]:
        """The published keys of a kind, newest first."""
        found = tx.query(self.public, kind, index="by-kind", reverse=True, limit=1_000).items
        return [row for row in found if not row.get("revoked_ms")]

    async def rotate(self, kinds: Sequence[Kind], why: str, *, at_once: bool) -> list[KeyInfo]:
        """Make keys, and let them take the place of the present ones (TV-4, TV-5).

        Args:
            kinds: of which kinds.
            why: for those who look later.
            at_once: whether they sign from now on; else once caches of the key set have them.

        Raises:
            EnsueError: they could not be kept: all is as it was, and an alarm was sent.
        """
        made = [(kind, await SigningKey.generate_aside(*split(kind))) for kind in kinds]
        try:
            ahead_ms = 0 if at_once else AHEAD_MS
            return await self.app.run(self.publish, made, why, ahead_ms)
        except EnsueError as fault:
            await self.app.run(self.alarm, f"Keys ({', '.join(kinds)}) could not be kept: {fault}")
            raise

    def publish(
        self, made: Sequence[tuple[Kind, SigningKey]], why: str, ahead_ms: int, tx: Tx
    ) -> list[KeyInfo]:
        """Keep the public and the private part of keys, in one transaction."""
        found = []
        for kind, key in made:
            is_first = self.current(kind, tx) is None
            starts_ms = tx.now_ms + (0 if is_first else ahead_ms)
            for row in self.of(kind, tx):
                ends_ms = min(row.get("signs_until_ms", starts_ms), starts_ms)
                until_s = row.get("until_s", starts_ms // 1_000 + LIFE_MAX_S + SLACK_S)
                tx.put(self.public, row | {"signs_until_ms": ends_ms, "until_s": until_s})
            new = Item(
                kid=key.kid,
                kind=kind,
                jwk=key.public,
                why=why,
                made_ms=tx.now_ms,
                signs_from_ms=starts_ms,
            )
            tx.put(self.public, new)
            tx.put_secret(self.private, name_of(new), key.pem)
            found.append(info(new))
        return found

    async def tend(self, wanted: Sequence[Kind]) -> None:
        """Make the keys whose time has come, and delete the private parts of those that signed."""
        due = await self.app.read(self.due, wanted)
        if due:
            await self.rotate(due, "schedule", at_once=False)
        await self.app.run(self.prune)

    def due(self, wanted: Sequence[Kind], tx: ReadTx) -> list[Kind]:
        """The kinds whose newest key is old, or is not there."""
        oldest_ms = tx.now_ms - PERIOD_MS
        newest = {kind: self.of(kind, tx)[:1] for kind in wanted}
        return [
            kind for kind, rows in newest.items() if not rows or rows[0]["made_ms"] <= oldest_ms
        ]

    def prune(self, tx: Tx) -> None:
        """Delete private parts that sign nothing any more; public ones go by themselves."""
        for row in self.published(tx):
            if row.get("signs_until_ms", FOR_EVER) <= tx.now_ms:
                self.forget(row, tx)

    def revoke(self, kid: str, tx: Tx) -> Kind:
        """Let a key verify nothing from now on.

        Raises:
            NotFound: there is no such key.
        """
        row = tx.get(self.public, kid)
        if row is None:
            raise NotFound(f"there is no key {kid}")
        until_s = max(row.get("until_s", 0), tx.now_ms // 1_000 + LIFE_MAX_S + SLACK_S)
        tx.put(self.public, row | {"revoked_ms": tx.now_ms, "until_s": until_s})
        self.forget(row, tx)
        self.alarm(f"The key {kid} was revoked.", tx)
        return cast(Kind, row["kind"])

    def forget(self, row: Item, tx: Tx) -> None:
        """Delete a private part, if it is still there."""
        try:
            tx.delete_secret(self.private, name_of(row), recovery=0)
        except NotFound:
            return

    def alarm(self, text: str, tx: Tx) -> None:
        """Tell the operators."""
        tx.send(self.alarms, {"subject": "Keys of the token service", "text": text})


def looked(table: Table[Any], key: str) -> Item | None:
    """An item as it is committed now."""
    found: Item | None = table.look(key)
    return found


def name_of(row: Item) -> str:
    """What the private part of a key is called in the vault."""
    return f"{row['kind']}/{row['kid']}"


def split(kind: Kind) -> tuple[Algorithm, int | None]:
    """The algorithm of a kind of key, and its size."""
    algorithm, _, bits = kind.partition("-")
    return cast(Algorithm, algorithm), int(bits) if bits else None


def info(row: Item) -> KeyInfo:
    """What is known of a key."""
    return KeyInfo(
        kid=row["kid"],
        kind=row["kind"],
        why=row["why"],
        made_ms=row["made_ms"],
        signs_from_ms=row["signs_from_ms"],
        published_until_s=row.get("until_s"),
        revoked_ms=row.get("revoked_ms"),
    )
