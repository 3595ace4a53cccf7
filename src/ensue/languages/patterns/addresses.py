"""IP addresses and blocks of them, as the pattern language reads them.

Only texts that look like addresses are read, so a name is never looked up. Octets are decimal even
with leading zeros, and an IPv4 address wrapped in IPv6 (``::ffff:...``) is that IPv4 address.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address

ADDRESS_BITS = {4: 32, 6: 128}

_IPV4 = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,10}){3}")
_IPV6 = re.compile(r"[0-9a-fA-F:]*:[0-9a-fA-F:]*")
_CACHED_TEXTS = 4096


@lru_cache(maxsize=_CACHED_TEXTS)
def read_address(text: str) -> tuple[int, int] | None:
    """The version and number of an IP address, or None where the text is not one."""
    if _IPV4.fullmatch(text):
        octets = [int(octet) for octet in text.split(".")]
        if max(octets) > 255:
            return None
        return 4, int.from_bytes(bytes(octets), "big")
    if not _IPV6.fullmatch(text):
        return None
    try:
        address = IPv6Address(text)
    except AddressValueError:
        return None
    wrapped = address.ipv4_mapped
    return (6, int(address)) if wrapped is None else (4, int(wrapped))
