"""Distributed Maps: children that are executions of their own."""

import json

import pytest

from ensue.testing.kit import running
from ensue.words.errors import InvalidDeclaration, NotFound
from tests.resources.workflow.conftest import Shop, ran, types

STARTED = ["ExecutionStarted", "MapStateEntered", "MapStateStarted", "MapRunStarted"]
ENDED = ["MapRunSucceeded", "MapStateSucceeded", "MapStateExited", "ExecutionSucceeded"]
FAILED = ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]
EFFECT = {
    "Do": {
        "Type": "Task",
        "Resource": "ensue:function:effect",
        "Parameters": {"id.$": "States.Format('{}', $)"},
        "End": True,
    }
}
PASS = {"Do": {"Type": "Pass", "End": True}}
FAILS_ON_TWO = {
    "Is it two": {
        "Type": "Choice",
        "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "No"}],
        "Default": "Yes",
    },
    "No": {"Type": "Fail", "Error": "Two", "Cause": "it is"},
    "Yes": {"Type": "Succeed"},
}
WAIT = {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}
CSV = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}


def each(processor=None, **fields):
    """A distributed Map over its input."""
    states = processor or EFFECT
    config = {"Mode": "DISTRIBUTED", "ExecutionType": fields.pop("ExecutionType", "STANDARD")}
    scope = {"ProcessorConfig": config, "StartAt": next(iter(states)), "States": states}
    return {"Each": {"Type": "Map", "ItemProcessor": scope, "End": True, **fields}}


def reader(key, config, action="getObject"):
    """An ItemReader of a bucket."""
    arguments = {"Bucket": "data", ("Prefix" if action == "listObjectsV2" else "Key"): key}
    made = {"Resource": f"arn:aws:states:::s3:{action}", "Parameters": arguments}
    return made | ({"ReaderConfig": config} if config else {})


WRITER = {
    "Resource": "arn:aws:states:::s3:putObject",
    "Parameters": {"Bucket": "data", "Prefix": "results"},
}


def children(t, flow, name="one", **options):
    """The children of an execution's last map run."""
    last = t.wait(flow.map_runs(name))[-1]
    return t.wait(flow.children.executions(prefix=last.id, **options))


@pytest.fixture
def data(shop):
    return shop.app.bucket("data")


def written(t, data, execution):
    """The manifest of a map run, and the files that it names."""
    key = execution.output["ResultWriterDetails"]["Key"]
    manifest = json.loads(t.wait(data.get(key)))
    files = {
        status: [each["Key"] for each in named] for status, named in manifest["ResultFiles"].items()
    }
    return manifest, {
        status: t.wait(data.get(keys[0])).decode() for status, keys in files.items() if keys
    }


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_each_item_has_a_child_and_their_outputs_are_in_order(shop, run, kind):
    flow = shop.flow(each(MaxConcurrency=2, ExecutionType=kind))
    t = run()

    one = ran(t, flow, [1, 2, 3, 4, 5])

    assert one.output == [{"done": str(n)} for n in range(1, 6)]
    assert types(t, flow) == STARTED + ENDED
    assert [shop.times(t, str(n)) for n in range(1, 6)] == [1] * 5


def test_a_map_over_nothing_gives_nothing(shop, run):
    flow = shop.flow(each())

    assert ran(run(), flow, []).output == []


def test_no_more_children_run_at_once_than_may(shop, run):
    flow = shop.flow(each(WAIT, MaxConcurrency=2))
    t = run()
    t.wait(flow.start([1, 2, 3, 4, 5], name="one"))
    t.settle()

    seen = []
    for _ in range(4):
        seen.append(len(children(t, flow, status="RUNNING").executions))
        t.advance("60s")

    assert seen == [2, 2, 1, 0]
    assert t.wait(flow.describe("one")).output == [1, 2, 3, 4, 5]


def test_more_items_than_are_read_at_once_are_read_in_pieces(shop, run):
    flow = shop.flow(each(PASS, ItemBatcher={"MaxItemsPerBatch": 7}))

    one = ran(run(), flow, list(range(2_500)))

    assert [item for child in one.output for item in child["Items"]] == list(range(2_500))
    assert [len(child["Items"]) for child in one.output][:3] == [7, 7, 7]


