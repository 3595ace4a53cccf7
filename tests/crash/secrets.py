"""Secrets that are put, and sealed under another key while the process is killed at any step."""

from __future__ import annotations

import base64
import os

from ensue.engine.keyring import KEY_VARIABLE, PREVIOUS_VARIABLE, MasterKey

OLD, NEW = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
NEW_ID = MasterKey(base64.b64decode(NEW)).id
VERSIONS = [f"secret {number}" for number in range(5)]


def secrets(world):
    """A vault, and a queue that is told of each secret."""
    os.environ[KEY_VARIABLE], os.environ[PREVIOUS_VARIABLE] = OLD, ""
    world.vault = world.app.vault("keys")
    world.queue("told")


def tell_secrets(t):
    for name in VERSIONS:
        t.keep(name)
    t.settle()
    os.environ[KEY_VARIABLE], os.environ[PREVIOUS_VARIABLE] = NEW, OLD
    t.until(lambda: t.world.vault.rekey(batch=2))
    look(t)
    t.keep("secret 5")
    look(t)


def look(t):
    """Each version is what was put, and all are under the key of now."""

    async def opened():
        return [(await t.world.vault.get("bank", n + 1)).text for n in range(len(VERSIONS))]

    async def keys():
        return (await t.world.vault.status())["versions"]

    for name, found in zip(VERSIONS, t.until(opened), strict=True):
        t.world.observe("opened", name, found)
    t.world.observe("sealed", list(t.until(keys)), [NEW_ID])
