"""Ensue: tables, queues, topics, buses, pipes, streams, buckets, schedules and functions that move
in one transaction.

Everything an app needs is here; what lies beneath is not public.
"""

from msgspec import Meta

from ensue.agents import (
    Agent,
    AgentResult,
    ChatMessage,
    ChatModel,
    LanguageModel,
    ModelReply,
    RecordedModel,
    RecordingModel,
    TokenUsage,
    Tool,
    ToolCall,
)
from ensue.app.app import App
from ensue.app.body import Body
from ensue.app.cors import Cors
from ensue.app.headers import Cookie, Header, SetCookie
from ensue.app.routes import Answer, ObjectAnswer
from ensue.app.signed import SignedRequest
from ensue.app.transaction import ReadTx, Tx
from ensue.engine.secrets import Secret
from ensue.engine.targets import RuleTarget
from ensue.identity import (
    ApiKeys,
    Hmac,
    Jws,
    Oidc,
    Proof,
    Signer,
    StandardWebhooks,
    Stripe,
    Verifier,
)
from ensue.languages.cloudevents import CloudEvent
from ensue.languages.jsonata import JSONata
from ensue.languages.patterns import Mismatch, check_pattern, explain_pattern, match_pattern
from ensue.languages.transformers import Constant, InputPath, InputTransformer
from ensue.resources.activity import Activity, ActivityTask
from ensue.resources.adopted import Adopted, Rows
from ensue.resources.bucket import (
    Bucket,
    ObjectChange,
    ObjectInfo,
    ObjectPage,
    ObjectReader,
    ObjectVersion,
    OutOfRange,
    VersionPage,
)
from ensue.resources.bus import Accepted, ArchiveState, Bus, Event, Replay, ReplayPreview
from ensue.resources.destination import (
    ApiKey,
    Basic,
    Destination,
    OAuthClientCredentials,
)
from ensue.resources.function import Function
from ensue.resources.mail import Letter, Mail
from ensue.resources.pipe import Pipe
from ensue.resources.queue import Message, Queue
from ensue.resources.schedule import Firing, Schedule, Schedules
from ensue.resources.schemas import Schemas
from ensue.resources.stream import ConsumerGroup, Records, ShardLease, Stream, StreamRecord
from ensue.resources.table import Change, Index, Page, Table, Versioned
from ensue.resources.topic import Notification, Topic
from ensue.resources.vault import SecretInfo, SecretValue, SecretVersion, Vault
from ensue.resources.workflow import (
    Execution,
    ExecutionChange,
    ExecutionPage,
    FunctionWorkflow,
    HistoryPage,
    MapRun,
    Retry,
    Workflow,
    WorkflowAlias,
    WorkflowContext,
    WorkflowVersion,
)
from ensue.words import version
from ensue.words.errors import (
    ConditionFailed,
    Conflict,
    EnsueError,
    InvalidDeclaration,
    InvalidExpression,
    InvalidInput,
    InvalidName,
    InvalidPattern,
    InvalidValue,
    LimitExceeded,
    MissingExtra,
    MissingKey,
    MissingSecret,
    NotFound,
    NotKept,
    NotPermitted,
    NotVerified,
    Rejected,
    Replayed,
    StepFailed,
    StepTimedOut,
    StoreBusy,
    StoreClosed,
    StoreError,
    StoreUnusable,
    TokenInFlight,
    TokenReused,
    TooLarge,
    Unfit,
    Unreachable,
    WorkflowChanged,
)
from ensue.words.values import Item

__version__ = version.VERSION

__all__ = [
    "Accepted",
    "Activity",
    "ActivityTask",
    "Adopted",
    "Agent",
    "AgentResult",
    "Answer",
    "ApiKey",
    "ApiKeys",
    "App",
    "ArchiveState",
    "Basic",
    "Body",
    "Bucket",
    "Bus",
    "Change",
    "ChatMessage",
    "ChatModel",
    "CloudEvent",
    "ConditionFailed",
    "Conflict",
    "Constant",
    "ConsumerGroup",
    "Cookie",
    "Cors",
    "Destination",
    "EnsueError",
    "Event",
    "Execution",
    "ExecutionChange",
    "ExecutionPage",
    "Firing",
    "Function",
    "FunctionWorkflow",
    "Header",
    "HistoryPage",
    "Hmac",
    "Index",
    "InputPath",
    "InputTransformer",
    "InvalidDeclaration",
    "InvalidExpression",
    "InvalidInput",
    "InvalidName",
    "InvalidPattern",
    "InvalidValue",
    "Item",
    "JSONata",
    "Jws",
    "LanguageModel",
    "Letter",
    "LimitExceeded",
    "Mail",
    "MapRun",
    "Message",
    "Meta",
    "Mismatch",
    "MissingExtra",
    "MissingKey",
    "MissingSecret",
    "ModelReply",
    "NotFound",
    "NotKept",
    "NotPermitted",
    "NotVerified",
    "Notification",
    "OAuthClientCredentials",
    "ObjectAnswer",
    "ObjectChange",
    "ObjectInfo",
    "ObjectPage",
    "ObjectReader",
    "ObjectVersion",
    "Oidc",
    "OutOfRange",
    "Page",
    "Pipe",
    "Proof",
    "Queue",
    "ReadTx",
    "RecordedModel",
    "RecordingModel",
    "Records",
    "Rejected",
    "Replay",
    "ReplayPreview",
    "Replayed",
    "Retry",
    "Rows",
    "RuleTarget",
    "Schedule",
    "Schedules",
    "Schemas",
    "Secret",
    "SecretInfo",
    "SecretValue",
    "SecretVersion",
    "SetCookie",
    "ShardLease",
    "SignedRequest",
    "Signer",
    "StandardWebhooks",
    "StepFailed",
    "StepTimedOut",
    "StoreBusy",
    "StoreClosed",
    "StoreError",
    "StoreUnusable",
    "Stream",
    "StreamRecord",
    "Stripe",
    "Table",
    "TokenInFlight",
    "TokenReused",
    "TokenUsage",
    "TooLarge",
    "Tool",
    "ToolCall",
    "Topic",
    "Tx",
    "Unfit",
    "Unreachable",
    "Vault",
    "Verifier",
    "VersionPage",
    "Versioned",
    "Workflow",
    "WorkflowAlias",
    "WorkflowChanged",
    "WorkflowContext",
    "WorkflowVersion",
    "__version__",
    "check_pattern",
    "explain_pattern",
    "match_pattern",
]
