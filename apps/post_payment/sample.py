"""The sample session of the original, and stock for what is in it."""

from __future__ import annotations

from typing import Any

SESSION = "a48eb859-c71e-4566-9b05-d8e5e46d8a25"
CENTRES = ("300aa993-ef76-4ff4-87f6-cb57380057aa", "55ca7c2b-8b00-4419-98d7-f4f959464c97")
T_SHIRT = "587a2bd7-000d-4f28-b240-d7b57473ecbd"
PANTS = "9f44cb7f-6c60-4f30-87ca-081206d3a6a2"
SHOES = "21a90825-3c6d-4121-9be6-8aa10b72b60d"


def _product(centre: str, product: str, name: str, price: int, quantity: int) -> dict[str, Any]:
    return {
        "fulfillmentCenterId": centre,
        "id": product,
        "name": name,
        "price": price,
        "quantity": quantity,
    }


SAMPLE: dict[str, Any] = {
    "SessionId": SESSION,
    "CustomerId": "123",
    "PaymentStatus": "Success",
    "Products": [
        _product(CENTRES[0], T_SHIRT, "T-Shirt", 10, 5),
        _product(CENTRES[0], PANTS, "Pants", 15, 2),
        _product(CENTRES[1], SHOES, "Shoes", 18, 7),
    ],
}
STOCK = [{"id": each, "quantity": 100} for each in (T_SHIRT, PANTS, SHOES)]
