"""Which source delivers to which target, as the tests of the matrix have it."""

# ruff: noqa: E501  # the prose of a page

from __future__ import annotations

from collections.abc import Callable

from generator.markdown import table
from tests.delivery.sources import SOURCES, Source
from tests.delivery.targets import NO_TARGETS, TARGETS, Target

NO_GROUP = " ²"


def delivery_page() -> str:
    """Every source, every target, and what becomes of a delivery between them."""
    return "\n\n".join([
        "# Delivery",
        (
            "Every source delivers to every target. `tests/delivery` tries each cell of these tables: with an"
            " input, at a target that fails and takes it later, at one that never takes it, and from the"
            " dead-letter queue back."
        ),
        "## Sources",
        table(
            (
                "source",
                "what a target gets",
                "an input",
                "the group comes from",
                "what a target did not take is tried",
            ),
            [_source(each) for each in SOURCES],
        ),
        (
            "With an [input](../../src/ensue/languages/transformers/README.md) a target gets what that makes of"
            " the event. Where there is none, the body is what it was given."
        ),
        "## Targets",
        table(
            ("target", "when it fails", "its order"),
            [(each.name, each.fails, each.order) for each in TARGETS],
        ),
        (
            "A queue and a function take a delivery into their own work or refuse it; what a queue's consumer then"
            " fails is in that queue's `<name>-dlq`."
        ),
        "## How often it arrives, and in what order",
        _matrix(_price),
        (
            "**once**: exactly once, by one transaction or by the transaction that settles what was kept. **1+**: at"
            " least once: whoever is outside sees the same key at each try. All keep the order of a group, also"
            " when a delivery fails and is tried again: it holds back the later ones of its group, and no others."
            " ¹ No order is kept. ² Nothing says a group, so the order is that of being due."
        ),
        "## Where it ends when the target never takes it",
        _matrix(_end),
        (
            "There it is with the reason, and a redrive brings it to the same target. What no retry mends is there at"
            " once (that of a schedule after its tries). **told**: nothing has happened; whoever publishes or sends"
            " gets the error, and decides. **takes all**: but for a record that does not fit its type, which is refused as"
            " by a typed queue. So is what mail has no address for, or a destination no value in its URL. ³ Or where"
            " `dead_letters=` says; that queue can be redriven too."
        ),
        "## What takes no deliveries",
        table(
            ("target", "refused when it is declared"),
            [
                (name, "`InvalidDeclaration`: expected a resource that takes deliveries")
                for name in NO_TARGETS
            ],
        ),
        (
            "A rule, a subscription, a pipe and a schedule of the app are checked when the app opens; a schedule that is"
            " made while it runs when it is made. `tx.send` to any of these is an `InvalidInput`. A circle in which"
            " something would get its own deliveries in one transaction is an `InvalidDeclaration` that shows the way."
        ),
    ])


def _source(source: type[Source]) -> tuple[str, ...]:
    return source.name, source.gives, "yes" if source.paths else "no", source.group, source.tries


def _matrix(cell: Callable[[type[Source], type[Target]], str]) -> str:
    rows = [(source.name, *(cell(source, target) for target in TARGETS)) for source in SOURCES]
    return table(("from \\ to", *(each.name for each in TARGETS)), rows)


def _price(source: type[Source], target: type[Target]) -> str:
    price = "1+" if target.is_outside else "once"
    if not target.keeps_order:
        return f"{price} ¹"
    return price + ("" if source.gives_group(target.kind) else NO_GROUP)


def _end(source: type[Source], target: type[Target]) -> str:
    if not (target.can_fail or target.checks):
        return "takes all"
    is_at_source = target.refuses or not target.can_fail
    if not is_at_source:
        chooses = target.takes_terms and source.letters_option
        return f"`<{target.owner}>-dlq`" + (" ³" if chooses else "")
    if source.letters is None:
        return "told"
    return f"`<{source.owner}>-dlq`" + (" ³" if source.letters_option else "")
