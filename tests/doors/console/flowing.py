"""A shop with workflows of each form, for the views of workflows and approvals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import msgspec

from ensue import App, Tx

Reason = Literal["damaged", "late", "other"]


@dataclass
class Refund:
    """How much is paid back."""

    approved: bool
    cents: Annotated[int, msgspec.Meta(description="What the customer gets.")] = 0
    reason: Reason = "other"
    comment: str = ""


@dataclass
class Shop:
    """A shop.

    Attributes:
        app: the app.
        bank_is_open: whether charges succeed.
        charged: how often the bank was asked.
    """

    app: App = field(default_factory=lambda: App("shop"))
    bank_is_open: bool = False
    charged: int = 0

    def __post_init__(self) -> None:
        app = self.app
        self.parcels = app.table("parcels", key="order")
        self.desk = app.queue("desk")
        self._functions(app)
        self.ship: Any = app.workflow("ship", definition=self._ship())
        self.review: Any = app.workflow(
            "review", definition=self._review(), forms={"Decide": Refund}
        )

        @app.workflow
        async def refund(ctx: Any, order: Any) -> Any:
            await ctx.step(self._note, order["id"], name="note")
            decision = await ctx.wait_for_human(
                "decide",
                title=f"Refund order {order['id']}?",
                form=Refund,
                data=order,
                timeout="3d",
            )
            await ctx.step(self._note, "paid back", name="pay back")
            return {"cents": decision.cents}

        self.refund: Any = refund

    def _functions(self, app: App) -> None:
        @app.function
        def pack(order: dict[str, Any], tx: Tx) -> dict[str, str]:
            tx.put(self.parcels, {"order": str(order["id"]), "state": "packed"})
            return {"parcel": f"parcel {order['id']}"}

        @app.function
        async def charge(order: dict[str, Any]) -> dict[str, int]:
            self.charged += 1
            if order["total"] > 10 and not self.bank_is_open:
                raise ConnectionError("the bank is closed until Monday")
            return {"charged": order["total"]}

        @app.function
        def label(line: dict[str, Any], tx: Tx) -> dict[str, str]:
            del tx
            return {"label": f"{line['sku']} x {line['n']}"}

        self.pack, self.charge, self.label = pack, charge, label

    def _note(self, said: str, tx: Tx) -> str:
        tx.put(self.parcels, {"order": str(said), "state": "noted"})
        return said

    def _ship(self) -> dict[str, Any]:
        retry = [{"ErrorEquals": ["ConnectionError"], "IntervalSeconds": 1, "MaxAttempts": 2}]
        labels = {
            "StartAt": "Label",
            "States": {"Label": {"Type": "Task", "Resource": self.label, "End": True}},
        }
        return {
            "StartAt": "Pack",
            "States": {
                "Pack": {
                    "Type": "Task",
                    "Resource": self.pack,
                    "ResultPath": "$.packed",
                    "Assign": {"parcel.$": "$.parcel"},
                    "Next": "Label lines",
                },
                "Label lines": {
                    "Type": "Map",
                    "ItemsPath": "$.lines",
                    "ItemProcessor": labels,
                    "ResultPath": "$.labels",
                    "Next": "Is it free",
                },
                "Is it free": {
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.total", "NumericEquals": 0, "Next": "Done"}],
                    "Default": "Charge",
                },
                "Charge": {
                    "Type": "Task",
                    "Resource": self.charge,
                    "Retry": retry,
                    "ResultPath": "$.paid",
                    "Next": "Done",
                },
                "Done": {"Type": "Succeed"},
            },
        }

    def _review(self) -> dict[str, Any]:
        return {
            "StartAt": "Decide",
            "States": {
                "Decide": {
                    "Type": "Task",
                    "Comment": "Is this refund as agreed?",
                    "Resource": "ensue:queue:desk.waitForTaskToken",
                    "Parameters": {"token.$": "$$.Task.Token", "order.$": "$"},
                    "TimeoutSeconds": 86_400,
                    "ResultPath": "$.decision",
                    "End": True,
                }
            },
        }


def order(number: int, total: int) -> dict[str, Any]:
    """An order of two lines."""
    lines = [{"sku": "tea", "n": 2}, {"sku": "mug", "n": 1}]
    return {"id": number, "customer": f"somebody {number}", "total": total, "lines": lines}
