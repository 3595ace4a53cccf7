"""Schema registries: what the details of events look like, version by version."""

from ensue.resources.schemas.audit import audit
from ensue.resources.schemas.handle import Schemas
from ensue.resources.schemas.model import Version
from ensue.resources.schemas.operations import OPERATIONS, status
from ensue.resources.schemas.rules.validating import Fault
from ensue.words.kinds import Kind

__all__ = ["KIND", "Fault", "Schemas", "Version"]

KIND = Kind(
    name="schemas",
    plural="schemas",
    summary="Schemas of events, declared or discovered, in versions.",
    aws="EventBridge Schemas",
    operations=OPERATIONS,
    status=status,
    audit=audit,
    noun="schema registry",
    group="schema",
)
