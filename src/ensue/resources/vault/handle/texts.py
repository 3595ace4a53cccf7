"""Secrets within texts that are kept: sealed where they stand, and opened when they are sent.

What a state of an execution gets stands in its history. So it gets a secret as
``{{sealed:KEYID.BASE64}}``, sealed once more, for the use of one workflow: nobody else's text is
opened, and data from outside cannot name a secret, for nobody can make such a text but a vault.
"""

from __future__ import annotations

import base64
import binascii
import re

from ensue.engine.keyring import Keyring
from ensue.resources.vault.model import SecretValue
from ensue.resources.vault.rules import Spot, seal, unseal
from ensue.words.errors import Unfit
from ensue.words.names import Ref

SEALED = "{{sealed:"

_SEALED = re.compile(r"\{\{sealed:([0-9a-f]{16})\.([A-Za-z0-9_-]+)\}\}")


def seal_text(keyring: Keyring, user: Ref, value: SecretValue) -> str:
    """A secret as it may stand in a text.

    Args:
        keyring: the keys of the store.
        user: for whose use, such as a workflow.
        value: the secret.

    Raises:
        MissingKey: there is no master key.
    """
    key = keyring.to_seal()
    sealed = seal(key, _spot(user), value.bytes, is_text=value.is_text)
    return f"{{{{sealed:{key.id}.{base64.urlsafe_b64encode(sealed).decode().rstrip('=')}}}}}"


def open_texts(keyring: Keyring, user: Ref, text: str, opened: list[str]) -> str:
    """A text with each secret that is sealed in it as it is.

    Args:
        keyring: the keys of the store.
        user: for whose use they were sealed.
        text: the text.
        opened: gets each secret that was opened, so that it can be hidden in what comes back.

    Raises:
        MissingKey: the key of one is not here any more.
        Unfit: one was sealed for another's use, or changed.
    """

    def replaced(found: re.Match[str]) -> str:
        key = keyring.to_open(found[1])
        secret = unseal(key, _spot(user), _decoded(found[2])).text
        opened.append(secret)
        return secret

    return _SEALED.sub(replaced, text)


def _spot(user: Ref) -> Spot:
    # No vault is called so: the names of resources begin with a letter.
    return Spot(Ref(user.app, "vault", f"/{user.kind}/{user.name}"), "text", 0)


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise Unfit("expected a sealed text, got what is none") from None
