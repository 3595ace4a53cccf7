"""What each bound of the code bounds, in words: the reference of limits is made of this.

A bound is a constant whose name says so: ``..._MAX``, ``MAX_...``, or a time or size whose last
word is its unit. `docs/generate.py` finds them; one that is not told of here is an error.
"""

from __future__ import annotations

from typing import NamedTuple


class Bound(NamedTuple):
    """A bound.

    Attributes:
        area: which part of the page it is in.
        unit: of its value.
        what: what it bounds.
        beyond: what happens beyond it.
    """

    area: str
    unit: str
    what: str
    beyond: str


DATA, WORK, ENGINE = "Data", "Work and handlers", "The engine"
HTTP, CLI, PATTERNS, EXPRESSIONS = "HTTP", "The command line", "Patterns and inputs", "Expressions"
SCHEDULES = "Schedules"
CONSOLE = "The console"
ALARMS = "Alarms"
SCHEMAS = "Schemas"
SECRETS = "Secrets"
WORKFLOWS = "Workflows"
STATES = "The states language"
AGENTS = "Language models"
AREAS = (
    DATA,
    WORK,
    SCHEDULES,
    ALARMS,
    ENGINE,
    HTTP,
    CONSOLE,
    CLI,
    PATTERNS,
    EXPRESSIONS,
    SCHEMAS,
    SECRETS,
    STATES,
    AGENTS,
    WORKFLOWS,
)

LARGE, LIMIT, VALUE, DECLARED = (
    "`TooLarge`",
    "`LimitExceeded`",
    "`InvalidValue`",
    "`InvalidDeclaration`",
)
PATTERN, EXPRESSION = "`InvalidPattern`", "`InvalidExpression`"
CUT = "cut, with …"

