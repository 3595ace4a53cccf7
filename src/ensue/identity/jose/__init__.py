"""What is signed and verified by joserfc and cryptography: the extra ``ensue[jose]``."""

from ensue.identity.jose.chains import chain_key, roots_of
from ensue.identity.jose.keys import fetched_key_set, key_set, one_key
from ensue.identity.jose.signing import facts_of, generated, loaded, public_part, signed
from ensue.identity.jose.tokens import check_algorithm, claims_of, header_of

__all__ = [
    "chain_key",
    "check_algorithm",
    "claims_of",
    "facts_of",
    "fetched_key_set",
    "generated",
    "header_of",
    "key_set",
    "loaded",
    "one_key",
    "public_part",
    "roots_of",
    "signed",
]
