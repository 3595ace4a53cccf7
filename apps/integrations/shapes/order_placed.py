"""The types of furniture@OrderPlaced, version 1."""

from __future__ import annotations

from msgspec import Struct


class OrderPlaced(Struct, frozen=True, kw_only=True):
    """The detail of OrderPlaced."""

    order_id: str
    customer: OrderPlacedCustomer
    specification: OrderPlacedSpecification


class OrderPlacedCustomer(Struct, frozen=True, kw_only=True):
    """The OrderPlaced customer of an event."""

    name: str
    email: str
    address: str


class OrderPlacedSpecification(Struct, frozen=True, kw_only=True):
    """The OrderPlaced specification of an event."""

    piece: str
    wood: str
    size_mm: list[int]
