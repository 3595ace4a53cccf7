"""Files that pages need: stylesheets, scripts, pictures.

The address of each has its content's hash, so what it stands for never changes, and browsers keep
it for a year without asking again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ensue.words.errors import InvalidDeclaration

STATIC = "/_static"
ASSET_BYTES_MAX = 2_097_152
HASH_LENGTH = 12

MEDIA_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}


class Asset(NamedTuple):
    """A file that pages need.

    Attributes:
        path: where it is served.
        media_type: what it is.
        content: its bytes.
    """

    path: str
    media_type: str
    content: bytes


def assets_in(folder: Path, owner: str, root: str = STATIC) -> dict[str, Asset]:
    """The files in a folder and below, by name: ``demo.js``, ``icons/up.svg``.

    Args:
        folder: where they are; there may be none.
        owner: whose they are: an app's name, or ``ensue``.
        root: below which address they are served.

    Raises:
        InvalidDeclaration: one is of a kind that browsers are not sent, or too large.
    """
    return {
        each.relative_to(folder).as_posix(): _asset(each, folder, f"{root}/{owner}")
        for each in _files(folder)
    }


def _files(folder: Path) -> Iterator[Path]:
    for each in sorted(folder.rglob("*")):
        if each.is_file() and not any(
            part.startswith(".") for part in each.relative_to(folder).parts
        ):
            yield each


def _asset(file: Path, folder: Path, place: str) -> Asset:
    media_type = MEDIA_TYPES.get(file.suffix.lower())
    if media_type is None:
        raise InvalidDeclaration(
            f"expected a file of {', '.join(MEDIA_TYPES)}, got {file.name}", at=str(folder)
        )
    content = file.read_bytes()
    if len(content) > ASSET_BYTES_MAX:
        raise InvalidDeclaration(
            f"expected at most {ASSET_BYTES_MAX} bytes, got {len(content)} in {file.name}",
            at=str(folder),
            hint="Keep it in a bucket, and answer with ObjectAnswer.",
        )
    inside = file.relative_to(folder)
    name = f"{inside.stem}.{hashlib.sha256(content).hexdigest()[:HASH_LENGTH]}{inside.suffix}"
    return Asset(f"{place}/{inside.with_name(name).as_posix()}", media_type, content)
