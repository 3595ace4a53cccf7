"""How people answer what waits for them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.resources.workflow.handle import Workflow
from ensue.resources.workflow.model import REJECTED, Approval, ApprovalPage
from ensue.resources.workflow.operations.shared import ERROR, Long, Text, said
from ensue.words.kinds import Operation

_STATE = said("Only what waits at this state, or step.")
_AFTER = said("Where the next page begins, as the page before said.")
_LIMIT = msgspec.Meta(ge=1, le=100, description="How many at most.")
_ID = said("The approval's id, as the list tells it.")
_OUTPUT = said('The answer; by default {"approved": true}.')
_COMMENT = said("What is said to it: approved, it is in the answer; rejected, the cause.")


class ListApprovals(msgspec.Struct, forbid_unknown_fields=True):
    """Which, and how many."""

    state: Annotated[Text | None, _STATE] = None
    limit: Annotated[int, _LIMIT] = 50
    after: Annotated[Long | None, _AFTER] = None


class OfApproval(msgspec.Struct, forbid_unknown_fields=True):
    """Which approval."""

    id: Annotated[Text, _ID]


class Approve(msgspec.Struct, forbid_unknown_fields=True):
    """Which approval, and what is answered."""

    id: Annotated[Text, _ID]
    output: Annotated[Any, _OUTPUT] = None
    comment: Annotated[Long | None, _COMMENT] = None


class Reject(msgspec.Struct, forbid_unknown_fields=True):
    """Which approval, and why."""

    id: Annotated[Text, _ID]
    error: Annotated[Text, ERROR] = REJECTED
    comment: Annotated[Long | None, _COMMENT] = None


async def _approvals(flow: Workflow, given: ListApprovals) -> ApprovalPage:
    return await flow.approvals(state=given.state, limit=given.limit, after=given.after)


async def _approval(flow: Workflow, given: OfApproval) -> Approval:
    return await flow.approval(given.id)


async def _approve(flow: Workflow, given: Approve) -> Approval:
    if given.output is None:
        return await flow.approve(given.id, comment=given.comment)
    return await flow.approve(given.id, given.output, comment=given.comment)


async def _reject(flow: Workflow, given: Reject) -> Approval:
    return await flow.reject(given.id, error=given.error, comment=given.comment)


APPROVING = (
    Operation(
        "approvals", "List what waits for somebody.", ListApprovals, _approvals, writes=False
    ),
    Operation(
        "approval", "Show what waits for somebody under an id.", OfApproval, _approval, writes=False
    ),
    Operation("approve", "Let what waits go on, with an answer.", Approve, _approve, writes=True),
    Operation("reject", "Let what waits fail.", Reject, _reject, writes=True),
)
