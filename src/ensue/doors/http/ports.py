"""The ports that a server listens on."""

from __future__ import annotations

import errno
import socket
import sys

from ensue.words.errors import Conflict, EnsueError, InvalidValue, NotPermitted

BACKLOG = 2_048


def resolved(host: str) -> tuple[socket.AddressFamily, str]:
    """A host of this machine as an address, of IPv4 where it has one.

    Raises:
        InvalidValue: this machine has no such host.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise InvalidValue(
            f"expected a name or address of this machine, got {host!r}",
            at="--host",
            hint="127.0.0.1 is this machine alone; 0.0.0.0 is all its addresses.",
        ) from None
    family, *_, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    return family, str(address[0])


def is_loopback(address: str) -> bool:
    """Whether only this machine can connect to an address."""
    return address.startswith("127.") or address == "::1"


def listening(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    """A socket that listens on a port; 0 for any that is free.

    Raises:
        Conflict: the port is taken.
        NotPermitted: this user may not listen there.
        InvalidValue: this machine has no such address.
    """
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        made.listen(BACKLOG)
    except OSError as fault:
        made.close()
        raise _in_our_words(fault, address, port) from None
    made.setblocking(False)  # noqa: FBT003 - the socket module's own signature
    return made


def _in_our_words(fault: OSError, address: str, port: int) -> EnsueError:
    if fault.errno == errno.EADDRINUSE:
        return Conflict(
            f"the port {port} is taken",
            at=url_of(address, port),
            hint="Stop what listens there, or name another with --port.",
        )
    if fault.errno in {errno.EACCES, errno.EPERM}:
        return NotPermitted(
            f"this user may not listen on port {port}",
            at=url_of(address, port),
            hint="Name one above 1023 with --port.",
        )
    return InvalidValue(
        f"expected an address of this machine, got {address} ({fault.strerror})", at="--host"
    )


def url_of(address: str, port: int) -> str:
    """The URL of an address and a port."""
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"
