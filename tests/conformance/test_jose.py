"""Tokens between us and the library `jose` of npm: each verifies those of the other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ensue import SigningKey, verify_token
from ensue.engine.clock import SystemClock
from ensue.identity import ALGORITHMS

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("ENSUE_NPM", REPOSITORY / ".venv" / "npm"))
SCRIPT = Path(__file__).with_name("jose.mjs")
ISSUER, AUDIENCE = "https://tokens.example", "shop"
ABSENT = f"no jose to ask: `make jose` puts it into {FOLDER}"
IS_THERE = shutil.which("node") is not None and (FOLDER / "node_modules" / "jose").is_dir()

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not IS_THERE, reason=ABSENT),
]


@pytest.fixture(scope="module")
def ours():
    return {algorithm: SigningKey.generate(algorithm) for algorithm in ALGORITHMS}


@pytest.fixture(scope="module")
def theirs(ours):
    """What it says of our tokens, and tokens of its own."""
    now_s = SystemClock().now_ms() // 1_000
    claims = {"iss": ISSUER, "aud": AUDIENCE, "iat": now_s, "exp": now_s + 300, "text": "Zoë"}
    given = {
        "keys": {"keys": [key.public for key in ours.values()]},
        "tokens": {name: key.sign(claims, type="at+jwt") for name, key in ours.items()},
        "issuer": ISSUER,
        "audience": AUDIENCE,
    }
    done = subprocess.run(
        ["node", str(SCRIPT), str(FOLDER)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_it_verifies_our_tokens_and_refuses_them_when_they_are_changed(ours, theirs, algorithm):
    found = theirs["verified"][algorithm]

    assert found["header"] == {"alg": algorithm, "kid": ours[algorithm].kid, "typ": "at+jwt"}
    assert found["claims"]["text"] == "Zoë"
    assert theirs["refused"][algorithm] == "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_we_verify_its_tokens(theirs, algorithm):
    found = verify_token(
        theirs["tokens"][algorithm],
        theirs["keys"],
        issuer=ISSUER,
        audience=AUDIENCE,
        type="at+jwt",
        now_ms=SystemClock().now_ms(),
        leeway="5s",
    )

    assert found["text"] == "Zoë"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_both_call_a_key_the_same(ours, theirs, algorithm):
    assert theirs["thumbprints"][f"{algorithm} of ours"] == ours[algorithm].kid
