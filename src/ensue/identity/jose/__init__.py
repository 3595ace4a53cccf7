"""What is verified by the libraries joserfc and cryptography: the extra ``ensue[jose]``."""

from ensue.identity.jose.chains import chain_key, roots_of
from ensue.identity.jose.keys import key_set
from ensue.identity.jose.tokens import claims_of, header_of

__all__ = ["chain_key", "claims_of", "header_of", "key_set", "roots_of"]
