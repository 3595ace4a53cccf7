"""The items of a Map that reads them: JSON, JSON Lines, CSV, manifests and listings of objects."""

from ensue.languages.states.readers.config import ReaderConfig, parse_config
from ensue.languages.states.readers.dataset import (
    Cursor,
    Dataset,
    File,
    Got,
    Listed,
    Listing,
    Taken,
    Window,
)
from ensue.languages.states.readers.window import ITEM_BYTES_MAX, failed

__all__ = [
    "ITEM_BYTES_MAX",
    "Cursor",
    "Dataset",
    "File",
    "Got",
    "Listed",
    "Listing",
    "ReaderConfig",
    "Taken",
    "Window",
    "failed",
    "parse_config",
]
