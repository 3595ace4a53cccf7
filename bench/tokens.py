"""Tokens: how many are signed and verified a second, and how many key sets are served.

    python bench/tokens.py [--seconds 1]

Each line signs, and verifies, one after the other on one core. The key set is asked for over HTTP
on 127.0.0.1, from a process of its own that runs `apps/tokens`, by several connections at once; so
is `POST /sign`, which commits a note of what it signs. Figures of one run on one machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from ensue import SigningKey, verify_token

ROOT = Path(__file__).parents[1]
ISSUER = "http://127.0.0.1:8080"
ADMIN_KEY = "bench-admin-key"
KINDS = (
    ("RS256", 2_048),
    ("RS256", 4_096),
    ("PS256", 2_048),
    ("PS256", 4_096),
    ("ES256", None),
    ("EdDSA", None),
)
CONNECTIONS = 8
PORT = 8_917
NOW_S = 1_700_000_000


def rate(run: Callable[[], object], seconds: float) -> float:
    """How often something is done a second."""
    run()
    done, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        run()
        done += 1
    return done / spent


def in_process(seconds: float) -> None:
    """Sign and verify."""
    print("| algorithm | bits | made in | signatures/s | verifications/s |")
    print("| --- | --- | --- | --- | --- |")
    for algorithm, bits in KINDS:
        began = time.perf_counter()
        key = SigningKey.generate(algorithm, bits)
        made_ms = (time.perf_counter() - began) * 1_000
        claims = {"iss": ISSUER, "aud": "shop", "sub": "ann", "iat": NOW_S, "exp": NOW_S + 600}
        token, keys = key.sign(claims), {"keys": [key.public]}
        signed = rate(lambda key=key, claims=claims: key.sign(claims), seconds)
        verified = rate(
            lambda token=token, keys=keys: verify_token(
                token, keys, issuer=ISSUER, audience="shop", now_ms=NOW_S * 1_000
            ),
            seconds,
        )
        print(f"| {algorithm} | {key.bits} | {made_ms:.0f} ms | {signed:,.0f} | {verified:,.0f} |")


def served(seconds: float) -> None:
    """Ask a running token service."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "ensue", "run", "apps/tokens",
                "--port", str(PORT), "--data", folder,
            ],
            cwd=ROOT,
            env=os.environ | {"TOKENS_ADMIN_KEY": ADMIN_KEY},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            asyncio.run(ask(f"http://127.0.0.1:{PORT}", seconds))
        finally:
            process.terminate()
            process.wait()


async def ask(url: str, seconds: float) -> None:
    """Print how much is answered."""
    limits = httpx.Limits(max_connections=CONNECTIONS)
    async with httpx.AsyncClient(base_url=url, limits=limits, trust_env=False) as client:
        await answers(client)
        permission = {
            "kinds": ["RS256-2048", "RS256-4096", "ES256", "EdDSA"],
            "audiences": ["shop"],
            "introspects": True,
        }
        made = await client.put(
            "/clients/bench", json=permission, headers={"x-admin-key": ADMIN_KEY}
        )
        own = {"x-api-key": made.raise_for_status().json()["key"]}
        orders: dict[str, dict[str, Any]] = {
            f"{algorithm} {bits}": {"audience": "shop", "algorithm": algorithm, "bits": bits}
            for algorithm, bits in (("ES256", 2_048), ("RS256", 2_048), ("RS256", 4_096))
        }
        for order in orders.values():
            (await client.post("/sign", json=order, headers=own)).raise_for_status()
        keys = await client.get("/.well-known/jwks.json")
        known = {"if-none-match": keys.headers["etag"]}
        print("\n| request | answers/s |\n| --- | --- |")
        asked: dict[str, Callable[[], Awaitable[httpx.Response]]] = {
            "GET jwks.json": lambda: client.get("/.well-known/jwks.json"),
            "GET jwks.json, 304": lambda: client.get("/.well-known/jwks.json", headers=known),
        }
        for name, order in orders.items():
            asked[f"POST /sign, {name}"] = lambda order=order: client.post(
                "/sign", json=order, headers=own
            )
        for name, send in asked.items():
            print(f"| {name} | {await answered(send, seconds):,.0f} |")


async def answers(client: httpx.AsyncClient) -> None:
    """Wait until the server answers."""
    for _ in range(200):
        try:
            await client.get("/_ensue/health")
        except httpx.TransportError:
            await asyncio.sleep(0.1)
        else:
            return
    raise TimeoutError("the server does not answer")


async def answered(send: Callable[[], Awaitable[httpx.Response]], seconds: float) -> float:
    """How many requests are answered a second."""
    done = 0
    began = time.perf_counter()

    async def go_on() -> None:
        nonlocal done
        while time.perf_counter() - began < seconds:
            answer = await send()
            assert answer.status_code in {200, 304}, answer.text
            done += 1

    await asyncio.gather(*(go_on() for _ in range(CONNECTIONS)))
    return done / (time.perf_counter() - began)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each line")
    given = parser.parse_args()
    in_process(given.seconds)
    served(given.seconds)