def test_one_child_that_fails_fails_the_map_and_stops_the_others(shop, run):
    two = FAILS_ON_TWO | {"Yes": {"Type": "Wait", "Seconds": 60, "End": True}}
    flow = shop.flow(each(two))
    t = run()

    one = ran(t, flow, [1, 2, 3])

    assert (one.status, one.error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    assert types(t, flow) == STARTED + FAILED
    ended = children(t, flow).executions
    assert sorted(child.status for child in ended) == ["ABORTED", "ABORTED", "FAILED"]


def test_as_many_items_may_fail_as_are_tolerated_and_are_told_of(shop, run):
    flow = shop.flow(each(FAILS_ON_TWO, ToleratedFailurePercentage=34))

    one = ran(run(), flow, [1, 2, 3])

    assert (one.output[0], one.output[2]) == (1, 3)
    assert (one.output[1]["Status"], one.output[1]["Error"]) == ("FAILED", "Two")
    assert one.output[1]["Input"] == "2"


def test_a_map_that_fails_is_tried_again_with_another_map_run(shop, run):
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]
    flow = shop.flow(each(FAILS_ON_TWO, Retry=retry))
    t = run()

    ran(t, flow, [2])
    t.advance("5s")
    t.drain()

    assert [each.status for each in t.wait(flow.map_runs("one"))] == ["FAILED", "FAILED"]
    assert t.wait(flow.describe("one")).status == "FAILED"


def test_children_whose_tasks_work_outside_are_waited_for(shop, run):
    outside = {"Do": {"Type": "Task", "Resource": "ensue:function:outside", "End": True}}
    flow = shop.flow(each(outside))

    one = ran(run(), flow, ["a", "b", "c"])

    assert one.status == "SUCCEEDED"
    assert sorted(shop.calls) == ["a", "b", "c"]


def test_a_map_within_a_map_has_a_map_run_of_its_own(shop, run):
    inner = each(PASS, ItemsPath="$")
    flow = shop.flow(each(inner))

    assert ran(run(), flow, [[1, 2], [3]]).output == [[1, 2], [3]]


def test_an_execution_that_is_stopped_stops_its_map_run_and_the_children(shop, run):
    flow = shop.flow(each(WAIT))
    t = run()
    t.wait(flow.start([1, 2], name="one"))
    t.settle()

    t.wait(flow.stop("one"))
    t.settle()

    assert [each.status for each in t.wait(flow.map_runs("one"))] == ["ABORTED"]
    ended = children(t, flow).executions
    assert [child.status for child in ended] == ["ABORTED", "ABORTED"]


def test_items_are_read_from_an_object_window_by_window(shop, run, data):
    flow = shop.flow(each(PASS, ItemReader=reader("rows.csv", CSV), ResultWriter=WRITER))
    rows = 3_000
    body = "id,text\n" + "".join(f"{n},{'x' * 200}\n" for n in range(rows))
    t = run()
    t.wait(data.put("rows.csv", body.encode()))

    one = ran(t, flow, {})

    assert one.status == "SUCCEEDED", one.cause
    manifest, files = written(t, data, one)
    assert manifest["MapRunArn"] == one.output["MapRunArn"]
    results = json.loads(files["SUCCEEDED"])
    assert [json.loads(each["Output"])["id"] for each in results] == [str(n) for n in range(rows)]
    assert types(t, flow) == STARTED + ENDED


def test_the_objects_of_a_listing_are_items(shop, run, data):
    flow = shop.flow(
        each(
            PASS,
            ItemReader=reader("in/", None, "listObjectsV2"),
            ItemSelector={"key.$": "$$.Map.Item.Value.Key", "from.$": "$$.Map.Item.Source"},
        )
    )
    t = run()
    for key in ("in/1", "in/2", "out"):
        t.wait(data.put(key, b""))

    one = ran(t, flow, {})

    assert one.output == [
        {"key": "in/1", "from": "S3://data"},
        {"key": "in/2", "from": "S3://data"},
    ]


def test_the_files_of_a_manifest_are_read_one_after_the_other(shop, run, data):
    config = {"InputType": "JSONL", "ManifestType": "ATHENA_DATA"}
    flow = shop.flow(each(PASS, ItemReader=reader("m.csv", config)))
    t = run()
    t.wait(data.put("m.csv", b"s3://data/one\ns3://data/two\n"))
    t.wait(data.put("one", b"1\n2\n"))
    t.wait(data.put("two", b"3\n"))

    assert ran(t, flow, {}).output == [1, 2, 3]


@pytest.mark.parametrize(
    ("key", "says"),
    [("rows.csv", "there is no object"), ("bad.csv", "expected UTF-8, got the byte 0xff")],
)
def test_what_cannot_be_read_fails_the_map_with_its_place(shop, run, data, key, says):
    flow = shop.flow(each(PASS, ItemReader=reader(key, CSV)))
    t = run()
    t.wait(data.put("bad.csv", b"a\n\xff\n"))

    one = ran(t, flow, {})

    assert one.error == "States.ItemReaderFailed"
    assert says in one.cause
    assert types(t, flow) == STARTED + FAILED


