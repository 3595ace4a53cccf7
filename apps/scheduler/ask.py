"""A client, to try it with: `python apps/scheduler/ask.py URL METHOD PATH [BODY]`, signed."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets  # noqa: TID251 - this is outside
import sys
import time  # noqa: TID251 - likewise

import httpx


def main(url: str, method: str, path: str, body: str = "") -> None:
    """Ask, and print the status and the answer."""
    secret = os.environ.get("SCHEDULER_SECRET", "scheduler-demo")
    stamp, nonce = str(int(time.time())), secrets.token_urlsafe()
    content = f"{stamp}.{nonce}.{method} {path}\n{body}"
    signature = hmac.new(secret.encode(), content.encode(), hashlib.sha256).hexdigest()
    headers = {"x-timestamp": stamp, "x-nonce": nonce, "x-signature": signature}
    if body:
        headers["content-type"] = "application/json"
    answer = httpx.request(method, url + path, headers=headers, content=body or None)
    sys.stdout.write(f"{answer.status_code} {answer.text}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
