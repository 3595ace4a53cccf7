import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.languages.jsonata import UNDEFINED, JSONataError, compile_expression
from ensue.languages.states.errors import QueryError
from ensue.languages.states.queries import compile_query
from ensue.words.errors import InvalidExpression
from tests.languages.states.environment import NOW_MS, seen

INPUT = {"n": 5, "s": "abc", "items": [1, 2, 3], "lines": [{"p": 1}, {"p": 2}], "one": [7]}


def evaluated(template, states=None, field="Output", **variables):
    query = compile_query(template, at="/Output")
    environment = seen({"Execution": {"Id": "e"}}, **variables)
    return query.evaluate({"input": INPUT} if states is None else states, environment, field)


@pytest.mark.parametrize(
    ("template", "gives"),
    [
        ("{% $states.input.n + 1 %}", 6),
        ("{% $states.input.n %}", 5),
        ("{%$states.input.lines.p%}", [1, 2]),
        ("{% $states.input.one %}", [7]),
        ("{% $states.context.Execution.Id %}", "e"),
        ("{% $states %}", {"input": INPUT, "context": {"Execution": {"Id": "e"}}}),
        ("{% $x.y %}", 9),
        ("{% $x.y + $states.input.n %}", 14),
        (
            {"a": ["{% $x.y %}", " {% $x.y %}", "$x"], "b": None},
            {"a": [9, " {% $x.y %}", "$x"], "b": None},
        ),
        ("{% $partition($states.input.items, 2) %}", [[1, 2], [3]]),
        ("{% $partition([0], 1) %}", [[0]]),
        ("{% $range(0, 10, 3) %}", [0, 3, 6, 9]),
        ("{% $range(1, 9, 9) %}", 1),
        ("{% $hash('input data', 'SHA-1') %}", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("{% $parse('{\"a\": [1, -0]}') %}", {"a": [1, 0]}),
        ("{% $uuid() %}", "00000000-0000-4000-8000-000000000001"),
        ("{% $random() %}", 0.5),
        ("{% $random(42) = $random(42) %}", True),
        ("{% $millis() %}", NOW_MS),
        ("{% ($y := 2; $y * $x.y) %}", 18),
        ("{% $contains($states.input.s, /it's|b/) and $x.y = 9 %}", True),
        ("{% $map($states.input.items, function($v) { $v * 2 }) %}", [2, 4, 6]),
        ("{% null %}", None),
    ],
)
def test_a_query_gives_what_its_expressions_find(template, gives):
    assert evaluated(template, x={"y": 9}) == gives


@pytest.mark.parametrize(
    ("template", "location"),
    [
        ("{% $states.input.missing %}", "Output"),
        ({"a": {"b": "{% $states.input.missing %}"}}, "Output/a/b"),
        ({"a": [0, "{% $states.input.missing %}"]}, "Output/a[1]"),
    ],
)
def test_finding_nothing_is_an_error_with_its_place(template, location):
    with pytest.raises(QueryError) as caught:
        evaluated(template)
    assert caught.value.error == "States.QueryEvaluationError"
    assert caught.value.location == location
    assert caught.value.told_in("E", 2).cause == (
        "An error occurred while executing the state 'E' (entered at the event id #2). The JSONata"
        f" expression '$states.input.missing' specified for the field '{location}' returned"
        " nothing (undefined)."
    )


@pytest.mark.parametrize(
    ("expression", "tail"),
    [
        ("$states.input.s + 1", ". T2001: "),
        ("$nope(1)", ". T1006: "),
        ("$eval('1')", ". T1006: "),
        ("$error('no')", ". D3137: no"),
        ("$parse('{')", ": "),
        ("$hash('a', 'CRC')", ": "),
        ("($f := function($n) { $f($n + 1) }; $f(1))", ""),
    ],
)
def test_a_query_that_fails_says_why(expression, tail):
    with pytest.raises(QueryError) as caught:
        evaluated(f"{{% {expression} %}}", field="Arguments")
    assert caught.value.cause.startswith(
        f"The JSONata expression '{expression}' specified for the field 'Arguments' threw an error"
        f" during evaluation{tail}"
    )


@pytest.mark.parametrize(
    ("reader", "text", "gives"),
    [
        ("holds", "$states.input.n = 5", True),
        ("items", "$states.input.items", [1, 2, 3]),
        ("items", "{'a': 1}", {"a": 1}),
        ("number", "$states.input.n / 2", 2.5),
        ("whole_number", "$v := 1", 1),
        ("text", "$states.input.s", "abc"),
    ],
)
def test_a_field_gets_the_type_that_it_needs(reader, text, gives):
    query = compile_query(f"{{% {text} %}}", at="/")
    assert getattr(query, reader)({"input": INPUT}, seen(), "F") == gives


@pytest.mark.parametrize(
    ("reader", "text", "says"),
    [
        ("holds", "1", "Expected 'boolean', but was 'number' for value: 1"),
        ("items", "'a'", "Expected 'array', but was 'string' for value: \"a\""),
        ("number", "true", "Expected 'number', but was 'boolean' for value: true"),
        ("whole_number", "1.5", "Expected 'integer', but was 'number' for value: 1.5"),
        ("text", "null", "Expected 'string', but was 'null' for value: null"),
    ],
)
def test_another_type_is_an_error(reader, text, says):
    query = compile_query(f"{{% {text} %}}", at="/")
    with pytest.raises(QueryError) as caught:
        getattr(query, reader)({}, seen(), "F")
    assert caught.value.cause == (
        f"The JSONata expression '{text}' specified for the field 'F' returned an unexpected result"
        f" type. {says}"
    )


def test_a_constant_is_given_as_it_stands():
    template = {"a": ["x", " {% 1 %}", {"b": None}]}
    query = compile_query(template, at="/")
    assert query.constant
    assert query.evaluate({}, seen(), "F") is template


def test_what_is_no_jsonata_is_refused_where_it_stands():
    with pytest.raises(InvalidExpression) as caught:
        compile_query({"a": [{"b/c": "{% $sum( %}"}]}, at="/Output")
    assert caught.value.at == "/Output/a/0/b~1c"


def test_what_a_query_reads_is_known():
    query = compile_query("{% ($a := $b; '$c' & $map($d, function($e) { $e })) %}", at="/")
    assert query.variables == {"b", "map", "d"}
    assert not query.reads_context
    assert compile_query("{% $states %}", at="/").reads_context
    assert not compile_query("{% $states.input %}", at="/").reads_context


NAMES = st.lists(st.sampled_from(["a", "b"]), max_size=3)
JSON = st.recursive(
    st.none() | st.integers(0, 2) | st.just("t"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)


@given(JSON, NAMES)
@settings(deadline=None)
def test_a_plain_path_is_walked_to_what_jsonata_finds(value, names):
    text = ".".join(["$states.input", *names])
    found = compile_expression(text).evaluate(
        UNDEFINED, now_ms=0, seed=b"", bindings={"states": {"input": value}}
    )
    if found is UNDEFINED:
        with pytest.raises(QueryError):
            evaluated(f"{{% {text} %}}", {"input": value})
    else:
        assert evaluated(f"{{% {text} %}}", {"input": value}) == found


READS = st.sampled_from([
    "[$states.input.a, $states.input.b.a]",
    "$count($states.input.a)",
    "$states.input.a[b = 1].b",
    "$states.input.*.a",
    "[$states.input.a.b, $states.input.a]",
    "$states.input.a.b.%.a",
    "[$states . input . a, $v.a.b, $v.b]",
    "($v := $v.a; [$v.b, $v.a])",
    "$string($states.input) & $string($v.a)",
    "$states.input.a{b: $sum(a)}",
    "$merge([$states.input.a, $v])",
    "$states.input.a^(b)",
    "$map($states.input.a, function($i) { $i.b })",
    "$states.input.`a`.b",
    '$states."input".a',
    "$exists($states.input.a.b) ? $keys($states.input) : $keys($v.a)",
    "$contains('x', /\"$v.a\"|'/) or $exists($v.b)",
])


@given(READS, JSON, JSON)
@settings(deadline=None)
def test_an_expression_that_is_given_only_what_it_reads_finds_the_same(text, value, variable):
    whole = {"states": {"input": value}, "v": variable}
    try:
        found = compile_expression(text).evaluate(UNDEFINED, now_ms=0, seed=b"", bindings=whole)
    except JSONataError:
        found = UNDEFINED
    if found is UNDEFINED:
        with pytest.raises(QueryError):
            evaluated(f"{{% {text} %}}", {"input": value}, v=variable)
    else:
        assert evaluated(f"{{% {text} %}}", {"input": value}, v=variable) == found
