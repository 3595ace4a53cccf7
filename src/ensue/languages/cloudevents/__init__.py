"""CloudEvents 1.0: events as the CNCF describes them, in JSON and in HTTP requests.

README.md of this folder is the specification. Pure: no clock, no randomness, no I/O.
"""

from ensue.languages.cloudevents.attributes import REQUIRED
from ensue.languages.cloudevents.described import SCHEMA
from ensue.languages.cloudevents.envelope import from_envelope, to_envelope
from ensue.languages.cloudevents.event import NO_DATA, CloudEvent, NoData
from ensue.languages.cloudevents.http_binding import (
    Mode,
    decode_binary,
    encode_binary,
    mode_of,
)
from ensue.languages.cloudevents.json_format import (
    BATCH,
    EVENTS_MAX,
    STRUCTURED,
    decode_batch,
    decode_structured,
    encode_batch,
    encode_structured,
    from_object,
    to_object,
)

__all__ = [
    "BATCH",
    "EVENTS_MAX",
    "NO_DATA",
    "REQUIRED",
    "SCHEMA",
    "STRUCTURED",
    "CloudEvent",
    "Mode",
    "NoData",
    "decode_batch",
    "decode_binary",
    "decode_structured",
    "encode_batch",
    "encode_binary",
    "encode_structured",
    "from_envelope",
    "from_object",
    "mode_of",
    "to_envelope",
    "to_object",
]
