"""What an application sees of what waits for people, and how they answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ensue.engine.home import Home
from ensue.engine.transaction import Transaction
from ensue.languages.states.program import Machine, Task
from ensue.resources.workflow import store
from ensue.resources.workflow.model import (
    REJECTED,
    Approval,
    ApprovalPage,
    Asking,
    WorkflowModel,
)
from ensue.resources.workflow.store import asking
from ensue.resources.workflow.store.asking import After, Wait
from ensue.resources.workflow.worker import Setting
from ensue.words.errors import InvalidDeclaration, InvalidInput, InvalidValue, NotFound
from ensue.words.shapes import Shape, json_schema
from ensue.words.values import Json

APPROVALS_MAX = 100


class Form(NamedTuple):
    """What an answer must be: its shape, and its JSON Schema."""

    shape: Shape[Any]
    schema: Mapping[str, Any]


class _Default:
    """That an approval says no more than that."""

    def __repr__(self) -> str:
        return "APPROVED"


_APPROVED = _Default()


class Approving:
    """Answering what waits for people; mixed into the handle.

    What waits for a token or for an event is known by an id of its own: tokens are told to nobody.

    Attributes:
        model: the workflow as declared.
    """

    model: WorkflowModel
    _home: Home
    _forms: Mapping[str, Form]

    @property
    def setting(self) -> Setting:
        """What its executions have in common while its app runs."""
        raise NotImplementedError

    def hidden(self, value: Json) -> Json:
        """A value in which each token is hidden that somebody waits for: it is shown to people.

        Args:
            value: such as an execution's input, or what a task was called with.
        """
        return self._home.engine.read(lambda tx: asking.hidden(tx, value))

    async def approvals(
        self, *, state: str | None = None, limit: int = 50, after: str | None = None
    ) -> ApprovalPage:
        """What waits until somebody outside gives a token back, or sends an event.

        Args:
            state: only what waits at this state, or step.
            limit: how many at most, up to 100.
            after: the ``next`` of the page before.

        Raises:
            InvalidValue: there is no such place to go on from.
        """
        behind = None if after is None else _after(after)
        bounded = max(1, min(limit, APPROVALS_MAX))
        forms = {name: form.schema for name, form in self._forms.items()}

        def read(tx: Transaction) -> ApprovalPage:
            states: dict[str, int] = {}
            found: list[Wait] = []
            for number in self._numbers(tx):
                for each in asking.states(tx, number):
                    states[each.state] = states.get(each.state, 0) + each.waiting
                if behind is None or number >= behind.workflow:
                    place = behind if behind is not None and number == behind.workflow else None
                    found += asking.page(tx, number, state, place, bounded + 1 - len(found))
            shown = (asking.shown(tx, self.model, wait, forms) for wait in found[:bounded])
            return ApprovalPage(
                tuple(Asking(name, waiting) for name, waiting in sorted(states.items())),
                tuple(each for each in shown if each is not None),
                _place(found[bounded - 1]) if len(found) > bounded else None,
            )

        return self._home.engine.read(read)

    async def approval(self, id: str) -> Approval:  # noqa: A002 - the word for it
        """What waits for somebody under an id.

        Raises:
            NotFound: nothing does, any more or ever.
            InvalidValue: it is no id of an approval.
        """
        return self._home.engine.read(lambda tx: self._shown(tx, self._wait(tx, id)))

    async def approve(
        self,
        id: str,  # noqa: A002 - the word for it
        output: object = _APPROVED,
        *,
        comment: str | None = None,
    ) -> Approval:
        """Let what waits go on, with an answer.

        Args:
            id: the approval's.
            output: the answer, a JSON value of at most 256 KiB that fits the form, where there is
                one; by default ``{"approved": true}``.
            comment: what is said to it: the answer gets it as its ``comment``, and must be an
                object then.

        Returns:
            What was answered.

        Raises:
            NotFound: nothing waits under this id, any more or ever.
            InvalidInput: the answer has no place for a comment.
            InvalidValue: the answer is no JSON value, or does not fit the form.
            TooLarge: the answer is too large.
        """
        given: object = {"approved": True} if output is _APPROVED else output
        if comment is not None:
            if not isinstance(given, dict) or given.get("comment", comment) != comment:
                raise InvalidInput(
                    "expected an object without a comment as output, where there is a comment",
                    at="$.output",
                )
            given = {**given, "comment": comment}
        self._home.engine.read(lambda tx: self._check_answer(tx, self._wait(tx, id), given))
        return await self._answered(id, given, None, None)

    async def reject(
        self,
        id: str,  # noqa: A002 - the word for it
        *,
        error: str = REJECTED,
        comment: str | None = None,
    ) -> Approval:
        """Let what waits fail: its state's catchers choose by the error, a function's step raises.

        Args:
            id: the approval's.
            error: the name of the error.
            comment: why; the failure's cause.

        Returns:
            What was answered.

        Raises:
            NotFound: nothing waits under this id, any more or ever.
            InvalidValue: the error or the comment is too long.
        """
        return await self._answered(id, None, error, comment)

    async def _answered(
        self,
        id: str,  # noqa: A002 - the word for it
        output: object,
        error: str | None,
        cause: str | None,
    ) -> Approval:
        def run(tx: Transaction) -> Approval:
            wait = self._wait(tx, id)
            shown = self._shown(tx, wait)
            store.answer(tx, wait, output, error, cause)
            return shown

        return await self._home.engine.transact(run)

    def _check_answer(self, tx: Transaction, wait: Wait, output: object) -> None:
        """Check that an answer fits the form that is declared for its state.

        Raises:
            InvalidValue: it does not.
        """
        del tx
        form = self._forms.get(wait.branch.state)
        if form is not None:
            form.shape.take(output)

    def _wait(self, tx: Transaction, id: str) -> Wait:  # noqa: A002 - the word for it
        return asking.by_id(tx, self._numbers(tx), id)

    def _shown(self, tx: Transaction, wait: Wait) -> Approval:
        forms = {name: form.schema for name, form in self._forms.items()}
        found = asking.shown(tx, self.model, wait, forms)
        if found is None:
            raise NotFound("the execution that waits is not kept any more")
        return found

    def _numbers(self, tx: Transaction) -> list[int]:
        """The numbers of what its executions, and the children of its map runs, are kept under."""
        refs = [self.model.ref]
        if self.setting.map_runs is not None:
            refs.append(self.model.children.ref)
        return sorted(tx.number(ref) for ref in refs)


def forms_of(model: WorkflowModel, machine: Machine | None) -> dict[str, Form]:
    """The forms that are declared for the states of a workflow.

    Raises:
        InvalidDeclaration: there is no such state, it waits for no token, or JSON cannot hold the
            type.
    """
    if model.forms and machine is None:
        raise InvalidDeclaration(
            "expected no forms of a workflow that is a function",
            at=str(model.ref),
            hint="Give each where somebody is asked: ctx.wait_for_human(name, form=...).",
        )
    scopes = [] if machine is None else machine.scopes.values()
    states = {name: state for scope in scopes for name, state in scope.states.items()}
    for name in model.forms:
        state = states.get(name)
        if not isinstance(state, Task) or not state.resource.wants_token:
            raise InvalidDeclaration(
                f"expected forms for states that wait for a token, got one for {name}",
                at=str(model.ref),
                hint="Such are an activity's, and those whose Resource ends in .waitForTaskToken.",
            )
    return {
        name: Form(Shape(kind, f"{model.ref} {name}"), json_schema(kind, f"{model.ref} {name}"))
        for name, kind in model.forms.items()
    }


def _place(wait: Wait) -> str:
    return f"{wait.workflow}.{wait.row}.{wait.branch.state}"


def _after(text: str) -> After:
    workflow, row, state = [*text.split(".", 2), "", ""][:3]
    if not (workflow.isdecimal() and row.isdecimal()):
        raise InvalidValue(f"expected the next of a page before, got {text!r}", at="$.after")
    return After(int(workflow), state, int(row))
