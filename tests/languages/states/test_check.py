import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.languages.states.check import check
from ensue.languages.states.parse import compile_machine
from ensue.words.errors import InvalidDefinition

SOUND = {
    "StartAt": "Decide",
    "States": {
        "Decide": {
            "Type": "Choice",
            "Choices": [
                {"And": [{"Variable": "$.total", "NumericGreaterThan": 5}], "Next": "Charge"},
                {"Variable": "$.kind", "StringEquals": "free", "Next": "Both"},
            ],
            "Default": "Rest",
        },
        "Charge": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "InputPath": "$.order",
            "Parameters": {"id.$": "$.id", "text.$": "States.Format('{}', $.id)"},
            "ResultSelector": {"receipt.$": "$.Payload"},
            "ResultPath": "$.receipt",
            "OutputPath": "$",
            "TimeoutSeconds": 60,
            "HeartbeatSeconds": 10,
            "Assign": {"receipt.$": "$.Payload"},
            "Retry": [
                {"ErrorEquals": ["Busy"], "IntervalSeconds": 2, "MaxDelaySeconds": 9},
                {"ErrorEquals": ["States.ALL"], "MaxAttempts": 0, "JitterStrategy": "FULL"},
            ],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Refused", "ResultPath": "$.error"}],
            "Next": "Both",
        },
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "One", "States": {"One": {"Type": "Pass", "Result": 1, "End": True}}},
                {"StartAt": "Two", "States": {"Two": {"Type": "Succeed"}}},
            ],
            "Next": "Each",
        },
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.lines",
            "MaxConcurrency": 3,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "Line",
                "States": {
                    "Line": {
                        "Type": "Pass",
                        "QueryLanguage": "JSONata",
                        "Output": "{% $receipt & $states.input.sku %}",
                        "End": True,
                    }
                },
            },
            "Next": "Rest",
        },
        "Rest": {"Type": "Wait", "Seconds": 5, "Next": "Done"},
        "Done": {"Type": "Succeed"},
        "Refused": {"Type": "Fail", "ErrorPath": "$.error.Error", "Cause": "refused"},
    },
}


def planted(*changes):
    """The sound definition with changes: (path of keys, value), or a path alone to remove it."""
    definition = copy.deepcopy(SOUND)
    for pointer, *value in changes:
        keys = [int(key) if key.isdigit() else key for key in pointer.strip("/").split("/")]
        inner = definition
        for key in keys[:-1]:
            inner = inner[key]
        if value:
            inner[keys[-1]] = value[0]
        else:
            del inner[keys[-1]]
    return definition


def found(definition, severity="error"):
    return {fault.path: fault for fault in check(definition) if fault.severity == severity}


def test_a_sound_definition_has_no_fault():
    assert check(SOUND) == []
    assert check(json.dumps(SOUND)) == []
    assert compile_machine(SOUND).scope.start == "Decide"


