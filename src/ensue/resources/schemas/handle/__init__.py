"""What an application holds of a schema registry."""

from ensue.resources.schemas.handle.registry import Schemas

__all__ = ["Schemas"]
