"""Times as the language writes them: RFC 3339 with ``T`` and a zone."""

from __future__ import annotations


def parse_timestamp(text: object) -> int | None:
    """Nanoseconds since 1970 UTC; None when it is no timestamp.

    Args:
        text: such as ``2016-03-14T01:59:00Z`` or ``2016-03-14T01:59:00.123+02:00``.
    """
    raise NotImplementedError
