"""What the payment provider is told of an invoice, and who tells it: Stripe's own library.

create ─▶ an item for each line ─▶ finalize ─▶ send

Each call has a key that is always the same, so Stripe does it once, however often it is told. It
remembers keys for a day or so. Whoever comes back later looks first whether the call was done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

import httpx
from msgspec import UNSET, Struct

from apps.metering.invoices import Invoice, InvoiceLine
from apps.metering.pricing import plain
from ensue import MissingExtra, Rejected, Secret, Unreachable

METADATA_LENGTH_MAX = 500
FOUND_MAX = 100

Mode = Literal["dry_run", "live"]


class Operation(Struct, frozen=True):
    """One call of the payment provider."""

    step: int
    action: str
    payload: dict[str, Any]
    idempotency_key: str


class Summary(Struct, frozen=True):
    """What is charged in all."""

    total_amount_cents: int
    currency: str
    line_items: int
    idempotency_key: str


class StripeOperations(Struct, frozen=True):
    """What a billing run does at the payment provider, or would do."""

    mode: Mode
    operations: tuple[Operation, ...]
    summary: Summary


def operations_of(invoice: Invoice, mode: Mode, customer: str) -> StripeOperations:
    """The calls that charge an invoice, in their order (MF-33).

    Args:
        invoice: what is charged.
        mode: whether they are made.
        customer: Stripe's id of the customer.
    """
    own, period = invoice.invoice_id, invoice.period
    of = {"invoice_id": f"in_{own}"}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("stripe.invoices.create", _creation(invoice, customer)),
        *(("stripe.invoiceItems.create", _item(invoice, each, customer)) for each in invoice.lines),
        ("stripe.invoices.finalizeInvoice", of),
        ("stripe.invoices.sendInvoice", of),
    ]
    made = tuple(
        Operation(step, action, payload, f"meterflow_{own}_{step}")
        for step, (action, payload) in enumerate(calls, start=1)
    )
    key = f"meterflow_{own}_{invoice.customer_id}_{period.start}_{period.end}"
    total = Summary(cents(invoice.subtotal), invoice.currency.lower(), len(invoice.lines), key)
    return StripeOperations(mode, made, total)


def cents(amount: Decimal) -> int:
    """An amount in the smallest unit of its currency."""
    return int(amount.scaleb(2))


def iso(at_ms: int) -> str:
    """A time as ISO 8601 has it, in UTC, to the ms."""
    at = datetime.fromtimestamp(at_ms // 1_000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at_ms % 1_000:03}Z"


def _creation(invoice: Invoice, customer: str) -> dict[str, Any]:
    start, end = iso(invoice.period.start), iso(invoice.period.end)
    return {
        "customer": customer,
        "collection_method": "send_invoice",
        "days_until_due": 30,
        "auto_advance": False,
        "description": f"MeterFlow usage invoice for {start[:10]} to {end[:10]}",
        "metadata": {
            "meterflow_invoice_id": invoice.invoice_id,
            "billing_period_start": start,
            "billing_period_end": end,
            "source": "meterflow",
        },
    }


def _item(invoice: Invoice, line: InvoiceLine, customer: str) -> dict[str, Any]:
    tiers = [] if line.tier_breakdown is UNSET else line.tier_breakdown
    priced = f"@ {line.unit_price_display}/{line.unit}"
    if line.unit_price_display in {"Tiered", "Volume"}:
        priced = f"({line.unit_price_display} pricing)"
    told = "; ".join(
        f"{each.tier}: {plain(each.quantity)} @ {plain(each.unit_price)}" for each in tiers
    )
    return {
        "customer": customer,
        "invoice": f"in_{invoice.invoice_id}",
        "amount": cents(line.subtotal),
        "currency": invoice.currency.lower(),
        "description": f"{line.metric_name}: {line.quantity:,f} {line.unit} {priced}",
        "metadata": {
            "metric_code": line.metric_code,
            "quantity": plain(line.quantity),
            "meterflow_invoice_id": invoice.invoice_id,
            **({"tiers": told[:METADATA_LENGTH_MAX]} if told else {}),
            **({} if line.adjusts is UNSET else {"adjusts": line.adjusts}),
        },
    }


class Provider:
    """Stripe, by its own library, over the connections of the app.

    Args:
        key: where the secret key is kept.
        base: the address of the API.
        http: the app's client: refused on a branch, answered by the test in a test.
    """

    def __init__(self, key: Secret, base: str, http: Callable[[], httpx.AsyncClient]) -> None:
        self._key = key
        self._base = base
        self._http = http

    async def perform(self, operation: Operation, invoice: str, *, again: bool) -> str:
        """Make a call; returns Stripe's id of the invoice.

        Args:
            operation: which.
            invoice: Stripe's id of the invoice; empty for the first one, which makes it.
            again: whether it may have been made so long ago that its key is forgotten.

        Raises:
            Unreachable: it may work later.
            Rejected: it will not.
            MissingExtra: Stripe's library is not installed.
        """
        stripe = _library()
        client = stripe.StripeClient(
            self._key.read(),
            base_addresses={"api": self._base},
            http_client=_transport(stripe, self._http()),
            max_network_retries=0,
        )
        try:
            return await _perform(client, operation, invoice, again=again)
        except (stripe.APIConnectionError, stripe.RateLimitError) as fault:
            raise Unreachable(f"Stripe did not answer: {fault.user_message}") from None
        except stripe.StripeError as fault:
            said = f"Stripe refused {operation.action}: {fault.user_message}"
            if fault.http_status is None or fault.http_status >= 500 or fault.http_status == 409:
                raise Unreachable(said) from None
            raise Rejected(said) from None


async def _perform(
    client: Any,  # noqa: ANN401 - of an extra
    operation: Operation,
    invoice: str,
    *,
    again: bool,
) -> str:
    api = client.v1
    payload, options = operation.payload, {"idempotency_key": operation.idempotency_key}
    step = str(operation.step)
    match operation.action:
        case "stripe.invoices.create":
            own = payload["metadata"]["meterflow_invoice_id"]
            of = {"customer": payload["customer"]}
            found = again and await _found(api.invoices, of, "meterflow_invoice_id", own)
            made = found or await api.invoices.create_async(payload, options)
            return str(made.id)
        case "stripe.invoiceItems.create":
            metadata = payload["metadata"] | {"meterflow_step": step}
            if not (
                again
                and await _found(api.invoice_items, {"invoice": invoice}, "meterflow_step", step)
            ):
                given = payload | {"invoice": invoice, "metadata": metadata}
                await api.invoice_items.create_async(given, options)
        case "stripe.invoices.finalizeInvoice":
            if not (again and (await api.invoices.retrieve_async(invoice)).status != "draft"):
                await api.invoices.finalize_invoice_async(invoice, {"auto_advance": False}, options)
        case _:
            await api.invoices.send_invoice_async(invoice, {}, options)
    return invoice


async def _found(things: Any, of: Mapping[str, str], name: str, value: str) -> Any:  # noqa: ANN401 - the library's
    """What has a value in its metadata; none where nothing has."""
    page = await things.list_async({**of, "limit": FOUND_MAX})
    async for each in page.auto_paging_iter():
        if getattr(each.metadata, name, None) == value:
            return each
    return None


def _library() -> Any:  # noqa: ANN401 - a module of an extra
    try:
        import stripe  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra(
            "expected the library stripe", at="metering", hint='pip install "ensue[stripe]"'
        ) from None
    return stripe


def _transport(stripe: Any, http: httpx.AsyncClient) -> Any:  # noqa: ANN401 - classes of an extra
    """The app's client as Stripe's library takes one."""

    class Transport(stripe.HTTPClient):  # type: ignore[misc] # of an extra
        name = "ensue"

        async def request_async(
            self, method: str, url: str, headers: Mapping[str, str], post_data: str | None = None
        ) -> tuple[bytes, int, Mapping[str, str]]:
            try:
                answer = await http.request(method, url, headers=dict(headers), content=post_data)
            except httpx.TransportError as fault:
                said = f"{type(fault).__name__}: {fault}"
                raise stripe.APIConnectionError(said, should_retry=False) from fault
            return answer.content, answer.status_code, answer.headers

    return Transport()
