"""The base of typed bodies."""

from __future__ import annotations

import msgspec


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """A typed body: its fields are what a request must give, and nothing else is taken.

    ```python
    class NewOrder(Body):
        customerId: Annotated[str, Meta(min_length=1, max_length=64)]
        quantity: Annotated[int, Meta(ge=1, le=1000)]
    ```
    """