CHARGE, EACH = "/States/Charge", "/States/Each"
LINE = f"{EACH}/ItemProcessor/States/Line"
ERRORS = [
    ("/StartAt", "Nowhere", "/StartAt"),
    ("/QueryLanguage", "SQL", "/QueryLanguage"),
    ("/TimeoutSeconds", 0, "/TimeoutSeconds"),
    ("/States/Rest/Type", "Sleep", "/States/Rest/Type"),
    ("/States/Rest/Next", "Nowhere", "/States/Rest/Next"),
    ("/States/Rest/End", True, "/States/Rest/End"),
    ("/States/Rest/Seconds", -1, "/States/Rest/Seconds"),
    ("/States/Rest", {"Type": "Wait", "End": True}, "/States/Rest"),
    ("/States/Rest", {"Type": "Wait", "Seconds": 1}, "/States/Rest"),
    ("/States/Rest", {"Type": "Wait", "Timestamp": "soon", "End": True}, "/States/Rest/Timestamp"),
    ("/States/Rest/Retry", [], "/States/Rest/Retry"),
    ("/States/Rest/Arguments", {}, "/States/Rest/Arguments"),
    ("/States/Done/Next", "Rest", "/States/Done/Next"),
    ("/States/Refused/Error", "E", "/States/Refused/ErrorPath"),
    ("/States/Refused/InputPath", "$", "/States/Refused/InputPath"),
    ("/States/Decide/Default", "Nowhere", "/States/Decide/Default"),
    ("/States/Decide/Choices", [], "/States/Decide/Choices"),
    ("/States/Decide/Choices/0/Next", "Nowhere", "/States/Decide/Choices/0/Next"),
    ("/States/Decide/Choices/0/And/0/Next", "Rest", "/States/Decide/Choices/0/And/0/Next"),
    ("/States/Decide/Choices/0/And/0/Variable", "x", "/States/Decide/Choices/0/And/0/Variable"),
    ("/States/Decide/Choices/1/StringEquals", 1, "/States/Decide/Choices/1/StringEquals"),
    ("/States/Decide/Choices/1/Condition", "{% true %}", "/States/Decide/Choices/1/Condition"),
    (f"{CHARGE}/Resource", "charge!", f"{CHARGE}/Resource"),
    (f"{CHARGE}/InputPath", "order", f"{CHARGE}/InputPath"),
    (f"{CHARGE}/ResultPath", "$.a[*]", f"{CHARGE}/ResultPath"),
    (f"{CHARGE}/Parameters/id.$", "$.", f"{CHARGE}/Parameters/id.$"),
    (f"{CHARGE}/Parameters/text.$", "States.Nope()", f"{CHARGE}/Parameters/text.$"),
    (f"{CHARGE}/Parameters/id", 1, f"{CHARGE}/Parameters/id.$"),
    (f"{CHARGE}/Output", "{% 1 %}", f"{CHARGE}/Output"),
    (f"{CHARGE}/Branches", [], f"{CHARGE}/Branches"),
    (f"{CHARGE}/TimeoutSeconds", 10, f"{CHARGE}/HeartbeatSeconds"),
    (f"{CHARGE}/TimeoutSecondsPath", "$.t", f"{CHARGE}/TimeoutSecondsPath"),
    (f"{CHARGE}/Assign", {"1x": 1}, f"{CHARGE}/Assign/1x"),
    (f"{CHARGE}/Assign", {"states": 1}, f"{CHARGE}/Assign/states"),
    (f"{CHARGE}/Assign", [], f"{CHARGE}/Assign"),
    (f"{CHARGE}/Retry/0/ErrorEquals", ["States.ALL"], f"{CHARGE}/Retry/0/ErrorEquals"),
    (f"{CHARGE}/Retry/1/ErrorEquals", ["A", "States.ALL"], f"{CHARGE}/Retry/1/ErrorEquals"),
    (f"{CHARGE}/Retry/0/ErrorEquals", [], f"{CHARGE}/Retry/0/ErrorEquals"),
    (f"{CHARGE}/Retry/0/IntervalSeconds", 0, f"{CHARGE}/Retry/0/IntervalSeconds"),
    (f"{CHARGE}/Retry/0/MaxAttempts", -1, f"{CHARGE}/Retry/0/MaxAttempts"),
    (f"{CHARGE}/Retry/0/BackoffRate", 0.5, f"{CHARGE}/Retry/0/BackoffRate"),
    (f"{CHARGE}/Retry/0/JitterStrategy", "SOME", f"{CHARGE}/Retry/0/JitterStrategy"),
    (f"{CHARGE}/Catch/0/Next", "Nowhere", f"{CHARGE}/Catch/0/Next"),
    (f"{CHARGE}/Catch/0/Output", "{% 1 %}", f"{CHARGE}/Catch/0/Output"),
    ("/States/Both/Branches/0/StartAt", "Two", "/States/Both/Branches/0/StartAt"),
    (f"{EACH}/Items", "{% [] %}", f"{EACH}/Items"),
    (f"{EACH}/MaxConcurrency", -1, f"{EACH}/MaxConcurrency"),
    (f"{EACH}/Iterator", {}, f"{EACH}/Iterator"),
    (f"{EACH}/ToleratedFailurePercentage", 101, f"{EACH}/ToleratedFailurePercentage"),
    (f"{EACH}/Label", "x" * 41, f"{EACH}/Label"),
    (
        f"{EACH}/ItemProcessor/ProcessorConfig",
        {"Mode": "DISTRIBUTED"},
        f"{EACH}/ItemProcessor/ProcessorConfig",
    ),
    (
        f"{EACH}/ItemProcessor/ProcessorConfig/Mode",
        "x",
        f"{EACH}/ItemProcessor/ProcessorConfig/Mode",
    ),
    (f"{LINE}/Output", "{% $sum( %}", f"{LINE}/Output"),
    (f"{LINE}/Output", "{% 1", f"{LINE}/Output"),
    (f"{LINE}/Parameters", {}, f"{LINE}/Parameters"),
    (f"{LINE}/Output", "{% $states.result %}", f"{LINE}/Output"),
    (f"{LINE}/Output", "{% $states.errorOutput.Cause %}", f"{LINE}/Output"),
    (f"{LINE}/Output", "{% states.input %}", f"{LINE}/Output"),
    (f"{EACH}/ItemProcessor/QueryLanguage", "JSONata", f"{EACH}/ItemProcessor/QueryLanguage"),
    (f"{LINE}/Next", "Rest", f"{LINE}/Next"),
]
WARNINGS = [
    (
        "/States/Both/Branches/1/States/One",
        {"Type": "Succeed"},
        "/States/Both/Branches/1/States/One",
    ),
    ("/States/Decide/Comments", "x", "/States/Decide/Comments"),
    ("/States/Alone", {"Type": "Succeed"}, "/States/Alone"),
    (f"{CHARGE}/Retry/0/ErrorEquals", ["States.Nope"], f"{CHARGE}/Retry/0/ErrorEquals/0"),
    (f"{CHARGE}/Retry/0/ErrorEquals", ["States.Runtime"], f"{CHARGE}/Retry/0/ErrorEquals/0"),
    (f"{CHARGE}/Retry/0/MaxDelaySeconds", 2, f"{CHARGE}/Retry/0/MaxDelaySeconds"),
    (f"{CHARGE}/Parameters/x.$", "$nothing.a", f"{CHARGE}/Parameters/x.$"),
    (f"{LINE}/Output", "{% $nothing %}", f"{LINE}/Output"),
    (f"{LINE}/Assign", {"receipt": 1}, f"{LINE}/Assign"),
    (f"{EACH}/ItemReader", {}, f"{EACH}/ItemReader"),
    (f"{EACH}/ItemProcessor/ProcessorConfig/Size", 1, f"{EACH}/ItemProcessor/ProcessorConfig/Size"),
]