BOUNDS: dict[str, Bound] = {
    "words:VALUE_BYTES_MAX": Bound(DATA, "bytes", "a value as JSON", LARGE),
    "words:VALUE_DEPTH_MAX": Bound(DATA, "levels", "nesting of a value", VALUE),
    "words:INTEGER_MIN": Bound(DATA, "", "an integer that came as JSON from outside", VALUE),
    "words:INTEGER_MAX": Bound(DATA, "", "an integer that came as JSON from outside", VALUE),
    "words:NUMBER_DIGITS_MAX": Bound(DATA, "digits", "an `int` or `Decimal` that is kept", VALUE),
    "words:NUMBER_EXPONENT_MAX": Bound(DATA, "", "its decimal exponent, at most", VALUE),
    "words:NUMBER_EXPONENT_MIN": Bound(DATA, "", "its decimal exponent, at least", VALUE),
    "words:NAME_LENGTH_MAX": Bound(DATA, "characters", "the name of a resource", "`InvalidName`"),
    "words:DURATION_MS_MAX": Bound(DATA, "ms", "a duration: 100 years", VALUE),
    "words:RATE_PER_SECOND_MIN": Bound(DATA, "per second", "a rate, at least", VALUE),
    "words:RATE_PER_SECOND_MAX": Bound(DATA, "per second", "a rate, at most", VALUE),
    "resources.table:ITEM_BYTES_MAX": Bound(DATA, "bytes", "an item of a table", LARGE),
    "words:KEY_BYTES_MAX": Bound(DATA, "bytes", "one value of a key", VALUE),
    "resources.table:BATCH_MAX": Bound(DATA, "items", "one `batch_get`, `batch_put` ...", LIMIT),
    "resources.table:EXAMINED_MAX": Bound(
        DATA, "items", "what a query with a filter looks at for a page", "the page ends"
    ),
    "resources.table:SEGMENTS_MAX": Bound(DATA, "segments", "a scan's segments", VALUE),
    "resources.table:TTL_AGE_S_MAX": Bound(
        DATA, "s", "how long ago an item may have ended: 5 years", "it does not expire"
    ),
    "resources.table:ACTED_MAX": Bound(DATA, "keys", "`act-all` of a table", "refused"),
    "resources.schedule:LANES_MAX": Bound(
        SCHEDULES, "schedules", "`upcoming`: those that are due first", "left out"
    ),
    "resources.schedule:MOMENTS_MAX": Bound(
        SCHEDULES, "moments", "`upcoming`, of one schedule", "`more` says so"
    ),
    "resources.schedule:NOTES_MAX": Bound(
        SCHEDULES, "notes", "what was missed, of a group", "the oldest are forgotten"
    ),
    "resources.schedule:COUNTED_MAX": Bound(
        SCHEDULES, "moments", "`moments` of what was missed", "counted up to this"
    ),
    "resources.table:LOOK_MS": Bound(
        ENGINE, "ms", "how often expired items are looked for at least", ""
    ),
    "words:TIME_MS_MAX": Bound(DATA, "ms", "a time since 1970: the year 9999", VALUE),
    "resources.table:COUNTED_MAX": Bound(
        DATA, "values", "the values that `counts` counts by", "`LimitExceeded`"
    ),
    "resources.table:PAGE_MAX": Bound(DATA, "items", "a page of a query", VALUE),
    "resources.adopted:PAGE_MAX": Bound(DATA, "rows", "a page of rows", VALUE),
    "resources.adopted:TAIL_MAX": Bound(DATA, "changes", "one `changes`", "the first so many"),
    "resources.bus:EVENT_BYTES_MAX": Bound(DATA, "bytes", "an event", LARGE),
    "resources.bus:NAME_LENGTH_MAX": Bound(DATA, "characters", "a source or detail-type", VALUE),
    "resources.bus:TARGETS_MAX": Bound(DATA, "targets", "targets of a rule", DECLARED),
    "resources.bus:EXPLAINED_MAX": Bound(
        DATA, "messages", "what `explain` looks at of a transaction", "deliveries are left out"
    ),
    "resources.bus:RULES_MAX": Bound(DATA, "rules", "rules of a bus", DECLARED),
    "resources.bus:ENTRIES_MAX": Bound(DATA, "events", "events of one `publish_batch`", LIMIT),
    "resources.bus:ARCHIVES_MAX": Bound(DATA, "archives", "archives of a bus", DECLARED),
    "resources.bus:REPLAYS_OPEN_MAX": Bound(
        DATA, "replays", "replays of a bus that are not over", LIMIT
    ),
    "resources.bus:REPLAYS_SHOWN_MAX": Bound(DATA, "replays", "one `replays`", "the newest"),
    "resources.bus:REPLAY_TARGETS_MAX": Bound(
        DATA, "names", "whom one replay is for", "`InvalidInput`"
    ),
    "resources.bus:SAMPLE_MAX": Bound(DATA, "events", "the sample of a dry run", "the first"),
    "resources.bus:FAULT_LENGTH_MAX": Bound(
        DATA, "characters", "why a replay pauses by itself", "cut"
    ),
    "resources.bus:STEP_LOOKS_MAX": Bound(
        ENGINE, "events", "one transaction of a replay reads", "the rest is next"
    ),
    "resources.bus:STEP_BYTES_MAX": Bound(
        ENGINE, "bytes", "one transaction of a replay reads", "the rest is next"
    ),
    "resources.bus:GROUP_LENGTH_MAX": Bound(
        DATA, "characters", "a group that a rule finds in an event", "its SHA-256"
    ),
    "engine:RETRIES_MAX": Bound(WORK, "retries", "retries of a rule's delivery", DECLARED),
    "engine:AGE_MS_MIN": Bound(WORK, "ms", "`max_age` of a rule's delivery, at least", DECLARED),
    "engine:AGE_MS_MAX": Bound(WORK, "ms", "`max_age` of a rule's delivery, at most", DECLARED),
    "resources.bus:TRIED_MAX": Bound(
        DATA, "events", "on how many a pattern is tried by `try-pattern`", "refused"
    ),
    "resources.bus:TRIED_SHOWN_MAX": Bound(
        DATA, "events", "of how many of these `try-pattern` tells", "refused"
    ),
    "resources.bus:ARCHIVE_LOOKS_MAX": Bound(
        DATA, "events", "the part of a log that `archives` counts", "the newest; it says so"
    ),
    "engine:LOOKS_MAX": Bound(
        DATA, "records", "what one `tail` by a pattern looks at", "a later position, and go on"
    ),
    "observe:IDLE_S": Bound(
        HTTP, "s", "a watch to which nothing comes", "it says so, to notice who has gone"
    ),
    "observe:ARGUMENT_BYTES_MAX": Bound(
        CLI, "bytes", "the body in an argument of `tail --as curl`", "given as its input"
    ),
    "resources.bus:TAIL_MAX": Bound(DATA, "events", "events of one `tail`", "the first so many"),
    "resources.queue:DELAY_MS_MAX": Bound(DATA, "ms", "the delay of a message", VALUE),
    "resources.queue:GROUP_LENGTH_MAX": Bound(DATA, "characters", "a message group", VALUE),
    "engine:DEDUPLICATION_ID_LENGTH_MAX": Bound(DATA, "characters", "a deduplication id", VALUE),
    "engine:DEDUPLICATION_MS": Bound(
        DATA, "ms", "a second send with a deduplication id adds nothing", "it is sent"
    ),
    "engine:PRIORITY_MAX": Bound(DATA, "", "the priority of a message", VALUE),
    "engine:TENANT_LENGTH_MAX": Bound(DATA, "characters", "a tenant", VALUE),
    "resources.queue:SEND_BATCH_MAX": Bound(DATA, "messages", "one `send_batch`", LIMIT),
    "resources.queue:RECEIVE_MAX": Bound(DATA, "messages", "one `receive`", VALUE),
    "resources.queue:WAIT_MS_MAX": Bound(DATA, "ms", "the wait of a `receive`", VALUE),
    "resources.queue:VISIBILITY_MS_MAX": Bound(
        DATA, "ms", "the lease of a message received by hand: 12 hours", VALUE
    ),
    "resources.queue:HOLDER_LENGTH_MAX": Bound(
        DATA, "characters", "what a receiver calls itself", VALUE
    ),
    "resources.queue:LEASES_MAX": Bound(DATA, "leases", "one `leases`", "the first so many"),
    "resources.queue:REDRIVES_MAX": Bound(DATA, "redrives", "one `redrives`", "the newest"),
    "resources.queue:RETENTION_MS_MIN": Bound(DATA, "ms", "a retention, at least", DECLARED),
    "resources.queue:PEEK_MAX": Bound(DATA, "messages", "one `peek`", "the first so many"),
    "resources.queue:REDRIVE_MAX": Bound(
        DATA, "messages", "one `redrive` without a rate looks at", "the rest stays"
    ),
    "engine:LOOKED_AT_LENGTH_MAX": Bound(
        DATA, "characters", "what is looked at of a reason to find its cause", "the rest is ignored"
    ),
    "engine:ERROR_NAME_LENGTH_MAX": Bound(
        DATA, "characters", "the kind of error of a cause of dead letters", "cut off"
    ),
    "engine:MESSAGE_LENGTH_MAX": Bound(
        DATA, "characters", "the message of a cause of dead letters", "cut off"
    ),
    "resources.queue:STANDING_MAX": Bound(DATA, "messages", "one `messages`", "the next page"),
    "resources.queue:HELD_KEYS_MAX": Bound(
        DATA, "message groups", "one `held`", "those held longest"
    ),
    "engine:HELD_LOOKED_AT_MAX": Bound(
        DATA, "messages", "what `held` looks at, and counts of each group", "the rest is not told"
    ),
    "resources.queue:CAUSES_MAX": Bound(DATA, "causes", "one `dlq causes`", "the next page"),
    "resources.queue:LETTERS_MAX": Bound(DATA, "letters", "one `dlq letters`", "the next page"),
    "resources.queue:LETTER_IDS_MAX": Bound(
        DATA, "letters", "dead letters redriven or deleted by their ids", VALUE
    ),
    "resources.topic:SUBSCRIPTIONS_MAX": Bound(
        DATA, "subscriptions", "subscriptions of a topic", DECLARED
    ),
    "resources.topic:PAGE_MAX": Bound(
        DATA, "messages", "one `tail` of a topic", "the first so many"
    ),
    "resources.pipe:GROUP_LENGTH_MAX": Bound(
        DATA, "characters", "what a pipe keeps the order by at its target", "its SHA-256 is taken"
    ),
    "resources.topic:GROUP_LENGTH_MAX": Bound(DATA, "characters", "a message group", VALUE),
    "resources.topic:DEDUPLICATION_ID_LENGTH_MAX": Bound(
        DATA, "characters", "a deduplication id", VALUE
    ),
    "doors.console:HOUR_MS": Bound(CONSOLE, "ms", "what charts show of the past: an hour", ""),
    "doors.console:STEP_MS": Bound(CONSOLE, "ms", "a step of the charts of traffic, at least", ""),
    "doors.console:STEPS_MAX": Bound(CONSOLE, "steps", "steps of such a chart", "longer steps"),
    "doors.console:WINDOW_MS": Bound(CONSOLE, "ms", "what the figures of Health are of", ""),
    "doors.console:LINES_MAX": Bound(
        CONSOLE, "lines", "lines of a chart of Health", "the busiest are drawn"
    ),
    "doors.console:ROWS_MAX": Bound(
        CONSOLE, "rows", "routes and handlers that Health lists", "the busiest are listed"
    ),
    "doors.console:LIMITS_SHOWN_MAX": Bound(
        CONSOLE, "bounds", "bounds that Health lists", "the fullest are listed"
    ),
    "observe:QUEUES_MAX": Bound(
        ENGINE, "queues", "queues that a diagnosis looks into", "those in which most waits"
    ),
    "engine:LOOKED_AT_MAX": Bound(
        ENGINE, "messages", "delayed messages of a queue that a diagnosis looks through", "the rest"
    ),
    "engine:SAMPLE_MAX": Bound(
        ENGINE, "messages", "failed messages of a queue whose errors it reads", "the rest"
    ),
    "engine:BEHIND_MAX": Bound(
        ENGINE, "messages", "messages behind a failed one that it counts", "or more"
    ),
    "observe:CAUSES_MAX": Bound(
        ENGINE, "causes", "causes of dead letters that it tells", "those of most letters"
    ),
    "observe:GROWTH_MS": Bound(ENGINE, "ms", "over how long it looks whether a backlog grows", ""),
    "observe:AHEAD_MS": Bound(
        ENGINE, "ms", "how far in the future the store may have been written", "it is told"
    ),
    "observe:READERS_MAX": Bound(
        ENGINE, "readers", "readers whose lag is set against the retention", "the first"
    ),
    "resources.alarm:PERIOD_STEP_MS": Bound(
        ALARMS, "ms", "what a period of an alarm is a whole multiple of", DECLARED
    ),
    "resources.alarm:PERIOD_MS_MAX": Bound(ALARMS, "ms", "a period of an alarm", DECLARED),
    "resources.alarm:OUT_OF_MAX": Bound(
        ALARMS, "periods", "periods that an alarm is judged by: `out_of`", DECLARED
    ),
    "resources.alarm:WINDOW_MS_MAX": Bound(ALARMS, "ms", "these together: a day", DECLARED),
    "resources.alarm:TARGETS_MAX": Bound(
        ALARMS, "targets", "who is told of an alarm's changes", DECLARED
    ),
    "resources.alarm:DESCRIPTION_LENGTH_MAX": Bound(
        ALARMS, "characters", "the description of an alarm", DECLARED
    ),
    "resources.alarm:WHEN_LENGTH_MAX": Bound(
        ALARMS, "characters", "a condition on other alarms: `when`", DECLARED
    ),
    "resources.alarm:WHEN_DEPTH_MAX": Bound(
        ALARMS, "levels", "parentheses and `not` in it", DECLARED
    ),
    "resources.alarm:REASON_LENGTH_MAX": Bound(
        ALARMS, "characters", "the reason of a state that is set by hand", VALUE
    ),
    "resources.alarm:SHOWN_MAX": Bound(
        ALARMS, "values", "values that the reason of a state names", "how many more there are"
    ),
    "resources.alarm:KEEP_CHANGES_MS": Bound(
        ALARMS, "ms", "how long changes of state are kept: 30 days", "they are forgotten"
    ),
    "resources.alarm:PAGE_MAX": Bound(
        ALARMS, "", "changes of state that are listed at once", "the next page"
    ),
    "resources.alarm:RETRIES_MAX": Bound(
        ALARMS,
        "",
        "how often a target that refused to be told is tried again",
        "the queue `alarms-dlq`",
    ),
    "resources.meter:EVENTS_MAX": Bound(DATA, "events", "one batch to record", LIMIT),
    "resources.meter:METRICS_MAX": Bound(DATA, "metrics", "metrics of a meter", DECLARED),
    "resources.meter:GROUPED_MAX": Bound(DATA, "groups", "groups of a metric", DECLARED),
    "resources.meter:ID_LENGTH_MAX": Bound(
        DATA, "characters", "the id of an event of a meter", "it is refused"
    ),
    "resources.meter:SUBJECT_LENGTH_MAX": Bound(
        DATA, "characters", "a subject of a meter", "it is refused"
    ),
    "resources.meter:TYPE_LENGTH_MAX": Bound(
        DATA, "characters", "the type of an event of a meter", "it is refused"
    ),
    "resources.meter:PROPERTY_LENGTH_MAX": Bound(
        DATA, "characters", "a property of such an event that is a text", "it is refused"
    ),
    "resources.meter:PROPERTIES_BYTES_MAX": Bound(
        DATA, "characters", "all its properties as JSON", "it is refused"
    ),
    "resources.meter:REASON_LENGTH_MAX": Bound(
        DATA, "characters", "the reason of a correction", VALUE
    ),
    "resources.meter:QUANTITY_DIGITS_MAX": Bound(
        DATA, "digits", "a quantity that is summed, before the point", "it is refused"
    ),
    "resources.meter:QUANTITY_DECIMALS_MAX": Bound(
        DATA, "digits", "the same, behind the point", "it is refused"
    ),
    "resources.meter:FUTURE_MS_MAX": Bound(
        DATA, "ms", "how far ahead an event's time may be: `future` of a meter", DECLARED
    ),
    "resources.meter:HOUR_MS": Bound(DATA, "ms", "what a meter's sums are kept by", ""),
    "resources.meter:LOG_EVENTS_MAX": Bound(
        DATA, "events", "what a question to a meter reads one by one", LIMIT
    ),
    "resources.meter:POINTS_MAX": Bound(DATA, "points", "a series of a meter", LIMIT),
    "resources.meter:PAGE_MAX": Bound(
        DATA, "", "subjects or changes of a meter that are listed at once", "the next page"
    ),
    "resources.stream:SHARDS_MAX": Bound(DATA, "shards", "open shards of a stream", LIMIT),
    "resources.stream:KEY_LENGTH_MAX": Bound(DATA, "characters", "a partition key", VALUE),
    "resources.stream:ENTRIES_MAX": Bound(DATA, "records", "one batch to append", LIMIT),
    "resources.stream:RECORDS_MAX": Bound(
        DATA, "records", "one `tail`, `read` or `find`", "the first so many"
    ),
    "resources.stream:LEASE_MS_MAX": Bound(
        WORK, "ms", "a worker's lease of a shard: 12 hours", VALUE
    ),
    "engine:UNREAD_COUNTED_MAX": Bound(
        ENGINE, "records", "what a reader has not read, in a shard", "counted so far"
    ),
    "resources.bucket:KEY_BYTES_MAX": Bound(DATA, "bytes", "the key of an object", VALUE),
    "resources.bucket:SIZE_BYTES_MAX": Bound(DATA, "bytes", "`size_max`: 5 TiB", DECLARED),
    "resources.bucket:BODY_BYTES_MAX": Bound(DATA, "bytes", "the body of `tx.put_object`", LARGE),
    "resources.bucket:GET_BYTES_MAX": Bound(DATA, "bytes", "a body that is read at once", LARGE),
    "resources.bucket:METADATA_BYTES_MAX": Bound(DATA, "bytes", "an object's metadata", VALUE),
    "resources.bucket:CONTENT_TYPE_LENGTH_MAX": Bound(
        DATA, "characters", "an object's content type", VALUE
    ),
    "resources.bucket:PAGE_MAX": Bound(DATA, "objects", "a page of a listing", VALUE),
    "resources.bucket:DELETE_MAX": Bound(DATA, "objects", "one `delete_many`", LIMIT),
    "resources.bucket:NONCURRENT_MAX": Bound(DATA, "versions", "`noncurrent_max`", DECLARED),
    "resources.bucket:LOOK_MS": Bound(
        ENGINE, "ms", "how often expired objects are looked for at least", ""
    ),
    "engine:SETTLE_MS": Bound(
        ENGINE, "ms", "the body of a transaction that was undone is removed after this", ""
    ),
    "engine:SWEEP_MS": Bound(
        ENGINE, "ms", "how often files without an object are looked for, and at each start", ""
    ),
    "doors.http:STREAM_BYTES_MIN": Bound(
        HTTP, "bytes", "of an object that is put must come in each `RECEIVE_S`", "the end"
    ),
    "doors.console:COLUMNS_MAX": Bound(
        CONSOLE, "columns", "a table's rows, where none are chosen", "offered beside them"
    ),
    "doors.console:TILES_MAX": Bound(CONSOLE, "values", "the tiles of a table's counts", "counted"),
    "doors.console:TEXT_MAX": Bound(CONSOLE, "characters", "a value in a row", CUT),
    "doors.console:DAY_MS": Bound(CONSOLE, "ms", "the axis of the schedules", ""),
    "doors.console:SOON_S": Bound(
        CONSOLE, "s", "how long a page waits for a count of items", "shown when it is there"
    ),
    "doors.console:PATIENCE_S": Bound(
        CONSOLE, "s", "how long a page waits for a move of the held clock", "it goes on"
    ),
    "doors.console:WAIT_MS": Bound(CONSOLE, "ms", "one wait of a change feed", "it asks again"),
    "doors.console:CREDENTIAL_LENGTH_MAX": Bound(
        CONSOLE, "characters", "a key or a token that is put in", "refused"
    ),
    "doors.console:FAILURES_MAX": Bound(CONSOLE, "wrong keys", "in a minute", "429"),
    "doors.console:FAILURES_WINDOW_MS": Bound(CONSOLE, "ms", "for which wrong keys count", ""),
    "doors.console:A_WORKFLOW_MAX": Bound(
        CONSOLE, "approvals", "of each workflow, in the list of all", "the rest has a link"
    ),
    "doors.console:CAUSE_LENGTH_MAX": Bound(CONSOLE, "characters", "of the cause of an error", CUT),
    "doors.console:FIELDS_MAX": Bound(
        CONSOLE, "fields", "of a form that is made of a schema", "JSON is asked for"
    ),
    "doors.console:ITERATIONS_MAX": Bound(
        CONSOLE, "iterations", "of a Map that unfold in a waterfall", "the rest is in the history"
    ),
    "doors.console:RESULTS_MAX": Bound(
        CONSOLE, "steps", "whose results a fork of a function shows", "the last so many"
    ),
    "doors.console:STATES_DRAWN_MAX": Bound(
        CONSOLE, "states", "of a graph that is drawn", "its states are listed in its times"
    ),
    "doors.console:VISITS_MAX": Bound(
        CONSOLE, "visits", "of states that a page of an execution tells of", "it says so"
    ),
    "doors.console:FORM_BYTES_MAX": Bound(CONSOLE, "bytes", "a form", VALUE),
    "doors.console:FORM_FIELDS_MAX": Bound(CONSOLE, "fields", "a form", VALUE),
    "doors.console:LOOK_MS": Bound(CONSOLE, "ms", "between looks at what is wrong", ""),
    "doors.console:NOTICE_LENGTH_MAX": Bound(
        CONSOLE, "characters", "what a page tells of an action", CUT
    ),
    "doors.console:NOTICE_S_MAX": Bound(CONSOLE, "s", "for which that waits for its page", ""),
    "doors.console:PAUSE_S": Bound(CONSOLE, "s", "at least, between updates of a page", ""),
    "doors.console:RATES_MS": Bound(
        CONSOLE, "ms", "for which a page is updated after the last change", ""
    ),
    "doors.console:SESSION_MS": Bound(CONSOLE, "ms", "a session", "log in again"),
    "doors.console:TEXT_LENGTH_MAX": Bound(CONSOLE, "characters", "an event in a list", CUT),
    "doors.console:TEXT_SHOWN_MAX": Bound(CONSOLE, "characters", "of a value, as JSON", CUT),
    "doors.cli:GIVEN_LENGTH_MAX": Bound(CLI, "characters", "of what was given, in `audit`", CUT),
    "doors.cli:SHOWN_MAX": Bound(CLI, "changes", "`audit --limit`", "refused"),
    "doors.http:AUDITS_SHOWN_MAX": Bound(CONSOLE, "changes", "of the audit log at once", VALUE),
    "engine:AUDITS_KEPT_MAX": Bound(CONSOLE, "changes", "in the audit log", "the oldest goes"),
    "pages:ASSET_BYTES_MAX": Bound(HTTP, "bytes", "a file in `pages/static/`", DECLARED),
    "pages:SERIES_MAX": Bound(HTTP, "series", "of one chart", VALUE),
    "app:COOKIE_BYTES_MAX": Bound(HTTP, "bytes", "a cookie's name and value", VALUE),
    "doors.http:SIZE_DIGITS_MAX": Bound(HTTP, "digits", "the `content-length` of an object", LARGE),
    "engine:ORPHAN_MS": Bound(
        ENGINE, "ms", "`ensue check` tells of a file without an object that is as old as this", ""
    ),
    "resources.mail:SUBJECT_LENGTH_MAX": Bound(DATA, "characters", "a letter's subject", "cut"),
    "resources.mail:TEXT_BYTES_MAX": Bound(DATA, "characters", "a letter's text", VALUE),
    "resources.queue:MAX_RECEIVES_DEFAULT": Bound(
        WORK, "receives", "`max_receives` where none is given", "the dead-letter queue"
    ),
    "engine:READ_MAX": Bound(
        DATA, "secrets", "secrets that logs leave out", "the first that was read is not left out"
    ),
    "engine:MASKED_LENGTH_MIN": Bound(
        DATA, "characters", "a secret that logs leave out, at least", "it is not left out"
    ),
    "engine:SECRET_BYTES_MAX": Bound(
        ENGINE, "bytes", "the file of a secret", "`MissingSecret` at the start"
    ),
    "engine:MAX_RECEIVES_MAX": Bound(WORK, "receives", "`max_receives`", DECLARED),
    "engine:TIMEOUT_MS_MAX": Bound(
        WORK, "ms", "`timeout`, `retry_base` and `retry_cap`: 12 hours", DECLARED
    ),
    "engine:CONCURRENCY_MAX": Bound(WORK, "actions", "`concurrency`", DECLARED),
    "engine:BATCH_MAX": Bound(WORK, "messages", "`batch`", DECLARED),
    "engine:WINDOW_MS_MAX": Bound(WORK, "ms", "the `window` of a batch: 5 minutes", DECLARED),
    "engine:SEEN_MAX": Bound(
        WORK, "records", "one look of a reader for those of a batch with a `window`", "the next"
    ),
    "engine:RETRY_BASE_MS": Bound(
        WORK, "ms", "the first retry waits up to this, where `retry_base` is not given", "doubles"
    ),
    "engine:RETRY_CAP_MS": Bound(
        WORK, "ms", "no retry waits longer, where `retry_cap` is not given", ""
    ),
    "engine:LEASE_MARGIN_MS": Bound(
        WORK, "ms", "a lease is `timeout` and this", "the work may be taken again"
    ),
    "engine:BURST_MS": Bound(
        WORK, "ms", "a pace allows at once what its rate gives in this time", "a wait"
    ),
    "engine:AGEING_MS": Bound(
        WORK, "ms", "a priority passes what came up to so much earlier, for each step", "its turn"
    ),
    "engine:PROMOTED_MAX": Bound(
        WORK, "messages", "one take gives a rank to, in a queue with an order", "the next take"
    ),
    "engine:COUNTED_MAX": Bound(
        WORK, "messages", "what is counted one by one to tell due from delayed", "so many"
    ),
    "engine:CRASHES_MAX": Bound(
        WORK, "crashes", "deaths of the process with one change in hand", "the change becomes work"
    ),
    "engine:ERROR_LENGTH_MAX": Bound(WORK, "characters", "an error as it is recorded", "cut"),
    "app:HTTP_TIMEOUT_S": Bound(WORK, "s", "a call by `app.http`", "the call raises"),
    "app:KEPT_CONNECTIONS_MAX": Bound(
        WORK, "connections", "what an idle client keeps open", "it closes them"
    ),
    "resources.bus:CLOUDEVENT_KEEP_MS": Bound(
        DATA,
        "ms",
        "a CloudEvent that comes again is taken as published: a day",
        "it is another one",
    ),
    "languages.cloudevents:EVENTS_MAX": Bound(DATA, "events", "a batch of CloudEvents", LIMIT),
    "languages.cloudevents:NAME_LENGTH_MAX": Bound(
        DATA, "characters", "the name of an attribute of a CloudEvent", VALUE
    ),
    "languages.cloudevents:TEXT_LENGTH_MAX": Bound(
        DATA, "characters", "an attribute of a CloudEvent", VALUE
    ),
    "languages.cloudevents:INTEGER_MIN": Bound(
        DATA, "", "an attribute of a CloudEvent that is an integer", VALUE
    ),
    "languages.cloudevents:INTEGER_MAX": Bound(
        DATA, "", "an attribute of a CloudEvent that is an integer", VALUE
    ),
    "resources.destination:URL_LENGTH_MAX": Bound(
        DATA, "characters", "the URL of a delivery to a destination", VALUE
    ),
    "resources.destination:GROUP_LENGTH_MAX": Bound(
        DATA, "characters", "the group of a delivery to a destination", VALUE
    ),
    "resources.destination:PEEK_MAX": Bound(
        DATA, "deliveries", "one `peek` of a destination", "the first so many"
    ),
    "resources.destination:TIMEOUT_MS_MAX": Bound(
        WORK, "ms", "the timeout of a destination: 15 minutes", DECLARED
    ),
    "resources.destination:LEASE_SPARE_MS": Bound(
        WORK, "ms", "what the run of a delivery takes beside its call", "a retry"
    ),
    "resources.destination:SIGNED_APART_MS": Bound(
        WORK,
        "ms",
        "between two tries of a delivery that is signed, at least",
        "within a second another try would look like a copy",
    ),
    "resilience:RETRY_AFTER_MS_MAX": Bound(
        WORK, "ms", "how long a server outside may ask to be left alone: an hour", "an hour"
    ),
    "resources.destination:ANSWER_BYTES_MAX": Bound(WORK, "bytes", "the answer to a `call`", LARGE),
    "resources.destination:DRAINED_MS": Bound(
        WORK, "ms", "the rest of an answer once its status has come", "it is left unread"
    ),
    "resources.destination:DRAINED_BYTES_MAX": Bound(
        WORK, "bytes", "an answer that nobody wants", "its connection is closed"
    ),
    "resources.destination:EXCERPT_BYTES_MAX": Bound(
        WORK, "bytes", "what is read of an answer that refuses", "the rest is not read"
    ),
    "resources.destination:REASON_LENGTH_MAX": Bound(
        WORK, "characters", "what is shown of it", CUT
    ),
    "resources.destination:TOKEN_TIMEOUT_MS": Bound(
        WORK, "ms", "one try to get an OAuth token", "a retry"
    ),
    "resources.destination:TOKEN_BYTES_MAX": Bound(
        WORK, "bytes", "the answer of a token endpoint", "a retry"
    ),
    "resources.destination:TOKEN_KEEP_MS": Bound(
        WORK, "ms", "a token whose life is not said", "another one is fetched"
    ),
    "resources.destination:TOKENS_HIDDEN_MAX": Bound(
        WORK, "tokens", "the last ones, which no error shows", ""
    ),
    "resources.mail:SMTP_TIMEOUT_S": Bound(WORK, "s", "one try to hand over a letter", "a retry"),
    "doors.http:RECORDED_BODY_BYTES_MAX": Bound(
        HTTP, "bytes", "a body in a recording", "It is recorded without its body."
    ),
    "doors.http:RECORDING_BYTES_MAX": Bound(
        HTTP, "bytes", "a recording of `ensue run --record`", "It ends, with a warning."
    ),
    "doors.http:STAND_INS_MAX": Bound(
        HTTP, "values", "different masked values of a recording", "All further ones look alike."
    ),
    "testing:RESTART_MS": Bound(
        WORK, "ms", "a restart under `crash_points`", "It takes that long by the held clock."
    ),
    "app:KEEPING_PAUSE_MS": Bound(
        WORK, "ms", "how often what is old is looked for while a held clock is advanced", ""
    ),
    "app:ADVANCE_MS_MAX": Bound(WORK, "ms", "one move of the held clock of a server", "refused"),
    "app:SETTLE_MS_MAX": Bound(
        WORK,
        "ms",
        "how long a stop of a server's held clock waits for actions outside, and for an end",
        "left behind; `LimitExceeded` for what goes on and on",
    ),
    "app:LOOK_AGAIN_MS": Bound(
        WORK, "ms", "how often a stop of a held clock looks whether actions outside ended", ""
    ),
    "app:TURNS_MAX": Bound(
        WORK, "turns of the loop", "one look of a held clock's stop at what goes on", "looks again"
    ),
    "testing:TURNS_MAX": Bound(
        ENGINE, "turns", "turns of the loop for which a test waits for what is busy", "it goes on"
    ),
    "testing:ROUNDS_MAX": Bound(WORK, "rounds", "one `settle` of the test kit", LIMIT),
    "engine:WAITING_JOBS_MAX": Bound(
        ENGINE, "transactions", "transactions that wait for the writer", f"{LIMIT}, a 429"
    ),
    "engine:BATCH_JOBS_MAX": Bound(
        ENGINE, "transactions", "when the writer stops adding to a commit", "the next commit"
    ),
    "engine:NUMBER_MAX": Bound(ENGINE, "resources", "resources of a store", LIMIT),
    "engine:BUSY_TIMEOUT_MS": Bound(
        ENGINE, "ms", "the wait for another program's write lock", "`StoreBusy`"
    ),
    "engine:PAGE_CACHE_KIB": Bound(ENGINE, "KiB", "a connection's page cache", "the disk"),
    "engine:WATCH_MS": Bound(
        ENGINE, "ms", "how often commits of other programs are looked for", ""
    ),
    "engine:STEP_GRACE_MS": Bound(
        ENGINE, "ms", "the wait for a worker's step when stopping", "the step is cancelled"
    ),
    "engine:CHECKPOINT_PAGES": Bound(
        ENGINE, "pages", "the write-ahead log before it is moved into the file", "a checkpoint"
    ),
    "engine:CHECKPOINT_AT_ONCE_PAGES": Bound(
        ENGINE,
        "pages",
        "the write-ahead log before the writer moves it itself",
        "a commit that waits",
    ),
    "engine:RUN_KEEP_MS": Bound(
        ENGINE, "ms", "how long the answer of `app.run` is kept under its token", "it runs again"
    ),
    "engine:SNAPSHOT_AHEAD_MAX": Bound(
        ENGINE, "items", "items of a snapshot that wait for their follower", "the snapshot waits"
    ),
    "engine:TOKEN_LENGTH_MAX": Bound(ENGINE, "characters", "an idempotency token", VALUE),
    "engine:PAUSE_MS": Bound(ENGINE, "ms", "how often what is over is forgotten", ""),
    "engine:TROUBLE_PAUSE_MS": Bound(
        ENGINE, "ms", "a worker's pause after a fault of the store", ""
    ),
    "engine:KEEP_MS": Bound(
        ENGINE,
        "ms",
        "how long what is over is kept, where `--keep` is not given",
        "it is forgotten",
    ),
    "engine:DISK_FREE_BYTES_MIN": Bound(ENGINE, "bytes", "free room on the disk", "a warning"),
    "engine:LOG_FILE_BYTES_MAX": Bound(ENGINE, "bytes", "the write-ahead log's file", "a warning"),
    "engine:OVERDUE_MS_MAX": Bound(ENGINE, "ms", "how long consumed work is due", "a warning"),
    "engine:DEAD_COUNTED_MAX": Bound(
        ENGINE, "messages", "dead letters that a warning counts", "`or more`"
    ),
    "engine:NOTICES_MAX": Bound(ENGINE, "warnings", "warnings of the last minutes", "the newest"),
    "engine:TELL_AGAIN_MS": Bound(
        ENGINE, "ms", "how often one warning is told in the log", "it is not told"
    ),
    "engine:FRESH_MS": Bound(ENGINE, "ms", "how long a warning is shown", "it is not shown"),
    "engine:COPY_PAGES": Bound(ENGINE, "pages", "what `backup` copies at once", "the next pages"),
    "engine:LINE_BYTES_MAX": Bound(ENGINE, "bytes", "a line of `export`: a row", "`Conflict`"),
    "engine:FINDINGS_MAX": Bound(
        ENGINE, "findings", "findings of one rule of `check`", "a note says so"
    ),
    "engine:LEASE_MS_MAX": Bound(ENGINE, "ms", "a lease", "`check` says so"),
    "resources.adopted:TAKE_MAX": Bound(
        ENGINE, "changes", "changes taken at once from a database outside", "the next batch"
    ),
    "resources.adopted:WAITING_COUNTED_MAX": Bound(
        ENGINE, "changes", "`waiting` of an adopted table's status", "counted up to this"
    ),
    "engine:TAKE_BYTES_MAX": Bound(
        ENGINE, "bytes", "changes taken at once from a database outside", "the next batch"
    ),
    "engine:LOOK_MS": Bound(
        ENGINE, "ms", "how often commits to a SQLite file outside are looked for", ""
    ),
    "engine:SHORT_TICKS_MAX": Bound(
        ENGINE,
        "times 10,000 steps of SQLite",
        "a read on the event loop that may take long",
        "begun again in a thread",
    ),
    "engine:THREADS_MAX": Bound(ENGINE, "reads", "long ones at once", "waits for one to end"),
    "engine:WAITING_MAX": Bound(ENGINE, "reads", "long ones that run or wait", "`LimitExceeded`"),
    "engine:LISTEN_S": Bound(
        ENGINE, "s", "how often PostgreSQL is looked at without a notification", ""
    ),
    "engine:CONNECT_TIMEOUT_S": Bound(
        ENGINE, "s", "a connection to PostgreSQL", "`Unreachable`, and a retry"
    ),
    "engine:LOCK_TIMEOUT_MS": Bound(
        ENGINE,
        "ms",
        "the wait for a table's lock while its capture is installed",
        "`Unreachable`, and a retry",
    ),
    "engine:KEEPALIVE_S": Bound(
        ENGINE, "s", "silence after which a connection to PostgreSQL is probed", ""
    ),
    "engine:SAMPLED_MAX": Bound(
        ENGINE,
        "transactions",
        "those of traced trees that are remembered",
        "the oldest are looked up in the store",
    ),
    "observe:MESSAGE_LENGTH_MAX": Bound(ENGINE, "characters", "a message of the log", "cut"),
    "observe:INTERVAL_MS": Bound(
        ENGINE, "ms", "how often figures are exported, where nobody says", ""
    ),
    "engine:SLOT_MS": Bound(
        ENGINE, "ms", "a slot of the figures of the last hour", "the next slot"
    ),
    "doors.cli:INTERVAL_S": Bound(CLI, "s", "between two looks of `ensue top`", "`--interval`"),
    "doors.cli:INTERVAL_S_MIN": Bound(CLI, "s", "`--interval` of `ensue top`, at least", VALUE),
    "doors.cli:INTERVAL_S_MAX": Bound(CLI, "s", "`--interval` of `ensue top`, at most", VALUE),
    "doors.cli:NAME_LENGTH_MAX": Bound(CLI, "characters", "a name in `ensue top`", "cut"),
    "doors.http:AGENT_LENGTH_MAX": Bound(
        ENGINE, "characters", "the name of a client in a span", "cut"
    ),
    "doors.http:LABELS_REMEMBERED_MAX": Bound(
        ENGINE, "series", "labels of `/metrics` that are kept as text", "they are written anew"
    ),
    "observe:HOUR_MS": Bound(ENGINE, "ms", "the window of a figure: an hour", VALUE),
    "observe:WINDOW_MS": Bound(
        ENGINE, "ms", "the window of rates, where none is asked for", "it is not counted"
    ),
    "observe:LEAST_MS": Bound(ENGINE, "ms", "over what a rate is reckoned, at least", ""),
    "observe:FOLLOWED_MAX": Bound(
        ENGINE, "functions", "functions that are followed from one handler, for the map", CUT
    ),
    "observe:FOLLOWED_DEPTH_MAX": Bound(
        ENGINE, "functions", "functions that call each other which are followed, for the map", CUT
    ),
    "observe:CHAIN_LENGTH_MAX": Bound(
        ENGINE, "names", "a name with its attributes in code, for the map", "it is passed over"
    ),
    "observe:CODES_READ_MAX": Bound(
        ENGINE, "functions", "functions whose reading is kept, for the map", "the oldest go"
    ),
    "observe:FILES_READ_MAX": Bound(
        ENGINE, "files", "files of source that are kept, for the map", "the oldest go"
    ),
    "observe:WORDS_LENGTH_MAX": Bound(
        ENGINE, "characters", "a difference of two versions of the map in words", CUT
    ),
    "observe:WIDTH_MIN": Bound(ENGINE, "px", "the same, at least", ""),
    "doors.console:CHART_MS": Bound(
        HTTP, "ms", "what the charts of a route in the console show: a quarter of an hour", ""
    ),
    "doors.console:CHART_STEP_MS": Bound(HTTP, "ms", "a step of these charts", ""),
    "observe:WIDTH_MAX": Bound(ENGINE, "px", "a part of the map, drawn", "its name is cut"),
    "observe:COLUMN_GAP_MAX": Bound(ENGINE, "px", "between two layers of the map", ""),
    "observe:OLD_MS": Bound(
        ENGINE, "ms", "how long what waits has waited that the map shows as waiting", ""
    ),
    "observe:BEHIND_MIN": Bound(
        ENGINE, "records", "how far behind a follower is whose lag the map shows, at least", ""
    ),
    "engine:HOPS_MAX": Bound(
        ENGINE, "hops", "the newest, looked at for what flows on the map", "the newest so many"
    ),
    "engine:RECORDS_MAX": Bound(
        ENGINE, "records", "the newest of a log, looked at for the same", "the newest so many"
    ),
    "app:PICTURES_KEPT_MAX": Bound(
        ENGINE, "layouts", "layouts of the map that are kept", "the oldest go"
    ),
    "engine:MAP_VERSIONS_MAX": Bound(
        ENGINE, "versions", "versions of the map that are kept", "the oldest go"
    ),
    "engine:MAP_CHANGES_MAX": Bound(
        ENGINE, "sentences", "what changed, kept with a version of the map", "the first so many"
    ),
    "observe:NODES_MAX": Bound(ENGINE, "nodes", "a tree of `why`", "`more`: asked for by `after`"),
    "observe:CHILDREN_MAX": Bound(
        ENGINE, "nodes", "children of one node", "`more`: asked for by `after`"
    ),
    "observe:DEPTH_MAX": Bound(
        ENGINE, "levels", "a tree of `why` above what was sought, and below", "`cause`, and `more`"
    ),
    "observe:ATTEMPTS_MAX": Bound(ENGINE, "", "failed attempts of a node", "the last so many"),
    "observe:SHOWN_BYTES_MAX": Bound(ENGINE, "bytes", "a value in `detail`", "its beginning"),
    "observe:HISTORY_MAX": Bound(
        ENGINE, "events", "of an execution's history in `detail`", "the first so many"
    ),
    "observe:UNMATCHED_MAX": Bound(
        ENGINE, "rules", "told in `deliveries` that did not match", "the rest is counted"
    ),
    "observe:GOT_MAX": Bound(ENGINE, "", "what came of one delivery", "the first so many"),
    "observe:TEXT_LENGTH_MAX": Bound(ENGINE, "characters", "a text to search for", VALUE),
    "observe:FOUND_MAX": Bound(ENGINE, "", "what a search finds", "the likeliest so many"),
    "doors.http:BODY_BYTES_MAX": Bound(HTTP, "bytes", "a request's body", "`BodyTooLarge`, a 413"),
    "doors.http:CONNECTIONS_MAX": Bound(
        HTTP, "connections", "open connections, and requests at once, of a port", "a 503"
    ),
    "doors.http:SEND_S": Bound(
        HTTP, "s", "in which a client takes `STREAM_BYTES_MIN` of an answer", "the end"
    ),
    "doors.http:RECEIVE_S": Bound(
        HTTP, "s", "until a request has come whole", "the connection is closed"
    ),
    "doors.http:HEAD_BYTES_MAX": Bound(
        HTTP, "bytes", "a request line with its headers", f"{LIMIT}, a 431"
    ),
    "doors.http:QUERY_FIELDS_MAX": Bound(HTTP, "fields", "a query", VALUE),
    "doors.http:PORT_MAX": Bound(HTTP, "port", "`--port`, and one more for each app", VALUE),
    "doors.http:REQUESTS_GRACE_S": Bound(
        HTTP, "s", "requests in progress when stopping", "they are cut off"
    ),
    "doors.http:STOP_MS": Bound(
        HTTP, "ms", "requests and actions in progress when stopping", "work is given back"
    ),
    "doors.http:STOP_AT_LAST_S": Bound(HTTP, "s", "stopping", "the process ends at once"),
    "doors.http:RETRY_AFTER_S": Bound(HTTP, "s", "what `retry-after` says at least", ""),
    "doors.http:IDEMPOTENCY_KEY_LENGTH_MAX": Bound(HTTP, "characters", "an idempotency key", VALUE),
    "resilience:RETRIES_MAX": Bound(WORK, "retries", "`max_attempts` of `retry`", DECLARED),
    "resilience:RESERVE_MAX": Bound(WORK, "retries", "the reserve of a `RetryBudget`", DECLARED),
    "resilience:PROBES_MAX": Bound(WORK, "calls", "the probes of a `Breaker`", DECLARED),
    "resilience:MIN_CALLS_MAX": Bound(WORK, "calls", "`min_calls` of a `Breaker`", DECLARED),
    "resilience:SLOTS_MAX": Bound(
        WORK,
        "parts",
        "parts of a `Breaker`'s window that are counted apart",
        "one part is forgotten at once",
    ),
    "resilience:WORKERS_MAX": Bound(WORK, "calls", "`workers` of a `Bulkhead`", DECLARED),
    "resilience:QUEUE_MAX": Bound(WORK, "calls", "`queue` of a `Bulkhead`", DECLARED),
    "resilience:LIMIT_MAX": Bound(WORK, "", "the quota of a limit, for one key", DECLARED),
    "resilience:KEYS_MAX": Bound(
        WORK,
        "keys",
        "keys that a limit remembers at once",
        "another key is refused until one is forgotten",
    ),
    "resilience:REMEMBERED_MAX": Bound(
        WORK, "keys", "keys of `idempotent` in memory, outside of any app", LIMIT
    ),
    "resilience:SAMPLES_MAX": Bound(
        WORK, "calls", "calls that a `Measured` remembers", "the oldest are forgotten"
    ),
    "resilience:FORGOTTEN_MAX": Bound(
        WORK, "keys", "keys that a limit forgets with each that asks", "the next time"
    ),
    "identity:SECRETS_MAX": Bound(HTTP, "secrets", "a verifier", DECLARED),
    "identity:ALTERNATIVES_MAX": Bound(HTTP, "verifiers", "a list of `verify=`", DECLARED),
    "identity:SIGNATURES_MAX": Bound(HTTP, "signatures", "a request", "`NotVerified`"),
    "identity:SIGNATURE_LENGTH_MAX": Bound(
        HTTP, "characters", "a header that a signature needs", "`NotVerified`"
    ),
    "identity:NONCE_LENGTH_MAX": Bound(HTTP, "characters", "a nonce", "`NotVerified`"),
    "identity:WEBHOOK_ID_LENGTH_MAX": Bound(HTTP, "characters", "a `webhook-id`", "`NotVerified`"),
    "identity:TOKEN_LENGTH_MAX": Bound(HTTP, "characters", "a token", "`NotVerified`"),
    "identity:LEEWAY_MS": Bound(
        HTTP, "ms", "the time by which clocks may differ for `Bearer`", "`NotVerified`"
    ),
    "identity:SECONDS_MAX": Bound(HTTP, "s", "a time in a token", "`NotVerified`"),
    "identity:RSA_BITS_MIN": Bound(HTTP, "bits", "an RSA key, at least", DECLARED),
    "identity:RSA_BITS_MAX": Bound(HTTP, "bits", "an RSA key", DECLARED),
    "identity:BEARER_LENGTH_MAX": Bound(
        HTTP, "characters", "the header `Authorization` with a token", "`NotVerified`"
    ),
    "identity:KEY_ID_LENGTH_MAX": Bound(HTTP, "characters", "the id of a key", "`NotVerified`"),
    "identity:KEYS_MAX": Bound(HTTP, "keys", "a key set", DECLARED),
    "identity:KEY_SET_BYTES_MAX": Bound(
        HTTP, "bytes", "a key set that is fetched", "what was fetched before stays"
    ),
    "identity:FETCH_INTERVAL_MS": Bound(
        HTTP, "ms", "between two fetches of a key set", "what was fetched before counts"
    ),
    "identity:FETCH_TIMEOUT_MS": Bound(
        HTTP, "ms", "a fetch of a key set", "what was fetched before stays"
    ),
    "identity:FRESH_MS": Bound(
        HTTP, "ms", "how long a key set is fresh that does not say so", "fetched again"
    ),
    "identity:FRESH_MS_MAX": Bound(
        HTTP, "ms", "how long a key set is fresh, whatever it says", "fetched again"
    ),
    "identity:STALE_MS_MAX": Bound(
        HTTP, "ms", "how long a key set is kept while its issuer is down", "`Unreachable`"
    ),
    "identity:KEYS_REMEMBERED_MAX": Bound(
        HTTP, "keys", "an app's own keys that are kept as read", "read again"
    ),
    "identity:PRIVATE_KEYS_REMEMBERED_MAX": Bound(
        HTTP, "keys", "private keys that are kept as read", "read again"
    ),
    "identity:KEY_MAKERS_MAX": Bound(HTTP, "keys", "those that are made at once", "a wait"),
    "identity:KEY_SETS_REMEMBERED_MAX": Bound(
        HTTP, "key sets", "those whose keys are kept as read", "read again"
    ),
    "identity:CHAINS_REMEMBERED_MAX": Bound(
        HTTP, "chains", "chains of certificates that were found right", "verified again"
    ),
    "identity:TOLERANCE_MS": Bound(
        HTTP, "ms", "the age of a signature, unless a verifier says otherwise", "`NotVerified`"
    ),
    "app:IDEMPOTENCY_KEEP_MS": Bound(
        HTTP, "ms", "how long an answer is kept under its idempotency key", "the key is new again"
    ),
    "doors.http:HOSTS_REMEMBERED_MAX": Bound(
        HTTP, "names", "Host headers that were found good", "looked at each time"
    ),
    "doors.cli:TIMEOUT_S": Bound(CLI, "s", "an answer of the server", "`Unreachable`"),
    "doors.cli:CONNECT_TIMEOUT_S": Bound(CLI, "s", "a connection", "`Unreachable`"),
    "doors.cli:MOVE_MS": Bound(CLI, "ms", "a move by `clock`", "`Unreachable`; it goes on"),
    "doors.cli:PORT_MAX": Bound(CLI, "port", "`--port`", "refused"),
    "doors.cli:LINE_BYTES_MAX": Bound(
        CLI, "bytes", "a line that `pattern match` or `states run` reads", LARGE
    ),
    "doors.cli:PATTERNS_KEPT_MAX": Bound(
        CLI, "patterns", "patterns that `pattern match` keeps compiled", "compiled again"
    ),
    "doors.cli:QUESTIONS_MAX": Bound(
        CLI, "patterns", "patterns of one `pattern match --history`", "`InvalidInput`"
    ),
    "doors.cli:SAMPLES_MAX": Bound(CLI, "events", "`pattern match --samples`", "refused"),
    "doors.cli:NEWEST_MAX": Bound(CLI, "events", "`tail --limit`", "refused"),
    "doors.cli:WAIT_MS": Bound(CLI, "ms", "one wait of `tail` for events", "it asks again"),
    "doors.cli:DETAIL_LENGTH_MAX": Bound(CLI, "characters", "a detail in `tail`", CUT),
    "doors.cli:NOTE_LENGTH_MAX": Bound(CLI, "characters", "a note in `why`", CUT),
    "doors.cli:CELL_LENGTH_MAX": Bound(CLI, "characters", "a cell of a table", CUT),
    "doors.cli:EXPRESS_S": Bound(CLI, "s", "an express execution in `states run`", "timed out"),
    "doors.cli:FILE_BYTES_MAX": Bound(CLI, "bytes", "a file that `states` reads", "refused"),
    "doors.cli:MACHINES_KEPT_MAX": Bound(
        CLI, "machines", "machines that `states run --cases` keeps compiled", "compiled again"
    ),
    "doors.cli:VALUE_LENGTH_MAX": Bound(CLI, "characters", "a value in `states run --trace`", CUT),
    "doors.cli:STAGE_LENGTH_MAX": Bound(CLI, "characters", "a stage in `states test`", CUT),
    "doors.cli:TEXT_LENGTH_MAX": Bound(CLI, "characters", "what was typed, in an error", CUT),
    "resources.schedule:NAME_LENGTH_MAX": Bound(
        SCHEDULES, "characters", "the name of a schedule", "`InvalidName`"
    ),
    "resources.schedule:GROUP_LENGTH_MAX": Bound(
        SCHEDULES, "characters", "the message group of its deliveries", VALUE
    ),
    "resources.schedule:WINDOW_MS_MAX": Bound(SCHEDULES, "ms", "a window: a day", VALUE),
    "resources.schedule:MISSED_AFTER_MS": Bound(
        SCHEDULES, "ms", "how late, behind its window, a firing may be", "it was missed"
    ),
    "resources.schedule:MISSED_MS_MAX": Bound(
        SCHEDULES, "ms", 'how far `missed="all"` goes back: a day', "left out, told in the log"
    ),
    "resources.schedule:FIRINGS_MAX": Bound(
        SCHEDULES, "firings", "firings of one transaction", "the next transaction"
    ),
    "resources.schedule:AHEAD_MS": Bound(
        SCHEDULES, "ms", "how long before a moment its calendars are walked", "at the moment itself"
    ),
    "resources.schedule:AHEAD_MAX": Bound(
        SCHEDULES, "schedules", "calendars walked before a moment", "at the moment itself"
    ),
    "resources.schedule:RETRIES_MAX": Bound(
        SCHEDULES, "tries", "tries to deliver a refused firing again", "the dead-letter queue"
    ),
    "resources.schedule:PAGE_MAX": Bound(
        SCHEDULES, "schedules", "schedules of one `list`", "the first so many"
    ),
    "resources.schedule:UPCOMING_MAX": Bound(
        SCHEDULES, "moments", "moments of one `next` or `preview`", "the first so many"
    ),
    "resources.schedule:SHOWN_MAX": Bound(
        SCHEDULES, "names", "names of schedules in one line of the log", "counted"
    ),
    "languages.schedules:EXPRESSION_CHARS_MAX": Bound(
        SCHEDULES, "characters", "a schedule expression", EXPRESSION
    ),
    "languages.schedules:RATE_MS_MAX": Bound(SCHEDULES, "ms", "a rate: 100 years", EXPRESSION),
    "languages.schedules:YEAR_MIN": Bound(SCHEDULES, "year", "years, at least", EXPRESSION),
    "languages.schedules:YEAR_MAX": Bound(SCHEDULES, "year", "years, at most", EXPRESSION),
    "languages.schedules:MONTHS_MAX": Bound(SCHEDULES, "months", "`months_later_ms`", VALUE),
    "languages.schedules:TIMETABLES_KEPT_MAX": Bound(
        SCHEDULES, "expressions", "expressions that are kept compiled", "compiled again"
    ),
    "languages.patterns:MAX_ALTERNATIVES": Bound(
        PATTERNS, "patterns", "combinations of `$or`", PATTERN
    ),
    "languages.patterns:MAX_PATH_NAMES": Bound(PATTERNS, "levels", "nesting of a pattern", PATTERN),
    "languages.patterns:WHOLE_MAX": Bound(
        PATTERNS, "", "whole numbers that compare whatever their digits", "by their spelling"
    ),
    "languages.patterns:MAX_SIMULTANEOUS_PREFIXES": Bound(
        PATTERNS, "prefixes", "beginnings of a field's wildcards that match at once", PATTERN
    ),
    "languages.patterns:MAX_SHOWN_VALUES": Bound(
        PATTERNS, "values", "values that `explain` shows", CUT
    ),
    "languages.patterns:MAX_ANCHOR_VALUES": Bound(
        PATTERNS, "values", "values by which a rule is indexed", "slower, never wrong"
    ),
    "languages.patterns:MAX_CHECKED_RULES": Bound(
        PATTERNS, "rules", "rules that are looked at one by one", "an index"
    ),
    "languages.transformers:VARIABLES_MAX": Bound(
        PATTERNS, "paths", "paths of an input transformer", EXPRESSION
    ),
    "languages.transformers:VARIABLE_CHARS_MAX": Bound(
        PATTERNS, "characters", "the name of such a path", EXPRESSION
    ),
    "languages.transformers:PATH_CHARS_MAX": Bound(
        PATTERNS, "characters", "a JSON path of an input", EXPRESSION
    ),
    "languages.transformers:TEMPLATE_CHARS_MAX": Bound(
        PATTERNS, "characters", "the template of an input", EXPRESSION
    ),
    "languages.jsonata:EXPRESSION_CHARS_MAX": Bound(
        PATTERNS, "characters", "a JSONata expression", EXPRESSION
    ),
    "languages.jsonata:EVALUATION_MS": Bound(
        PATTERNS, "ms", "one evaluation of a JSONata expression", LIMIT
    ),
    "languages.jsonata:CALLS_MAX": Bound(
        PATTERNS, "steps", "the stack of a JSONata expression", "`Unfit`"
    ),
    "languages.jsonata:SEQUENCE_MAX": Bound(
        PATTERNS, "values", "a sequence of a JSONata expression", "`Unfit`"
    ),
    "languages.states:PATH_CHARS_MAX": Bound(STATES, "characters", "a JSONPath", EXPRESSION),
    "languages.states:STEPS_MAX": Bound(STATES, "steps", "steps of a JSONPath", EXPRESSION),
    "languages.states:NESTED_FILTERS_MAX": Bound(
        STATES, "levels", "filters within filters of a JSONPath", EXPRESSION
    ),
    "languages.states:TESTS_MAX": Bound(
        STATES, "levels", "nesting of the tests of a filter", EXPRESSION
    ),
    "languages.states:VARIABLE_CHARS_MAX": Bound(
        STATES, "characters", "the name of a variable", EXPRESSION
    ),
    "languages.states:ITEM_BYTES_MAX": Bound(
        STATES, "bytes", "an item that a Map reads from an object", "`States.ItemReaderFailed`"
    ),
    "languages.states:CSV_HEADER_BYTES_MAX": Bound(
        STATES, "bytes", "the header of a CSV file", "`States.ItemReaderFailed`"
    ),
    "languages.states:BATCH_BYTES_MAX": Bound(
        STATES, "bytes", "the items that a child of a Map gets at once", "the next child gets them"
    ),
    "integrations:KNOWN_ETAGS_MAX": Bound(
        WORK, "objects", "objects of which is known whether they are compressed", "looked at again"
    ),
    "languages.states:LABEL_LENGTH_MAX": Bound(
        STATES, "characters", "the Label of a Map", "`InvalidDefinition`"
    ),
    "languages.states:MAX_ITEMS_MAX": Bound(
        STATES, "items", "items that a Map reads", "`States.ItemReaderFailed`"
    ),
    "languages.states:FILES_AT_ONCE_MAX": Bound(
        STATES, "objects", "objects of a manifest that are looked up at once", "the next follow"
    ),
    "languages.states:LISTED_AT_ONCE_MAX": Bound(
        STATES, "objects", "objects of a listing that are read at once", "the next follow"
    ),
    "languages.states:NESTED_CALLS_MAX": Bound(
        STATES, "levels", "intrinsic functions within each other", EXPRESSION
    ),
    "languages.states:CALL_CHARS_MAX": Bound(
        STATES, "characters", "an intrinsic function with its arguments", EXPRESSION
    ),
    "languages.states:RANGE_ITEMS_MAX": Bound(
        STATES, "items", "what `States.ArrayRange` gives", "`States.IntrinsicFailure`"
    ),
    "languages.states:TEXT_CHARS_MAX": Bound(
        STATES,
        "characters",
        "what is hashed, or changed to or from Base64",
        "`States.IntrinsicFailure`",
    ),
    "languages.states:TEMPLATE_LEVELS_MAX": Bound(
        STATES, "levels", "nesting of a payload template", EXPRESSION
    ),
    "languages.states:QUERY_LEVELS_MAX": Bound(
        STATES, "levels", "nesting of a value with JSONata in it", EXPRESSION
    ),
    "languages.states:RULE_LEVELS_MAX": Bound(
        STATES, "levels", "nesting of the rules of a Choice", EXPRESSION
    ),
    "languages.states:DEFINITION_CHARS_MAX": Bound(
        STATES, "characters", "the JSON of a state machine", "`InvalidDefinition`"
    ),
    "languages.states:SCOPE_LEVELS_MAX": Bound(
        STATES, "levels", "states within states of a state machine", "`InvalidDefinition`"
    ),
    "languages.states:PAYLOAD_BYTES_MAX": Bound(
        STATES, "bytes", "an input, an output or a result", "`States.DataLimitExceeded`"
    ),
    "languages.states:HISTORY_EVENTS_MAX": Bound(
        STATES, "events", "the history of an execution", "`States.Runtime`, announced from 80 %"
    ),
    "languages.states:NUMBER_MAX": Bound(
        STATES, "", "seconds, and counts that a state finds in its data", "`States.Runtime`"
    ),
    "languages.states:TRANSITIONS_MAX": Bound(
        STATES, "states", "what an execution on the command line goes through", "ABORTED"
    ),
    "languages.states:STATE_NAME_CHARS_MAX": Bound(
        STATES, "characters", "the name of a state", "`InvalidDefinition`"
    ),
    "languages.states:NAME_CHARS_MAX": Bound(
        STATES, "characters", "the name of a variable", "`InvalidDefinition`"
    ),
    "languages.states:LEVELS_MAX": Bound(
        STATES, "levels", "states within states that are checked", "`InvalidDefinition`"
    ),
    "languages.states:SECONDS_MAX": Bound(
        STATES,
        "s",
        "a time-out, a heartbeat, a Wait, the interval of a retrier",
        "`InvalidDefinition`",
    ),
    "languages.states:DELAY_SECONDS_MAX": Bound(
        STATES, "s", "MaxDelaySeconds of a retrier", "`InvalidDefinition`"
    ),
    "languages.states:ATTEMPTS_MAX": Bound(
        STATES, "retries", "MaxAttempts of a retrier", "`InvalidDefinition`"
    ),
    "languages.states:BACKOFF_RATE_MAX": Bound(
        STATES, "", "BackoffRate of a retrier", "`InvalidDefinition`"
    ),
    "languages.states:LABEL_CHARS_MAX": Bound(
        STATES, "characters", "Label of a Map", "`InvalidDefinition`"
    ),
    "languages.states:TOLERATED_COUNT_MAX": Bound(
        STATES, "iterations", "ToleratedFailureCount of a Map", "`InvalidDefinition`"
    ),
    "languages.states:CONCURRENCY_MAX": Bound(
        STATES, "iterations", "MaxConcurrency of a Map", "`InvalidDefinition`"
    ),
    "languages.states:PERCENTAGE_MAX": Bound(
        STATES, "%", "ToleratedFailurePercentage of a Map", "`InvalidDefinition`"
    ),
    "languages.templates:MAX_TEMPLATE_LEVELS": Bound(
        HTTP, "levels", "nesting of a template", DECLARED
    ),
    "languages.expressions:MAX_EXPRESSION_BYTES": Bound(
        EXPRESSIONS, "bytes", "an expression", EXPRESSION
    ),
    "languages.expressions:MAX_PLACEHOLDER_CHARS": Bound(
        EXPRESSIONS, "characters", "the name of a placeholder", EXPRESSION
    ),
    "languages.expressions:MAX_IN_CHOICES": Bound(
        EXPRESSIONS, "operands", "the list of `IN`", EXPRESSION
    ),
    "languages.expressions:MAX_NESTING_LEVELS": Bound(
        EXPRESSIONS, "levels", "parentheses within parentheses", EXPRESSION
    ),
    "languages.expressions:MAX_OPERATORS": Bound(
        EXPRESSIONS, "operators", "operators and functions of an expression", EXPRESSION
    ),
    "languages.expressions:MAX_PATH_STEPS": Bound(
        EXPRESSIONS, "steps", "a path into an item", EXPRESSION
    ),
    "languages.expressions:MAX_LIST_INDEX": Bound(
        EXPRESSIONS, "", "an index into a list", EXPRESSION
    ),
    "languages.expressions:MAX_NUMBER_DIGITS": Bound(
        EXPRESSIONS, "digits", "a number that an update makes", EXPRESSION
    ),
    "languages.expressions:MAX_NUMBER_EXPONENT": Bound(
        EXPRESSIONS, "", "a decimal exponent, at most", EXPRESSION
    ),
    "languages.expressions:MIN_NUMBER_EXPONENT": Bound(
        EXPRESSIONS, "", "a decimal exponent, at least", EXPRESSION
    ),
    "languages.schemas:FIELD_DEPTH_MAX": Bound(
        SCHEMAS, "levels", "how deep `schema fields` looks", "what is deeper is not found"
    ),
    "languages.schemas:LENGTH_MAX": Bound(
        SCHEMAS, "characters", "a text that is looked at for its format", "it has none"
    ),
    "languages.schemas:LEVELS_MAX": Bound(
        SCHEMAS, "levels", "what is inferred of an event", "anything, deeper down"
    ),
    "languages.schemas:MERGED_FIELDS_MAX": Bound(
        SCHEMAS, "fields", "fields of an object that is inferred", "a map"
    ),
    "languages.schemas:OPTIONAL_FIELDS_MAX": Bound(
        SCHEMAS, "fields", "those of them that are optional", "a map"
    ),
    "languages.schemas:MERGED_VALUES_MAX": Bound(
        SCHEMAS, "values", "the values of two merged `enum`", "any value of their types"
    ),
    "languages.schemas:MERGED_LEVELS_MAX": Bound(
        SCHEMAS, "levels", "a merged schema that is too large, at first", "anything, deeper down"
    ),
    "languages.schemas:NODES_MAX": Bound(
        SCHEMAS, "places", "an inferred or merged schema", "anything, deeper down"
    ),
    "languages.schemas:INLINED_NODES_MAX": Bound(
        SCHEMAS,
        "places",
        "a schema that is merged, with all that it names in its place",
        "anything, deeper down",
    ),
    "languages.schemas:PARSED_LEVELS_MAX": Bound(SCHEMAS, "levels", "a schema", VALUE),
    "languages.schemas:DIFFERENCES_MAX": Bound(
        SCHEMAS, "differences", "differences that are said", "the first so many"
    ),
    "languages.schemas:SAMPLE_LEVELS_MAX": Bound(
        SCHEMAS, "levels", "a sample", "`InvalidInput`: the schema names itself"
    ),
    "languages.schemas:FILLED_LEVELS_MAX": Bound(
        SCHEMAS, "levels", "what is optional in a sample", "left out"
    ),
    "languages.schemas:ELEMENTS_MAX": Bound(
        SCHEMAS, "elements", "the least number of elements that a sample takes", "`InvalidInput`"
    ),
    "languages.schemas:DRAWS_MAX": Bound(
        SCHEMAS, "draws", "how often a value of a sample is drawn", "`InvalidInput`"
    ),
    "resources.schemas:SUBJECTS_MAX": Bound(SCHEMAS, "subjects", "subjects of a registry", LIMIT),
    "resources.schemas:VERSIONS_MAX": Bound(SCHEMAS, "versions", "versions of a subject", LIMIT),
    "resources.schemas:SUBJECT_LENGTH_MAX": Bound(SCHEMAS, "characters", "a subject", VALUE),
    "resources.schemas:SCHEMA_BYTES_MAX": Bound(
        SCHEMAS, "bytes", "a schema that is declared or registered", VALUE
    ),
    "resources.schemas:PATTERN_SIZE_MAX": Bound(
        SCHEMAS, "bytes", "a `pattern` of a schema, compiled", VALUE
    ),
    "resources.schemas:PAGE_MAX": Bound(
        SCHEMAS, "subjects", "one `list` or `search`", "the first so many"
    ),
    "resources.schemas:SEARCH_WORDS_MAX": Bound(SCHEMAS, "words", "one `search`", VALUE),
    "resources.schemas:FAULTS_MAX": Bound(
        SCHEMAS, "faults", "faults that are said of an event", "the first so many"
    ),
    "resources.schemas:SAID_LENGTH_MAX": Bound(
        SCHEMAS, "characters", "a fault in the validator's words", "cut"
    ),
    "resources.schemas:VALIDATORS_MAX": Bound(
        SCHEMAS, "schemas", "schemas that are kept compiled", "the oldest is compiled again"
    ),
    "resources.schemas:TREES_MAX": Bound(
        SCHEMAS, "versions", "versions that a rule is held against", "the rule is not doubted"
    ),
    "resources.schemas:KNOWN_MAX": Bound(
        SCHEMAS, "subjects", "subjects that discovery keeps in memory", "they are read again"
    ),
    "resources.schemas:NEWS_BYTES_MAX": Bound(
        SCHEMAS, "bytes", "events of new shapes that one transaction keeps", "the next one goes on"
    ),
    "resources.schemas:UNNOTED_MAX": Bound(
        SCHEMAS, "events", "events that discovery reads again after a crash", "its place is noted"
    ),
    "resources.schemas:REST_MS": Bound(
        SCHEMAS, "ms", "how long its place is not noted when nothing comes", "it is noted"
    ),
    "resources.vault:SECRET_BYTES_MAX": Bound(SECRETS, "bytes", "a secret", LARGE),
    "resources.vault:SECRET_NAME_LENGTH_MAX": Bound(
        SECRETS, "characters", "the name of a secret", "`InvalidName`"
    ),
    "resources.vault:DESCRIPTION_LENGTH_MAX": Bound(
        SECRETS, "characters", "the description of a secret", VALUE
    ),
    "resources.vault:VERSIONS_KEPT_MIN": Bound(SECRETS, "versions", "`keep`, at least", DECLARED),
    "resources.vault:VERSIONS_KEPT_MAX": Bound(SECRETS, "versions", "`keep`, at most", DECLARED),
    "resources.vault:RECOVERY_MS_MAX": Bound(
        SECRETS, "ms", "how long a deleted secret can be restored: a year", VALUE
    ),
    "resources.vault:SECRETS_MAX": Bound(SECRETS, "secrets", "secrets of a vault", LIMIT),
    "resources.vault:PAGE_MAX": Bound(
        SECRETS, "secrets", "one `list`; a `batch` of `rekey`", "the first so many; `InvalidValue`"
    ),
    "resources.vault:LOOK_MS": Bound(
        SECRETS, "ms", "a rest of who forgets deleted secrets: a day", "it looks again"
    ),
    "doors.cli:READ_BYTES_MAX": Bound(
        SECRETS, "bytes", "what `ensue secrets put` reads", "the rest is not read: it is too large"
    ),
    "doors.cli:REKEY_WAIT_MS": Bound(
        SECRETS, "ms", "how long `ensue secrets rekey` waits", "it is asked for again, and goes on"
    ),
    "engine:KEYS_MAX": Bound(SECRETS, "keys", "keys of one place", "`MissingKey`"),
    "engine:KEY_FILE_BYTES_MAX": Bound(SECRETS, "bytes", "a file of keys", "`MissingKey`"),
    "agents:REQUEST_BYTES_MAX": Bound(
        AGENTS, "bytes", "a conversation that a language model is asked with", LARGE
    ),
    "agents:STEPS_MAX": Bound(AGENTS, "steps", "`steps` of an agent", DECLARED),
    "agents:CALLS_MAX": Bound(AGENTS, "calls", "tools that a model calls at once", "it is told so"),
    "agents:RESULT_BYTES_MAX": Bound(
        AGENTS, "bytes", "what a tool tells an agent's model", "it is told so"
    ),
    "engine:NUMBERS_WITHIN_MAX": Bound(
        WORKFLOWS,
        "rows",
        "branches, and events, that an execution can number",
        "see `HISTORY_EVENTS_MAX`",
    ),
    "resources.workflow:AHEAD_MAX": Bound(
        WORK, "items", "items that a map run reads ahead of its children", "they are read later"
    ),
    "resources.workflow:CHILDREN_AT_ONCE_MAX": Bound(
        WORK, "children", "children of a map run without a bound of its own", "they wait"
    ),
    "resources.workflow:DATA_MS_MAX": Bound(
        WORK, "ms", "reading a piece of a data set, or writing results", "it is tried again"
    ),
    "resources.workflow:PIECE_ITEMS_MAX": Bound(
        WORK, "items", "a piece of a data set", "the next piece"
    ),
    "resources.workflow:PIECE_BYTES_MAX": Bound(
        WORK, "bytes", "a piece of a data set", "the next piece"
    ),
    "resources.workflow:WINDOW_BYTES_MAX": Bound(
        WORK, "bytes", "what is read of an object at once", "more, where an item is longer"
    ),
    "resources.workflow:RESULTS_AT_ONCE_MAX": Bound(
        WORK, "children", "results that are written at once", "the next follow"
    ),
    "resources.workflow:STARTS_AT_ONCE_MAX": Bound(
        WORK, "children", "children that a map run starts in one commit", "the next commit"
    ),
    "resources.workflow:STOPS_AT_ONCE_MAX": Bound(
        WORK, "children", "children that a map run stops in one commit", "the next commit"
    ),
    "resources.workflow:ADVANCES_MAX": Bound(
        WORKFLOWS, "executions", "executions that go on in one transaction", "the next transaction"
    ),
    "resources.workflow:DEATHS_MAX": Bound(
        WORKFLOWS, "deaths", "deaths of the process while a task is done", "its state fails"
    ),
    "resources.workflow:TRIES_MAX": Bound(
        WORKFLOWS, "tries", "a task outside, while the store cannot serve", "its state fails"
    ),
    "resources.workflow:VERSIONS_MAX": Bound(
        WORKFLOWS, "versions", "versions of a workflow", LIMIT
    ),
    "resources.workflow:ALIASES_MAX": Bound(WORKFLOWS, "aliases", "aliases of a workflow", LIMIT),
    "resources.workflow:ROUTES_MAX": Bound(WORKFLOWS, "versions", "versions of an alias", VALUE),
    "resources.workflow:DESCRIPTION_LENGTH_MAX": Bound(
        WORKFLOWS, "characters", "the description of a version", VALUE
    ),
    "resources.workflow:ERROR_LENGTH_MAX": Bound(
        WORKFLOWS, "characters", "the error of `send_task_failure`", VALUE
    ),
    "resources.workflow:CAUSE_LENGTH_MAX": Bound(
        WORKFLOWS, "characters", "the cause of `send_task_failure`", VALUE
    ),
    "resources.workflow:KEPT_MAX": Bound(
        WORKFLOWS, "definitions", "definitions that are kept compiled", "compiled again"
    ),
    "resources.workflow:START_SYNC_MS": Bound(
        WORKFLOWS, "ms", "how long `start_sync` waits by default", "it is shown as it is"
    ),
    "resources.workflow:TRANSITIONS_MAX": Bound(
        WORKFLOWS, "events", "what an execution does in one transaction", "it goes on in the next"
    ),
    "resources.workflow:BYTES_PER_COMMIT_MAX": Bound(
        WORKFLOWS, "bytes", "the same, in bytes of its history", "it goes on in the next"
    ),
    "resources.workflow:EXPRESS_MS_MAX": Bound(
        WORKFLOWS, "ms", "an execution of an express workflow", "it has timed out"
    ),
    "resources.workflow:NAME_LENGTH_MAX": Bound(
        WORKFLOWS, "characters", "the name of an execution", "`InvalidName`"
    ),
    "resources.workflow:PAGE_MAX": Bound(
        WORKFLOWS, "rows", "executions of one list, and events of one history", "the first so many"
    ),
    "resources.workflow:EVENTS_WAITING_MAX": Bound(
        WORKFLOWS, "events", "sent to an execution and not waited for yet", LIMIT
    ),
    "resources.workflow:CALLABLES_MAX": Bound(
        WORKFLOWS, "functions", "whose arguments and results are known", "they are looked at again"
    ),
    "resources.workflow:LIVE_MAX": Bound(
        WORKFLOWS, "", "executions of a function that are in memory", "the oldest is replayed"
    ),
    "resources.workflow:CALLS_MAX": Bound(
        WORKFLOWS, "", "calls of steps that are in memory", "the oldest is found by a replay"
    ),
    "resources.workflow:BRANCHES_MAX": Bound(
        WORKFLOWS, "", "branches of `ctx.parallel`, items of `ctx.map`", VALUE
    ),
    "resources.workflow:EVENT_NAME_LENGTH_MAX": Bound(
        WORKFLOWS, "characters", "the name of an event that is waited for", VALUE
    ),
    "resources.workflow:RETRY_ATTEMPTS_MAX": Bound(
        WORKFLOWS, "retries", "`max_attempts` of a `Retry`", VALUE
    ),
    "resources.workflow:DELAY_MS_MAX": Bound(
        WORKFLOWS, "ms", "the delay of a retry: a year", "it waits so long"
    ),
    "resources.workflow:APPROVALS_MAX": Bound(
        WORKFLOWS, "approvals", "a page of approvals", "the page has so many"
    ),
    "resources.workflow:STATES_MAX": Bound(
        WORKFLOWS, "states", "the states that are told at which executions ask somebody", "so many"
    ),
    "resources.workflow:WAITING_MAX": Bound(
        WORKFLOWS, "approvals", "approvals of a state that are counted", "so many"
    ),
    "resources.workflow:EVENTS_BEFORE_MAX": Bound(
        WORKFLOWS,
        "events",
        "how far back the history is read for what an approval is about",
        "its data is not told",
    ),
    "resources.workflow:TITLE_LENGTH_MAX": Bound(
        WORKFLOWS, "characters", "the title of an approval as it is listed", "it is cut"
    ),
    "resources.workflow:LOOKED_UP_MAX": Bound(
        WORKFLOWS,
        "UUIDs",
        "the UUIDs in a value that is shown which are looked up, whether they are tokens",
        "the rest is hidden",
    ),
    "resources.workflow:VISITS_MAX": Bound(
        WORKFLOWS, "visits", "a page of the trace of an execution", "the page has so many"
    ),
    "resources.workflow:STANDS_MAX": Bound(
        WORKFLOWS, "branches", "lines of control whose stand a trace tells", "the first so many"
    ),
    "resources.workflow:CHILDREN_MAX": Bound(
        WORKFLOWS, "executions", "a page of the children of an execution", "the page has so many"
    ),
    "resources.workflow:COMPARED_MAX": Bound(
        WORKFLOWS, "visits", "visits of states that are compared", "the comparison says so"
    ),
    "resources.workflow:DIFFERENCES_MAX": Bound(
        WORKFLOWS, "places", "places that are told where data differs", "the first so many"
    ),
    "resources.workflow:ATTEMPTS_SHOWN_MAX": Bound(
        WORKFLOWS, "attempts", "attempts of a state whose data is shown", "the last so many"
    ),
    "resources.workflow:ASSIGNING_MAX": Bound(
        WORKFLOWS,
        "visits",
        "states before one whose variables it is shown with",
        "the last so many",
    ),
    "resources.workflow:FRAMES_KEPT_MAX": Bound(
        WORKFLOWS,
        "visits",
        "visits of executions of a workflow that are kept as they were read",
        "a history is read again",
    ),
    "resources.workflow:LOOKED_AT_MAX": Bound(
        WORKFLOWS,
        "executions",
        "executions that a page by name looks at, where it wants those of a status or a time",
        "the page ends, and has a `next`",
    ),
    "integrations:BATCH_MAX": Bound(
        WORKFLOWS, "messages", "a batch that a task sends or publishes", "the error of the API"
    ),
    "integrations:ENTRIES_MAX": Bound(
        WORKFLOWS, "events", "the events that a task puts at once", "the error of the API"
    ),
    "integrations:TRANSACTION_MAX": Bound(
        WORKFLOWS, "items", "the parts of a transaction on tables", "the error of the API"
    ),
    "integrations:GET_BATCH_MAX": Bound(
        WORKFLOWS, "items", "the items that a task gets at once", "the error of the API"
    ),
    "integrations:WRITE_BATCH_MAX": Bound(
        WORKFLOWS, "items", "the items that a task writes at once", "the error of the API"
    ),
    "integrations:PAGE_ITEMS_MAX": Bound(
        WORKFLOWS, "items", "what a query or scan of a task looks at", "`LastEvaluatedKey`"
    ),
    "integrations:KEYS_MAX": Bound(
        WORKFLOWS, "objects", "a page of a bucket that a task lists", "the next page"
    ),
    "resources.activity:WAIT_MS_MAX": Bound(
        WORKFLOWS, "ms", "how long a worker waits for a task", VALUE
    ),
    "resources.activity:WORKER_LENGTH_MAX": Bound(
        WORKFLOWS, "characters", "what a worker calls itself", VALUE
    ),
    "resources.activity:PEEK_MAX": Bound(
        WORKFLOWS, "tasks", "the tasks of an activity that are looked at", "the first so many"
    ),
    "resources.activity:STALE_MAX": Bound(
        WORKFLOWS,
        "tasks",
        "what is passed over in one transaction, because its time was over",
        "it goes on in the next",
    ),
}
