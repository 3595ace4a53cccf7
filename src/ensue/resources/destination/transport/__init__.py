"""The way out: HTTP requests, and the tokens that they show."""

from ensue.resources.destination.transport.caller import Caller, Outlets
from ensue.resources.destination.transport.tokens import TOKEN_TIMEOUT_MS

__all__ = ["TOKEN_TIMEOUT_MS", "Caller", "Outlets"]