@pytest.mark.parametrize(("pointer", "value", "at"), ERRORS)
def test_each_error_is_found_where_it_is(pointer, value, at):
    faults = found(planted((pointer, value)))
    assert at in faults
    assert faults[at].hint
    with pytest.raises(InvalidDefinition):
        compile_machine(planted((pointer, value)))


@pytest.mark.parametrize(("pointer", "value", "at"), WARNINGS)
def test_each_oddity_is_a_warning_and_still_compiles(pointer, value, at):
    definition = planted((pointer, value))
    assert at in found(definition, "warning")
    assert found(definition) == {}
    assert compile_machine(definition)


def test_a_choice_without_default_and_a_workflow_without_end_are_odd():
    assert "/States/Decide" in found(planted(("/States/Decide/Default",)), "warning")
    endless = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1, "Next": "A"}}}
    assert [fault.path for fault in check(endless)] == ["/States"]


def test_json_that_is_none_and_what_is_no_object_are_told():
    assert [fault.path for fault in check("{")] == [""]
    assert [fault.path for fault in check("[]")] == [""]
    assert {fault.path for fault in check({})} == {"/StartAt", "/States"}


def test_what_a_text_has_twice_is_told():
    fail = '{"Type": "Fail", "Error": "a", "Error": "b"}'
    text = f'{{"StartAt": "A", "States": {{"A": {fail}, "A": {fail}}}}}'
    faults = check(text)
    assert [(fault.path, fault.severity) for fault in faults] == [
        ("/States/A", "error"),
        ("/States/A/Error", "warning"),
    ]


def test_a_workflow_in_jsonata_has_no_state_in_jsonpath():
    state = {"Type": "Pass", "QueryLanguage": "JSONPath", "End": True}
    faults = check({"StartAt": "A", "QueryLanguage": "JSONata", "States": {"A": state}})
    assert [fault.path for fault in faults] == ["/States/A/QueryLanguage"]


def test_inner_states_have_the_language_of_the_workflow_not_of_the_state_around_them():
    inner = {"StartAt": "B", "States": {"B": {"Type": "Pass", "Output": "{% 1 %}", "End": True}}}
    state = {"Type": "Map", "QueryLanguage": "JSONata", "ItemProcessor": inner, "End": True}
    faults = check({"StartAt": "A", "States": {"A": state}})
    assert [fault.path for fault in faults] == ["/States/A/ItemProcessor/States/B/Output"]
    assert check({"StartAt": "A", "QueryLanguage": "JSONata", "States": {"A": state}}) == []


