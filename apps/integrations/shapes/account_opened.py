"""The types of furniture@AccountOpened, version 1."""

from __future__ import annotations

from msgspec import Struct


class AccountOpened(Struct, frozen=True, kw_only=True):
    """The detail of AccountOpened."""

    customer_id: str
    account: str
