"""The pipes of an app, as declared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Unpack, cast

from ensue.app.acting import Acting
from ensue.app.feeds import feed_of
from ensue.engine.handlers import BatchOptions, Policy, make_policy
from ensue.engine.home import Resource
from ensue.engine.targets import RuleTarget
from ensue.languages.transformers import PIPE_NAMES, Declared, InputPath, compile_input, told_input
from ensue.resources import pipe as pipe_kind
from ensue.resources.function import Function
from ensue.resources.pipe import Enrichment, Filter, Pipe, PipeModel, PipeOptions
from ensue.resources.queue import Queue
from ensue.words.errors import InvalidDeclaration
from ensue.words.names import Ref, check_name
from ensue.words.values import Json

_OF_LOGS = ("start", "retries", "max_age", "dead_letters", "on_failure")
_OF_ACTIONS = ("concurrency", "timeout")
_OF_POLICY = tuple(BatchOptions.__annotations__)


class Piping(Acting):
    """What an app declares with its pipes."""

    def pipe(
        self,
        name: str,
        *,
        source: Resource,
        to: Resource | RuleTarget,
        filter: Filter | None = None,  # noqa: A002 - the word for it
        enrich: Resource | Callable[..., Any] | None = None,
        enrich_input: Declared | None = None,
        input: Declared | None = None,  # noqa: A002 - the word for it
        **options: Unpack[PipeOptions],
    ) -> Pipe:
        """Declare a pipe: from a source, through a filter and an enrichment, to a target.

        Where source, enrichment and target are inside, an event is read, filtered, changed and
        delivered in one transaction: exactly once. With an enrichment outside, that is asked at
        least once, and its answer is delivered exactly once.

        Args:
            name: its name.
            source: a table, adopted table or bucket (its changes), a stream, a queue, a bus, a
                topic, a workflow (its changes of status) or a meter (what it records). A pipe is
                the one consumer of its queue.
            to: the target, perhaps as `RuleTarget` with terms of its own.
            filter: which events it takes: an event pattern, or a condition expression. Messages of
                a queue that it does not take are done.
            enrich: what is asked for each event and answers with what goes on in its place: a
                function, a destination, or what else can be called. A ``def`` is part of the
                transaction. A list goes on as several events, null or what is empty as none.
            enrich_input: what the enrichment gets of each event.
            input: what the target gets of each event: `Constant`, `InputPath`, `InputTransformer`,
                `JSONata`.
            options: ``batch``: the enrichment gets a list of up to so many events; ``window``: how
                long a batch that is not full waits, up to 5 minutes. ``start``: where a new pipe
                begins in a log: ``latest``, ``horizon``, ``snapshot`` for what is in a table first,
                a sequence number, or a time. ``group``: the path in the event of what its order is
                kept by, by default its source's key. ``retries`` (185), ``max_age`` (a day) and
                ``dead_letters``: how long what failed is tried, and where it goes then, by default
                ``<name>-dlq``; for a queue the queue says so. ``on_failure``: ``hold``, what fails
                holds back the later events of its key; ``park``, they go on. ``rate``: how many
                events it takes at most. ``concurrency`` (10) and ``timeout`` (30 seconds): of an
                enrichment outside. ``retry_base``, ``retry_cap`` as for `Queue.consumer`. ``was``:
                the name that it had before.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidPattern: the filter does not compile; says where.
            InvalidExpression: the filter, an input or the group does not compile; says where.
            InvalidValue: the start, the rate or a duration is written wrong.
            InvalidDeclaration: the name is taken, the source has nothing to read or has a consumer,
                an option does not fit the source, or the pipe leads into itself.
        """
        ref = Ref(self.name, "pipe", check_name(name, "pipe"))
        enrichment = self._enrichment(ref, enrich, enrich_input)
        asks_outside = enrichment is not None and enrichment.inside is None
        _check_options(ref, source, options, asks_outside=asks_outside)
        target = _target_of(to, input, options)
        self._check_circle(ref, source.ref, target.target.ref, passes_all=not (filter or enrich))
        letters = self._letters(ref, source, target, options)
        if isinstance(source, Queue):
            source.check_free()
        pipe = self._add(
            Pipe(
                self.home,
                PipeModel(
                    ref=ref,
                    feed=feed_of(source, str(ref)),
                    target=target.target.ref,
                    dead_letters=letters.ref,
                    policy=_policy(ref, source, target, options, asks_outside=asks_outside),
                    wants=None if filter is None else pipe_kind.wanted(filter),
                    enrichment=enrichment,
                    in_batches="batch" in options,
                    paced=options.get("rate") is not None,
                    was=options.get("was"),
                    **_places(source, target, options),
                ),
            )
        )
        if target.dead_letters is None and not isinstance(source, Queue):
            self._add(letters)
        if isinstance(source, Queue):
            source.consume_by(lambda dead: pipe.runs.handler(source.ref, dead))
        return pipe

    def _enrichment(
        self,
        ref: Ref,
        given: Resource | Callable[..., Any] | None,
        asked: Declared | None,
    ) -> Enrichment | None:
        if given is None:
            if asked is not None:
                raise InvalidDeclaration("expected an enrichment for enrich_input", at=str(ref))
            return None
        is_resource = hasattr(given, "ref")
        found = given if is_resource else self.function(cast("Callable[..., Any]", given))
        inside = found.call_in if isinstance(found, Function) and not found.is_action else None
        named = cast("Resource", found).ref
        return Enrichment(
            named, inside, None if asked is None else compile_input(asked, PIPE_NAMES)
        )

    def _letters(
        self, ref: Ref, source: Resource, target: RuleTarget, options: PipeOptions
    ) -> Queue:
        """The queue for what cannot be delivered: that of a queue, one that is named, or its own.

        Raises:
            InvalidDeclaration: what is named is no queue.
        """
        if isinstance(source, Queue):
            if source.dead_letters is None:
                raise InvalidDeclaration(
                    f"expected a queue to read from, got the dead letters {source.ref}",
                    at=str(ref),
                    hint="Redrive them: `ensue dlq redrive`.",
                )
            return source.dead_letters
        if target.dead_letters is None:
            was = options.get("was")
            return Queue(
                self.home,
                ref.name + pipe_kind.DEAD_LETTERS,
                is_dead_letters=True,
                was=None if was is None else was + pipe_kind.DEAD_LETTERS,
            )
        if isinstance(target.dead_letters, Queue):
            return target.dead_letters
        raise InvalidDeclaration(
            f"expected a queue for dead letters, got {target.dead_letters.ref}", at=str(ref)
        )

    def _check_circle(self, ref: Ref, source: Ref, target: Ref, *, passes_all: bool) -> None:
        """Check that what a pipe delivers does not come back to it through pipes alone.

        Raises:
            InvalidDeclaration: it leads into its own source, or pipes that pass everything on
                lead back to it.
        """
        path = [source, target]
        ways = {
            each.model.feed.source: each.model.target
            for each in self.resources.values()
            if isinstance(each, Pipe) and each.model.passes_all
        }
        while passes_all and path[-1] != source and path[-1] in ways and len(path) <= len(ways) + 1:
            path.append(ways[path[-1]])
        if path[-1] == source:
            raise InvalidDeclaration(
                f"expected a pipe that ends, got {' to '.join(map(str, path))}",
                at=str(ref),
                hint="What it delivers would come back to it without end.",
            )


def _check_options(ref: Ref, source: Resource, options: PipeOptions, *, asks_outside: bool) -> None:
    """Check that each option means something for such a pipe.

    Raises:
        InvalidDeclaration: one does not.
        InvalidName: the earlier name breaks the naming rule.
    """
    surplus = [name for name in _OF_LOGS if name in options] if isinstance(source, Queue) else []
    if surplus:
        raise InvalidDeclaration(
            f"expected no {surplus[0]} for a pipe that takes from {source.ref}",
            at=str(ref),
            hint="A queue has max_receives and dead letters of its own.",
        )
    actions = [name for name in _OF_ACTIONS if name in options]
    if actions and not asks_outside:
        raise InvalidDeclaration(
            f"expected an enrichment outside for {actions[0]}",
            at=str(ref),
            hint="What is inside is one transaction after the other.",
        )
    was = options.get("was")
    if was is not None:
        check_name(was, "pipe")


def _target_of(
    to: Resource | RuleTarget,
    given: Declared | None,
    options: PipeOptions,
) -> RuleTarget:
    """The target, with the terms of the pipe where it has none of its own.

    Raises:
        InvalidDeclaration: a bound is out of range.
    """
    target = to if isinstance(to, RuleTarget) else RuleTarget(to)
    return replace(
        target,
        input=target.input or given,
        group=options.get("group", target.group),
        retries=options.get("retries", target.retries),
        max_age=options.get("max_age", target.max_age),
        dead_letters=options.get("dead_letters", target.dead_letters),
        on_failure=options.get("on_failure", target.on_failure),
    )


def _policy(
    ref: Ref, source: Resource, target: RuleTarget, options: PipeOptions, *, asks_outside: bool
) -> Policy:
    receives = source.model.max_receives if isinstance(source, Queue) else target.retries + 1
    named = {name: options[name] for name in _OF_POLICY if name in options}  # type: ignore[literal-required]
    policy = make_policy(
        receives, **{"batch": 1 if asks_outside else pipe_kind.DIRECT_BATCH, **named}
    )
    policy.check(str(ref))
    if policy.window_ms and "batch" not in options:
        raise InvalidDeclaration("expected a batch for a window", at=str(ref))
    return policy


def _places(source: Resource, target: RuleTarget, options: PipeOptions) -> dict[str, Any]:
    """Where a pipe begins, what its target gets, and how what fails is tried."""
    wanted, path = cast("Declared | None", target.input), target.group
    start, snapshot = pipe_kind.start_of(options.get("start", "latest"))
    said: dict[str, Json] = {}
    if wanted is not None:
        said["input"] = told_input(wanted)
    if path is not None:
        said["group"] = path
    if not isinstance(source, Queue):
        said |= {"retries": target.retries, "max_age_ms": target.terms.max_age_ms}
        said["on_failure"] = target.on_failure
    return {
        "input": None if wanted is None else compile_input(wanted, PIPE_NAMES),
        "group": None if path is None else InputPath(path).compile_input(()),
        "terms": target.own_terms,
        "max_age_ms": None if isinstance(source, Queue) else target.terms.max_age_ms,
        "start": start,
        "snapshot": snapshot,
        "parks": target.on_failure == "park" and not isinstance(source, Queue),
        "said": said,
    }
