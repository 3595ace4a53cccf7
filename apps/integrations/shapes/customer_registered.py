"""The types of acme-crm@customer.registered, version 1."""

from __future__ import annotations

from msgspec import Struct


class CustomerRegistered(Struct, frozen=True, kw_only=True):
    """The detail of customer.registered."""

    customer_id: str
    name: str
    email: str
    country: str
