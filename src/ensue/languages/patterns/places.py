"""Places in a pattern, written as JSON paths for messages."""

from __future__ import annotations

import json
import re

Steps = tuple[str | int, ...]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def json_path(steps: Steps) -> str:
    """The JSON path of a place, such as ``$.detail['order-id'][0].prefix``."""
    return "$" + "".join(_step(step) for step in steps)


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _PLAIN.fullmatch(step) else f"[{json.dumps(step, ensure_ascii=False)}]"
