"""A state machine as a tree: what parse.py makes of a definition, and run.py goes through.

    Machine ── Scope ── Pass · Task · Choice · Wait · Succeed · Fail
                          Parallel ── Scope for each branch
                          Map ────── Scope of its iterations

Everything is frozen and compiled: nothing is parsed while a machine runs. A field that may be a
number, a path or a query keeps whichever was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal, TypeAlias

from ensue.languages.states.comparisons import Comparison
from ensue.languages.states.map_fields import ItemBatcher, ItemReader, ResultWriter
from ensue.languages.states.paths import Path, ReferencePath
from ensue.languages.states.payloads import Payload
from ensue.languages.states.queries import Query
from ensue.languages.states.resource_names import TaskResource
from ensue.words.values import Json

Language = Literal["JSONPath", "JSONata"]
JSONPATH: Final = "JSONPath"
JSONATA: Final = "JSONata"
Mode = Literal["INLINE", "DISTRIBUTED"]
INLINE: Final = "INLINE"
DISTRIBUTED: Final = "DISTRIBUTED"


class Discard:
    """That a path is null: the input is replaced by an empty object, or the result is dropped."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "DISCARD"


DISCARD: Final = Discard()

Amount: TypeAlias = int | float | Path | Query
Words: TypeAlias = str | Payload | Query


@dataclass(frozen=True, slots=True)
class PathData:
    """What a JSONPath state does with its data; None where the default holds.

    Attributes:
        input_path: what of the raw input it sees.
        parameters: what it makes of that.
        result_selector: what it makes of the result.
        result_path: where in the raw input the result goes.
        output_path: what of that it gives.
        assign: the variables that it sets.
    """

    input_path: Path | Discard | None = None
    parameters: Payload | None = None
    result_selector: Payload | None = None
    result_path: ReferencePath | Discard | None = None
    output_path: Path | Discard | None = None
    assign: Payload | None = None


@dataclass(frozen=True, slots=True)
class QueryData:
    """What a JSONata state does with its data; None where the default holds.

    Attributes:
        arguments: what it makes of the input.
        output: what it gives.
        assign: the variables that it sets.
        place: where it is within its state, for errors: ``Choices[0]/``; empty for the state's own.
    """

    arguments: Query | None = None
    output: Query | None = None
    assign: Query | None = None
    place: str = ""


Data: TypeAlias = PathData | QueryData


@dataclass(frozen=True, slots=True)
class Retrier:
    """When, and how often, a state that failed is tried again.

    Attributes:
        errors: names of the errors it is for.
        interval_s: the delay before the first retry, in seconds.
        max_attempts: at most so many retries.
        backoff_rate: by what each delay is longer than the one before.
        max_delay_s: at most so long; None for no bound.
        full_jitter: the delay is anything from zero to that.
    """

    errors: tuple[str, ...]
    interval_s: int = 1
    max_attempts: int = 3
    backoff_rate: float = 2.0
    max_delay_s: int | None = None
    full_jitter: bool = False


