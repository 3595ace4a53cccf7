"""The definitions that executions keep to, each text once."""

from __future__ import annotations

from ensue.engine.transaction import Transaction
from ensue.resources.workflow import rules
from ensue.words.errors import NotFound


def keep(tx: Transaction, workflow: int, text: str) -> int:
    """Keep a definition of a workflow; returns its number, the same for the same text."""
    found = tx.row(
        "SELECT id FROM ensue_definitions WHERE workflow = ? AND hash = ?",
        (workflow, rules.hash_of(text)),
    )
    if found is not None:
        return int(str(found[0]))
    tx.execute(
        "INSERT INTO ensue_definitions (workflow, hash, text, at_ms) VALUES (?, ?, ?, ?)",
        (workflow, rules.hash_of(text), text, tx.now_ms),
    )
    return tx.inserted()


def is_running_another_form(tx: Transaction, workflow: int, text: str) -> bool:
    """Whether executions run of a function where a text is that of a machine, or the reverse."""
    others = [
        definition
        for (definition,) in tx.execute(
            "SELECT id FROM ensue_definitions WHERE workflow = ?1 AND"
            " (json_extract(text, '$.Function') IS NULL)"
            " <> (json_extract(?2, '$.Function') IS NULL)",
            (workflow, text),
        )
    ]
    if not others:
        return False
    found = tx.execute(
        "SELECT DISTINCT definition FROM ensue_executions WHERE workflow = ? AND status = 0",
        (workflow,),
    )
    return any(definition in others for (definition,) in found)


def text_of(tx: Transaction, definition: int) -> str:
    """The text of a definition.

    Raises:
        NotFound: there is none of this number.
    """
    found = tx.row("SELECT text FROM ensue_definitions WHERE id = ?", (definition,))
    if found is None:
        raise NotFound(f"there is no definition {definition}")
    return str(found[0])