def test_what_failed_and_what_never_began_is_written_too(shop, run, data):
    flow = shop.flow(
        each(
            FAILS_ON_TWO,
            ResultWriter=WRITER,
            MaxConcurrency=1,
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
        )
        | {"Failed": {"Type": "Pass", "End": True}},
        start="Each",
    )
    t = run()

    one = ran(t, flow, [1, 2, 3])

    assert one.output["Error"] == "States.ExceedToleratedFailureThreshold"
    keys = [each.key for each in t.wait(data.list("results/")).objects]
    names = {key.rpartition("/")[2] for key in keys}
    assert names == {"manifest.json", "SUCCEEDED_0.json", "FAILED_0.json", "PENDING_0.json"}


@pytest.mark.parametrize(
    ("config", "body"),
    [
        ({"Transformation": "COMPACT", "OutputType": "JSONL"}, "[1]\n[2,3]\n"),
        ({"Transformation": "FLATTEN", "OutputType": "JSON"}, "[1,2,3]"),
    ],
)
def test_results_are_written_in_the_form_that_is_wanted(shop, run, data, config, body):
    flow = shop.flow(each(PASS, ResultWriter=WRITER | {"WriterConfig": config}))
    t = run()

    one = ran(t, flow, [[1], [2, 3]])

    assert written(t, data, one)[1] == {"SUCCEEDED": body}


def test_results_that_no_bucket_takes_fail_the_map(shop, run):
    flow = shop.flow(each(PASS, ResultWriter=WRITER))

    assert ran(run(), flow, [1]).error == "States.ResultWriterFailed"


def test_results_that_are_larger_than_an_output_fail_the_map(shop, run):
    large = {"Do": {"Type": "Pass", "Result": "x" * 100_000, "End": True}}
    flow = shop.flow(each(large))

    assert ran(run(), flow, [1, 2, 3]).error == "States.DataLimitExceeded"


def test_how_many_run_at_once_and_how_many_may_fail_can_be_changed(shop, run):
    flow = shop.flow(each(WAIT, MaxConcurrency=1))
    t = run()
    t.wait(flow.start([1, 2, 3], name="one"))
    t.settle()
    [first] = t.wait(flow.map_runs("one"))

    t.wait(flow.update_map_run(first.id, max_concurrency=3, tolerated_failure_count=2))
    t.settle()

    changed = t.wait(flow.describe_map_run(first.id))
    assert (changed.max_concurrency, changed.tolerated_failure_count) == (3, 2)
    assert changed.executions["RUNNING"] == 3
    assert (changed.items["RUNNING"], changed.items["TOTAL"]) == (3, 3)


def test_the_children_are_not_listed_among_the_executions_of_the_workflow(shop, run):
    flow = shop.flow(each(PASS))
    t = run()
    ran(t, flow, [1, 2, 3])

    assert [each.name for each in t.wait(flow.executions()).executions] == ["one"]
    page = children(t, flow, limit=2)
    rest = children(t, flow, after=page.next)
    names = [each.name for each in (*page.executions, *rest.executions)]
    assert [t.wait(flow.children.describe(name)).output for name in names] == [1, 2, 3]
    assert t.wait(flow.children.history(names[0])).events[-1]["type"] == "ExecutionSucceeded"


def test_a_distributed_map_is_for_standard_workflows(shop):
    with pytest.raises(InvalidDeclaration, match="expected a STANDARD workflow"):
        shop.flow(each(PASS), type="EXPRESS")


def test_map_runs_are_forgotten_with_their_execution(shop, run):
    flow = shop.flow(each(PASS), keep="1h")
    t = run()
    ran(t, flow, [1, 2, 3])
    [map_run] = t.wait(flow.map_runs("one"))

    t.advance("3h")

    with pytest.raises(NotFound):
        t.wait(flow.describe_map_run(map_run.id))
    assert t.wait(flow.children.executions()).executions == ()


def test_a_workflow_that_is_paused_starts_no_children_until_it_is_resumed(shop, run):
    flow = shop.flow(each(WAIT, MaxConcurrency=1))
    t = run()
    t.wait(flow.start([1, 2], name="one"))
    t.settle()

    t.wait(flow.pause())
    t.advance("1h")
    paused = [child.status for child in children(t, flow).executions]
    t.wait(flow.resume())
    t.drain()

    assert paused == ["RUNNING"]
    assert t.wait(flow.describe("one")).output == [1, 2]


def test_a_map_run_goes_on_under_another_name_and_definition(tmp_path):
    store = f"sqlite:///{tmp_path}/shop.db"
    before = Shop()
    first = before.flow(each(WAIT), name="load")
    with running(before.app, store=store) as t:
        t.wait(first.start([1, 2], name="one"))
        t.settle()

    after = Shop()
    second = after.flow(PASS, name="fill", was="load")
    with running(after.app, store=store) as t:
        t.drain()

        assert t.wait(second.describe("one")).output == [1, 2]