@dataclass(frozen=True, slots=True)
class Catcher:
    """Where an execution goes on when a state failed for good.

    Attributes:
        errors: names of the errors it is for.
        next: the state to go to.
        data: what becomes of the error: ResultPath, Output, Assign.
    """

    errors: tuple[str, ...]
    next: str
    data: Data


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What all states have.

    Attributes:
        name: its name.
        scope: the JSON pointer of the states that it is one of; empty for the machine's.
        definition: as it is written.
        language: how its fields are written.
        data: what it does with its data.
        next: the state after it; None when it ends its scope, or chooses.
        reads_context: whether it reads the context object.
        tries: whether it can fail and be tried again: it has ``retry`` and ``catch``.
    """

    type: ClassVar[str] = ""
    tries: ClassVar[bool] = False

    name: str
    scope: str
    definition: Mapping[str, Json]
    language: Language
    data: Data
    next: str | None = None
    reads_context: bool = False

    @property
    def pointer(self) -> str:
        """Where it is written: ``/States/Charge``."""
        return f"{self.scope}/States/{self.name.replace('~', '~0').replace('/', '~1')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass(State):
    """Passes its input on, or a result that is written.

    Attributes:
        result: the result, where ``has_result``.
        has_result: whether one is written; it may be null.
    """

    type: ClassVar[str] = "Pass"
    result: Json = None
    has_result: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(State):
    """Has something done.

    Attributes:
        resource: what to call.
        timeout: after how many seconds it fails.
        heartbeat: after how many seconds without a heartbeat it fails.
        credentials: as whom to call it.
        retry: what happens first when it fails.
        catch: what happens when that is used up.
    """

    type: ClassVar[str] = "Task"
    tries: ClassVar[bool] = True
    resource: TaskResource
    timeout: Amount | None = None
    heartbeat: Amount | None = None
    credentials: Payload | Query | None = None
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One way out of a Choice.

    Attributes:
        condition: when it is taken.
        next: where it goes.
        data: what becomes of the data when it is taken: its own Assign and Output.
        definition: as it is written.
    """

    condition: Comparison | Query
    next: str
    data: Data
    definition: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(State):
    """Goes to the state of the first rule that holds.

    Attributes:
        rules: the rules, in order.
        default: where it goes when none holds; None: it fails.
    """

    type: ClassVar[str] = "Choice"
    rules: tuple[Rule, ...]
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(State):
    """Lets time pass; one of the two is set.

    Attributes:
        seconds: how long.
        timestamp: until when.
    """

    type: ClassVar[str] = "Wait"
    seconds: Amount | None = None
    timestamp: str | Path | Query | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeed(State):
    """Ends its scope well."""

    type: ClassVar[str] = "Succeed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail(State):
    """Ends its scope badly.

    Attributes:
        error: the name of the error; None for none.
        cause: its cause; None for none.
    """

    type: ClassVar[str] = "Fail"
    error: Words | None = None
    cause: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel(State):
    """Goes through several scopes at once.

    Attributes:
        branches: the scopes.
        retry: what happens first when one fails.
        catch: what happens when that is used up.
    """

    type: ClassVar[str] = "Parallel"
    tries: ClassVar[bool] = True
    branches: tuple[Scope, ...]
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Map(State):
    """Goes through a scope once for each item.

    Attributes:
        processor: the scope.
        mode: INLINE, or DISTRIBUTED.
        execution_type: of a DISTRIBUTED one: STANDARD or EXPRESS.
        items: the items: ItemsPath, or Items; None for the whole input.
        item_selector: what an iteration gets of its item; None for the item.
        max_concurrency: at most so many at once; 0 for no bound.
        tolerated_count: so many iterations may fail; None for none.
        tolerated_percentage: so much of them may fail; None for none.
        label: a part of a map run's name.
        reader: of a DISTRIBUTED one: where the items are read; None where they are its input.
        batcher: of a DISTRIBUTED one: how many items a child gets; None for one.
        writer: of a DISTRIBUTED one: where the results go; None for its output.
        retry: what happens first when it fails.
        catch: what happens when that is used up.
    """

    type: ClassVar[str] = "Map"
    tries: ClassVar[bool] = True
    processor: Scope
    mode: Mode = INLINE
    execution_type: str = "STANDARD"
    items: Path | Query | None = None
    item_selector: Payload | Query | None = None
    max_concurrency: Amount = 0
    tolerated_count: Amount | None = None
    tolerated_percentage: Amount | None = None
    label: str | None = None
    reader: ItemReader | None = None
    batcher: ItemBatcher | None = None
    writer: ResultWriter | None = None
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """States that refer to each other: the machine's, a branch's, a processor's.

    Attributes:
        pointer: where they are written; empty for the machine's.
        start: the name of the first.
        states: the states, by name, in the order in which they are written.
    """

    pointer: str
    start: str
    states: Mapping[str, State]


@dataclass(frozen=True, slots=True)
class Machine:
    """A state machine. Made by ``compile_machine``.

    Attributes:
        scope: its states.
        scopes: all scopes in it, by their pointers.
        comment: what it is for.
        timeout_s: after so many seconds its execution is TIMED_OUT; None for never.
        definition: as it is written.
        assigns: whether a state in it sets a variable.
        reads_context: whether a state in it reads the context object.
    """

    scope: Scope
    scopes: Mapping[str, Scope]
    comment: str = ""
    timeout_s: int | None = None
    definition: Mapping[str, Json] = field(default_factory=dict)
    assigns: bool = False
    reads_context: bool = False

    def state(self, pointer: str, name: str) -> State:
        """A state, by its scope and name.

        Raises:
            KeyError: there is none.
        """
        return self.scopes[pointer].states[name]
