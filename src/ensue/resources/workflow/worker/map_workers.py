"""What a workflow with distributed Maps has besides: queues, and who does their work."""

from __future__ import annotations

from dataclasses import replace

from ensue.engine.consumers import ActionConsumer, TransactionConsumer
from ensue.engine.declarations import rename
from ensue.engine.engine import Engine
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Worker
from ensue.languages.states.program import DISTRIBUTED, Machine, Map
from ensue.resources.workflow.model import Objects, WorkflowModel
from ensue.resources.workflow.store import map_runs as rows
from ensue.resources.workflow.worker.consumers import Tasks, advancing
from ensue.resources.workflow.worker.machines import Machines
from ensue.resources.workflow.worker.map_data import MapData
from ensue.resources.workflow.worker.map_runs import MapRuns, Numbers
from ensue.resources.workflow.worker.setting import Setting
from ensue.words import values
from ensue.words.names import Ref


def has_map_runs(machine: Machine | None) -> bool:
    """Whether a machine has a distributed Map; None has none."""
    if machine is None:
        return False
    states = (state for scope in machine.scopes.values() for state in scope.states.values())
    return any(isinstance(state, Map) and state.mode == DISTRIBUTED for state in states)


def prepare_map_runs(
    engine: Engine,
    tx: Transaction,
    model: WorkflowModel,
    machine: Machine | None,
    machines: Machines,
) -> MapRuns | None:
    """The map runs of a workflow, with their queues; None where it never had any."""
    if model.is_express:
        return None
    refs = (model.map_runs, model.map_data, model.children.ref, model.children.tasks)
    if model.was is not None:
        for ref in refs:
            rename(tx, ref._replace(name=model.was), ref)
    if not has_map_runs(machine) and not rows.are_known(tx, model.children.ref):
        return None
    said = values.encode({"workflow": model.ref.name})
    runs, data, children, _ = (engine.declare(tx, ref, said) for ref in refs)
    engine.keeps_executions[children] = model.keep_ms
    return MapRuns(model, Numbers(runs, data, children), machines)


def queues_beside(setting: Setting) -> tuple[Ref, ...]:
    """The queues of a workflow beside its own: those of its tasks outside and of its map runs."""
    model = setting.model
    if model.is_express:
        return ()
    if setting.map_runs is None:
        return (model.tasks,)
    return (
        model.tasks,
        model.map_runs,
        model.map_data,
        model.children.ref,
        model.children.tasks,
    )


def map_queues(engine: Engine, setting: Setting) -> frozenset[int]:
    """The numbers of the queues of the children of a workflow's map runs."""
    if setting.map_runs is None:
        return frozenset()
    children = setting.model.children
    return frozenset({engine.number(children.ref), engine.number(children.tasks)})


def map_workers(engine: Engine, setting: Setting, objects: Objects | None) -> list[Worker]:
    """What lets the map runs of a workflow and their children go on.

    Args:
        engine: the engine.
        setting: what the workflow has.
        objects: where map runs read items and write results; None for nowhere.
    """
    runs, model = setting.map_runs, setting.model.children
    if runs is None:
        return []
    queue, tasks = engine.number(model.ref), engine.number(model.tasks)
    children = replace(setting, model=model, queue=queue, tasks=tasks)
    found: list[Worker] = [
        TransactionConsumer(engine, runs.handler()),
        TransactionConsumer(engine, advancing(children)),
        ActionConsumer(engine, Tasks(engine, children).handler()),
    ]
    if objects is not None:
        found.append(ActionConsumer(engine, MapData(engine, runs, objects).handler()))
    return found
