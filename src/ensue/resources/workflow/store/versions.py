"""Versions and aliases as rows, and the definitions that nobody needs any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from ensue.engine.transaction import Transaction
from ensue.resources.workflow.model import (
    ALIASES_MAX,
    PERCENT,
    ROUTES_MAX,
    VERSIONS_MAX,
    WorkflowAlias,
    WorkflowModel,
    WorkflowVersion,
    is_alias,
)
from ensue.words import values
from ensue.words.errors import Conflict, InvalidName, InvalidValue, LimitExceeded, NotFound


class Chosen(NamedTuple):
    """What an execution starts with.

    Attributes:
        definition: the number of the definition.
        version: the version; None for the present definition.
        alias: the alias that chose it; None for none.
    """

    definition: int
    version: int | None = None
    alias: str | None = None


def publish(
    tx: Transaction, workflow: WorkflowModel, definition: int, description: str | None
) -> WorkflowVersion:
    """Publish a definition; the newest version again where that has it already.

    Raises:
        LimitExceeded: there are as many versions as there may be.
    """
    number = tx.number(workflow.ref)
    there = versions(tx, workflow)
    if there and (there[0].definition, there[0].description) == (definition, description):
        return there[0]
    if len(there) >= VERSIONS_MAX:
        raise LimitExceeded(
            f"expected at most {VERSIONS_MAX} versions of {workflow.ref}",
            hint="Take back some that are not used any more.",
        )
    [(last,)] = tx.execute(
        "SELECT coalesce(max(number), 0) FROM ensue_workflow_versions WHERE workflow = ?",
        (number,),
    )
    tx.execute(
        "INSERT INTO ensue_workflow_versions (workflow, number, definition, description, at_ms)"
        " VALUES (?, ?, ?, ?, ?)",
        (number, last + 1, definition, description, tx.now_ms),
    )
    return WorkflowVersion(last + 1, definition, description, tx.now_ms)


def versions(tx: Transaction, workflow: WorkflowModel) -> list[WorkflowVersion]:
    """The versions of a workflow, the newest first."""
    found = tx.execute(
        "SELECT number, definition, description, at_ms FROM ensue_workflow_versions"
        " WHERE workflow = ? AND gone_ms IS NULL ORDER BY number DESC",
        (tx.number(workflow.ref),),
    )
    return [WorkflowVersion(*row) for row in found]


def take_back(tx: Transaction, workflow: WorkflowModel, version: int) -> None:
    """Take a version back: nothing is started with it any more; what runs keeps to it.

    Raises:
        NotFound: there is no such version.
        Conflict: an alias names it.
    """
    definition_of(tx, workflow, version)
    for alias in aliases(tx, workflow):
        if version in alias.routes:
            raise Conflict(
                f"the alias {alias.name} names version {version}", hint="Change the alias first."
            )
    tx.execute(
        "UPDATE ensue_workflow_versions SET gone_ms = ? WHERE workflow = ? AND number = ?",
        (tx.now_ms, tx.number(workflow.ref), version),
    )


def definition_of(tx: Transaction, workflow: WorkflowModel, version: int) -> int:
    """The definition of a version.

    Raises:
        NotFound: there is no such version.
    """
    found = tx.row(
        "SELECT definition FROM ensue_workflow_versions"
        " WHERE workflow = ? AND number = ? AND gone_ms IS NULL",
        (tx.number(workflow.ref), version),
    )
    if found is None or not isinstance(found[0], int):
        raise NotFound(f"there is no version {version} of {workflow.ref}", hint="Publish it.")
    return found[0]


def set_alias(
    tx: Transaction, workflow: WorkflowModel, name: str, routes: Mapping[int, int]
) -> WorkflowAlias:
    """Let a name stand for one version, or for two with percentages.

    Raises:
        InvalidName: it cannot be called so.
        InvalidValue: there are not one or two versions, or their percentages are not 100 together.
        NotFound: there is no such version.
        LimitExceeded: there are as many aliases as there may be.
    """
    if not is_alias(name):
        raise InvalidName(
            f"expected a name for an alias, got {values.shown(name)}",
            hint="Use 1 to 80 letters, digits, dots, - and _, not digits only.",
        )
    shares = routes.values()
    if not 1 <= len(routes) <= ROUTES_MAX or any(share < 0 for share in shares):
        raise InvalidValue(f"expected one or two versions, got {len(routes)}", at="$.routes")
    if sum(shares) != PERCENT:
        raise InvalidValue(f"expected percentages that are {PERCENT} together", at="$.routes")
    for version in routes:
        definition_of(tx, workflow, version)
    there = aliases(tx, workflow)
    if len(there) >= ALIASES_MAX and name not in {alias.name for alias in there}:
        raise LimitExceeded(f"expected at most {ALIASES_MAX} aliases of {workflow.ref}")
    tx.execute(
        "INSERT INTO ensue_workflow_aliases (workflow, name, routes, at_ms) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (workflow, name) DO UPDATE SET routes = excluded.routes,"
        " at_ms = excluded.at_ms",
        (tx.number(workflow.ref), name, msgspec.json.encode(dict(routes)).decode(), tx.now_ms),
    )
    return WorkflowAlias(name, dict(routes), tx.now_ms)


def aliases(tx: Transaction, workflow: WorkflowModel) -> list[WorkflowAlias]:
    """The aliases of a workflow, by name."""
    found = tx.execute(
        "SELECT name, routes, at_ms FROM ensue_workflow_aliases WHERE workflow = ? ORDER BY name",
        (tx.number(workflow.ref),),
    )
    return [
        WorkflowAlias(name, msgspec.json.decode(routes, type=dict[int, int]), at_ms)
        for name, routes, at_ms in found
    ]


def remove_alias(tx: Transaction, workflow: WorkflowModel, name: str) -> None:
    """Forget an alias.

    Raises:
        NotFound: there is no such alias.
    """
    tx.execute(
        "DELETE FROM ensue_workflow_aliases WHERE workflow = ? AND name = ?",
        (tx.number(workflow.ref), name),
    )
    if not tx.changed():
        raise NotFound(f"there is no alias {name} of {workflow.ref}")


def choose(tx: Transaction, workflow: WorkflowModel, version: int | str) -> Chosen:
    """What a version's number, or an alias, stands for now.

    Raises:
        NotFound: there is no such version or alias.
    """
    if isinstance(version, int):
        return Chosen(definition_of(tx, workflow, version), version)
    found = tx.row(
        "SELECT routes FROM ensue_workflow_aliases WHERE workflow = ? AND name = ?",
        (tx.number(workflow.ref), version),
    )
    if found is None:
        raise NotFound(f"there is no alias {version} of {workflow.ref}")
    routes = msgspec.json.decode(str(found[0]), type=dict[int, int])
    number = _drawn(routes, tx.facts.ids.source.random() * PERCENT)
    return Chosen(definition_of(tx, workflow, number), number, version)


def note(tx: Transaction, execution: int, chosen: Chosen) -> None:
    """Keep which version an execution was started with."""
    tx.execute(
        "UPDATE ensue_executions SET version = ?, alias = ? WHERE id = ?",
        (chosen.version, chosen.alias, execution),
    )


def clear_definitions(tx: Transaction, workflow: int, present: int) -> None:
    """Note which definition is the present one, and forget those that nobody can need any more.

    One is needed by a version, by an execution that is kept, and by work that is still to be done.
    """
    tx.execute(
        "UPDATE ensue_definitions SET replaced_ms = CASE WHEN id = ?2 THEN NULL"
        " ELSE coalesce(replaced_ms, ?3) END WHERE workflow = ?1"
        " AND (replaced_ms IS NULL) <> (id = ?2)",
        (workflow, present, tx.now_ms),
    )
    oldest = tx.row(
        "SELECT min(started_ms) FROM (SELECT (SELECT started_ms FROM ensue_executions"
        "  WHERE workflow = ?1 AND status = s.status ORDER BY id LIMIT 1) AS started_ms"
        "  FROM (SELECT 0 AS status UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4)"
        "  AS s)",
        (workflow,),
    )
    oldest_ms = tx.now_ms + 1 if oldest is None or oldest[0] is None else oldest[0]
    # Only what was replaced before all that is kept has started is looked for, row by row: most
    # starts of an app find none.
    old = tx.rows(
        "SELECT id FROM ensue_definitions d WHERE workflow = ?1 AND replaced_ms < ?2"
        " AND NOT EXISTS (SELECT 1 FROM ensue_workflow_versions WHERE workflow = ?1"
        "  AND definition = d.id AND gone_ms IS NULL)"
        " AND NOT EXISTS (SELECT 1 FROM ensue_work WHERE queue = ?1 AND state < 2)",
        (workflow, oldest_ms),
    )
    for (definition,) in old:
        tx.execute(
            "DELETE FROM ensue_definitions WHERE id = ?2 AND NOT EXISTS"
            " (SELECT 1 FROM ensue_executions WHERE workflow = ?1 AND definition = ?2)",
            (workflow, definition),
        )


def _drawn(routes: Mapping[int, int], percent: float) -> int:
    """The version at a place between 0 and 100 percent."""
    reached = 0
    for number, share in routes.items():
        reached += share
        if percent < reached:
            return number
    return max(routes)
