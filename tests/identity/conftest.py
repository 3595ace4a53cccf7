from __future__ import annotations

import pytest

from ensue.engine.secrets import Secret


@pytest.fixture
def secret(monkeypatch):
    """A secret by its name and text: ``secret("STRIPE", "whsec_1")``."""

    def keep(name, text):
        monkeypatch.setenv(name, text)
        return Secret.env(name)

    return keep
