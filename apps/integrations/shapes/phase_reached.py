"""The types of furniture@PhaseReached, version 1."""

from __future__ import annotations

from msgspec import Struct


class PhaseReached(Struct, frozen=True, kw_only=True):
    """The detail of PhaseReached."""

    order_id: str
    customer: PhaseReachedCustomer
    specification: PhaseReachedSpecification
    phase: str


class PhaseReachedCustomer(Struct, frozen=True, kw_only=True):
    """The PhaseReached customer of an event."""

    name: str
    email: str
    address: str


class PhaseReachedSpecification(Struct, frozen=True, kw_only=True):
    """The PhaseReached specification of an event."""

    piece: str
    wood: str
    size_mm: list[int]
