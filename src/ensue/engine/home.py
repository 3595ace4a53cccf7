"""Where an app's handles find the engine that runs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ensue.engine.engine import Engine
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Worker
from ensue.words.errors import InvalidDeclaration, StoreClosed
from ensue.words.names import Ref
from ensue.words.values import Json

KEEP_MS = 86_400_000


@dataclass(frozen=True)
class Settings:
    """What the one who runs an app decides.

    Attributes:
        data: the folder for files; None when nothing may be written.
        smtp: the URL of the mail server; None for the outbox.
        keep_ms: how long done work, hops and records stay to be looked at.
        act: whether the apps reach the outside although the store is a branch.
        holds: whether nothing may reach the outside; decided when the store is opened.
        addresses: the base URL of each app that is served, by its name.
    """

    data: Path | None = None
    smtp: str | None = None
    keep_ms: int = KEEP_MS
    act: bool = False
    holds: bool = False
    addresses: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Home:
    """An app's place to live: empty while it is only declared, an engine while it runs.

    Attributes:
        app: the app's name.
        make_tx: wraps an engine transaction into what the app's handlers get.
        settings: what the one who runs the app decided.
        around: the resources of all apps that run together, its own among them.
    """

    app: str
    make_tx: Callable[[Transaction], Any]
    settings: Settings = field(default_factory=Settings)
    around: Mapping[Ref, Resource] = field(default_factory=dict)
    _engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """The engine that runs the app.

        Raises:
            StoreClosed: the app is not running.
        """
        if self._engine is None:
            raise StoreClosed(
                f"the app {self.app} is not running",
                hint="Start it with `ensue run`, or with ensue.testing in a test.",
            )
        return self._engine

    def check_empty(self) -> None:
        """Check that the app does not run.

        Raises:
            InvalidDeclaration: it runs already.
        """
        if self._engine is not None:
            raise InvalidDeclaration(f"the app {self.app} is running already in this process")

    def move_in(self, engine: Engine, settings: Settings, around: Mapping[Ref, Resource]) -> None:
        """Let the app run on an engine, beside others.

        Raises:
            InvalidDeclaration: it runs already.
        """
        self.check_empty()
        self._engine = engine
        self.settings = settings
        self.around = around

    def is_in(self, engine: Engine) -> bool:
        """Whether the app runs on this engine."""
        return self._engine is engine

    def move_out(self) -> None:
        """The app does not run any more."""
        self._engine = None


class Resource(Protocol):
    """What every handle has, whatever its kind."""

    @property
    def ref(self) -> Ref:
        """What it is called."""

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""

    def check(self, known: set[Ref]) -> None:
        """Check the declaration against the resources that there are.

        Raises:
            InvalidDeclaration: it cannot run as it is declared.
            NotFound: it names a resource that does not exist.
        """

    def prepare(self, engine: Engine, tx: Transaction) -> None:
        """Make what it needs in the store, and enter its sockets in the directory."""

    def connect(self, engine: Engine, tx: Transaction) -> None:
        """Look up the sockets of others, once all are entered."""

    def workers(self, engine: Engine) -> list[Worker]:
        """What it does with nobody asking."""
