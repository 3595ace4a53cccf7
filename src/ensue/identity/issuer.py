"""The issuer whose tokens open the platform's own doors."""

from __future__ import annotations

from dataclasses import dataclass

from ensue.identity.bearer import Bearer

KEYS_PATH = "/.well-known/jwks.json"
OPERATOR, READER = "operator", "reader"


@dataclass(frozen=True)
class Issuer:
    """Whose tokens are taken, and what they must say.

    Attributes:
        url: who must have issued them.
        audience: for whom they must be.
        keys: the address of its public keys; None for where most have them, below its own.
        role: who has it may do everything.
        reader_role: who has it may read.
    """

    url: str
    audience: str
    keys: str | None = None
    role: str = OPERATOR
    reader_role: str = READER

    def verifier(self) -> Bearer:
        """What verifies its tokens, of either role.

        Raises:
            InvalidDeclaration: its keys have no address over https, or http on this machine.
        """
        return Bearer(
            keys=self.keys or self.url.rstrip("/") + KEYS_PATH,
            issuer=self.url,
            audience=self.audience,
            roles=[self.role, self.reader_role],
        )
