"""Sessions: refresh tokens that are good once, and end together (RFC 9700, 4.14.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from apps.tokens.keyring import Keyring
from apps.tokens.shapes import LIFE_MAX_S, Grant, Order, Permission
from ensue import ApiKeys, Forbidden, Item, ReadTx, Table, Tx

Permitted = Callable[[str, Order, ReadTx], Permission]


@dataclass(frozen=True)
class Sessions:
    """The refresh tokens of one issuer; only their hashes are kept.

    Attributes:
        tokens: by their hashes.
        clients: whose they are.
        revocations: what is good no longer.
        keyring: tells the operators what they should know.
    """

    tokens: Table[Any]
    clients: Table[Any]
    revocations: Table[Any]
    keyring: Keyring

    def begin(
        self, client: str, order: Order, permitted: Permitted, tx: Tx
    ) -> tuple[Grant, str, int]:
        """Begin a session: what it grants, its first refresh token, and when it ends.

        Raises:
            Forbidden: the client may not have one.
        """
        permission = permitted(client, order, tx)
        if not permission.refresh_s:
            raise Forbidden("this client may not have refresh tokens")
        grant = Grant(client, order, session=tx.new_id())
        until_s = tx.now_ms // 1_000 + permission.refresh_s
        return grant, self.follow_on(grant, until_s, tx), until_s

    def follow_on(self, grant: Grant, until_s: int, tx: Tx) -> str:
        """A new refresh token of a session."""
        text = tx.new_key("rt_")
        row = {
            "hash": ApiKeys.hash(text),
            "client": grant.client,
            "session": grant.session,
            "order": msgspec.to_builtins(grant.order),
            "made_s": tx.now_ms // 1_000,
            "until_s": until_s,
        }
        tx.put(self.tokens, row)
        return text

    def take(
        self, client: str, text: str, permitted: Permitted, tx: Tx
    ) -> tuple[Grant, str, int] | None:
        """Take a refresh token for the next one; None for one that is not good.

        Raises:
            Forbidden: the client may not have any more what it was granted.
        """
        row = tx.get(self.tokens, ApiKeys.hash(text))
        if row is None or row["client"] != client or not self.is_live(row, tx):
            return None
        if row.get("taken"):
            # Two have it: its owner, and who stole it. Nobody knows which of them this is.
            self.end(row, tx)
            self.keyring.alarm(f"A refresh token of the client {client} was shown twice.", tx)
            return None
        tx.put(self.tokens, row | {"taken": True})
        grant = Grant(client, msgspec.convert(row["order"], Order), row["session"])
        permitted(client, grant.order, tx)
        return grant, self.follow_on(grant, row["until_s"], tx), row["until_s"]

    def is_live(self, row: Item, tx: ReadTx) -> bool:
        """Whether the session of a refresh token goes on."""
        client = tx.get(self.clients, row["client"])
        return (
            client is not None
            and row["made_s"] > client.get("revoked_s", -1)
            and tx.get(self.revocations, f"session {row['session']}") is None
        )

    def end(self, row: Item, tx: Tx) -> None:
        """End the session of a refresh token, with its access tokens."""
        revoke(self.revocations, f"session {row['session']}", row["until_s"] + LIFE_MAX_S, tx)


def revoke(revocations: Table[Any], what: str, until_s: int, tx: Tx) -> None:
    """Remember for as long as it matters that something is not good any more."""
    tx.put(revocations, {"what": what, "since_ms": tx.now_ms, "until_s": until_s})
