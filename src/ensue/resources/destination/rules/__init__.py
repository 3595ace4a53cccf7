"""What destinations decide without I/O: what is sent, what an answer means, what is not shown."""

from ensue.resilience.answers import Meaning, meaning_of, retry_after_ms
from ensue.resources.destination.rules.formats import encoded
from ensue.resources.destination.rules.masks import Mask
from ensue.resources.destination.rules.requests import Plan, Rendered, check_url

__all__ = [
    "Mask",
    "Meaning",
    "Plan",
    "Rendered",
    "check_url",
    "encoded",
    "meaning_of",
    "retry_after_ms",
]
