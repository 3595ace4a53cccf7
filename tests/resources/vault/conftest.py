from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.engine.keyring import FILE_VARIABLE, KEY_VARIABLE, PREVIOUS_VARIABLE


@pytest.fixture(autouse=True)
def no_keys_of_the_one_who_tests(monkeypatch):
    for name in (KEY_VARIABLE, FILE_VARIABLE, PREVIOUS_VARIABLE):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def app() -> App:
    return App("shop")


@pytest.fixture
def keys(app):
    return app.vault("keys")