def test_results_and_errors_are_read_where_there_are_some():
    caught = {"ErrorEquals": ["E"], "Next": "A", "Output": "{% $states.errorOutput.Cause %}"}
    state = {
        "Type": "Task",
        "Resource": "ensue:function:f",
        "Output": {"all": "{% $states.result.n + 1 %}", "true": "{% true %}"},
        "Catch": [caught],
        "End": True,
    }
    definition = {"StartAt": "A", "QueryLanguage": "JSONata", "States": {"A": state}}
    assert check(definition) == []
    state["Arguments"] = caught["Assign"] = {"x": "{% $states.result %}"}
    assert [fault.path for fault in check(definition)] == [
        "/States/A/Catch/0/Assign/x",
        "/States/A/Arguments/x",
    ]


def test_a_condition_may_be_constant():
    choices = [{"Condition": True, "Next": "B"}]
    states = {
        "A": {"Type": "Choice", "Choices": choices, "Default": "B"},
        "B": {"Type": "Succeed"},
    }
    definition = {"StartAt": "A", "QueryLanguage": "JSONata", "States": states}
    assert check(definition) == []
    choices[0]["Condition"] = "yes"
    assert [fault.path for fault in check(definition)] == ["/States/A/Choices/0/Condition"]


def test_faults_come_in_the_order_of_the_definition():
    definition = planted(
        ("/States/Rest/Next", "x"), ("/StartAt", "y"), (f"{CHARGE}/InputPath", "z")
    )
    paths = list(found(definition))
    assert paths == ["/StartAt", f"{CHARGE}/InputPath", "/States/Rest/Next"]


# What else is wrong in a state is unknown while its type is; what is replaced hides its inside.
APART = [
    each
    for each in ERRORS
    if each[0].count("/") > 2
    and not each[0].endswith("/Type")
    and not isinstance(each[1], dict | list)
]


@given(st.lists(st.sampled_from(APART), min_size=2, max_size=6, unique_by=lambda each: each[0]))
@settings(deadline=None, max_examples=40)
def test_all_faults_are_found_at_once(faults):
    places = {at for _, _, at in faults}
    assert places <= set(found(planted(*[(pointer, value) for pointer, value, _ in faults])))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from(["", "$", "$.a", "{% 1 %}", "A"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["Type", "Next", "a.$", "Not"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def pointers(value, at=""):
    yield at
    if isinstance(value, dict):
        for key, each in value.items():
            yield from pointers(each, f"{at}/{key}")
    elif isinstance(value, list):
        for i, each in enumerate(value):
            yield from pointers(each, f"{at}/{i}")


@given(st.sampled_from([each for each in pointers(SOUND) if each]), JSON)
@settings(deadline=None, max_examples=200)
def test_what_the_checker_accepts_compiles_and_nothing_else_does(pointer, value):
    definition = planted((pointer, value))
    if found(definition):
        with pytest.raises(InvalidDefinition):
            compile_machine(definition)
    else:
        assert compile_machine(definition)


PASSED = {"Type": "Pass", "End": True}


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (
            {"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": True}], "Default": "B"},
            "/States/A/Choices/0/Next Next is missing: expected a text. Name the state to go to.",
        ),
        (
            {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEqual": 1, "Next": "B"}]},
            "/States/A/Choices/0 expected one comparison, got none. Is it NumericEquals?",
        ),
        (
            {"Type": "Choice", "Choices": [{"Variable": "$", "Next": "B"}], "Default": "B"},
            (
                "/States/A/Choices/0 expected one comparison, got none. Compare Variable,"
                " such as with NumericEquals or IsPresent."
            ),
        ),
        (
            {**PASSED, "Resultpath": "$.a"},
            '/States/A/Resultpath there is no field "Resultpath". Is it ResultPath?',
        ),
        (
            {"Type": "Pass", "Next": "Charge crad"},
            '/States/A/Next there is no state "Charge crad". Is it Charge card?',
        ),
        (
            {"Type": "Map", "End": True},
            (
                "/States/A/ItemProcessor ItemProcessor is missing: expected an object. Write the"
                " states that each item goes through, with their StartAt."
            ),
        ),
        (
            {"Type": "Parallel", "End": True},
            "/States/A/Branches Branches is missing: expected a list of objects. Write a list.",
        ),
    ],
)
def test_what_is_missing_or_misspelt_is_said_with_what_is_meant(state, says):
    states = {"A": state, "B": PASSED, "Charge card": PASSED}
    found = check({"StartAt": "A", "States": states})
    assert says in {f"{each.path} {each.message}. {each.hint}" for each in found}
