"""The mock of the fulfilment centres."""

from __future__ import annotations

from apps.post_payment.outside import app
from apps.post_payment.sample import CENTRES, SESSION


def test_a_centre_takes_an_order_once_and_says_the_same_again(run_app):
    t = run_app(app, start_ms=1_724_685_984_000)  # 2024-08-26T15:26:24Z

    first = t.post(f"/centres/{CENTRES[0]}/orders", {"SessionId": SESSION})
    t.advance("1d")
    again = t.post(f"/centres/{CENTRES[0]}/orders", {"SessionId": SESSION})

    assert first.body == again.body == {"arrivalDate": "2024-08-29"}
