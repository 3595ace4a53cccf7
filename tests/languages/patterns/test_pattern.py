from __future__ import annotations

from decimal import Decimal

import pytest

from ensue.languages.patterns import compile_pattern, parse_event
from ensue.words.errors import InvalidValue


def matches(pattern, event):
    return compile_pattern(pattern).matches(event)


def test_true_is_not_the_number_one():
    assert not matches({"a": [1]}, {"a": True})
    assert not matches({"a": [True]}, {"a": 1})
    assert matches({"a": [{"anything-but": 1}]}, {"a": True})


def test_a_boolean_is_in_no_range():
    assert not matches({"a": [{"numeric": [">=", 0]}]}, {"a": True})


def test_a_decimal_in_an_event_compares_as_a_number():
    assert matches({"a": [0.1]}, {"a": Decimal("0.10")})
    assert matches({"a": [{"numeric": ["<", 1]}]}, {"a": Decimal("0.5")})


def test_numbers_compare_over_the_whole_range_of_floats():
    assert matches({"a": [{"numeric": [">", 0, "<=", 5]}]}, {"a": 0.1234567})
    assert matches({"a": [{"numeric": [">", 5_000_000_000]}]}, {"a": 5_000_000_001})
    assert matches({"a": [{"numeric": ["<", -1e300]}]}, {"a": -1.5e300})
    assert not matches({"a": [{"numeric": [">", 1e308]}]}, {"a": 1e308})


def test_neighbouring_numbers_at_the_edge_of_the_precision_are_told_apart():
    assert not matches({"a": [{"numeric": ["<", 4999999999.999999]}]}, {"a": 4999999999.999999})
    assert matches({"a": [{"numeric": ["<", 4999999999.999999]}]}, {"a": 4999999999.999998})


def test_a_number_that_no_float_is_is_in_no_range():
    within = {"a": [{"numeric": [">", 0]}]}
    assert matches(within, {"a": 2**53})
    assert not matches(within, {"a": 2**53 + 1})
    assert not matches(within, parse_event('{"a": 9007199254740993}'))
    assert not matches(within, {"a": 10**400})


def test_a_number_that_no_float_is_matches_by_value_in_a_parsed_event_if_it_is_whole():
    assert matches('{"a": [9007199254740993]}', {"a": 2**53 + 1})
    assert not matches('{"a": [9007199254740993]}', {"a": 2**53})
    assert not matches('{"a": [0.10000000000000000001]}', {"a": 0.1})


def test_a_number_that_no_float_is_matches_by_spelling_in_an_event_from_text():
    assert matches('{"a": [0.10000000000000000001]}', parse_event('{"a": 0.10000000000000000001}'))
    assert not matches(
        '{"a": [0.10000000000000000001]}', parse_event('{"a": 1.0000000000000000001e-1}')
    )
    assert not matches('{"a": [0.10000000000000000001]}', parse_event('{"a": 0.1}'))


def test_a_large_number_matches_in_every_spelling_and_type():
    for event in ('{"a": 1E23}', '{"a": 100000000000000000000000}', '{"a": 0.1e24}'):
        assert matches('{"a": [1e23]}', parse_event(event))
    assert matches('{"a": [1e23]}', {"a": 10**23})
    assert matches('{"a": [1e23]}', {"a": Decimal("1e23")})
    assert matches('{"a": [{"anything-but": 1e22}]}', {"a": 10**23})


def test_a_repeated_key_makes_no_array():
    both = {"a": {"x": [1], "y": [2]}}
    assert not matches(both, parse_event('{"a": [{"x": 1}, {"y": 2}]}'))
    assert matches(both, parse_event('{"a": {"x": 1}, "a": {"y": 2}}'))
    assert matches(both, parse_event('{"a": [{"x": 1}], "a": [{"y": 2}]}'))
    assert matches(both, parse_event('{"a": {"x": 1}, "a": 5, "a": [{"y": 2}]}'))
    assert not matches(both, parse_event('{"a": [{"x": 1}, {"y": 2}], "a": 5}'))
    assert matches({"a": [{"exists": False}]}, parse_event('{"a": {"x": 1}, "a": []}'))


def test_infinity_and_nan_in_a_parsed_event_match_nothing_but_presence():
    for value in (float("inf"), float("nan")):
        assert not matches({"a": [{"numeric": [">", 0]}]}, {"a": value})
        assert matches({"a": [{"exists": True}]}, {"a": value})


def test_a_tuple_in_an_event_is_an_array():
    assert matches({"a": {"b": [1]}}, {"a": ({"b": 1},)})
    assert matches({"a": [1]}, {"a": (2, 1)})


def test_a_key_with_a_dot_beside_the_plain_path_gives_the_field_both_values():
    event = {"a": {"b": "x"}, "a.b": "y"}
    assert matches({"a": {"b": ["x"]}}, event)
    assert matches({"a": {"b": ["y"]}}, event)


def test_a_deep_path_is_found_however_the_event_writes_its_dots():
    for event in ({"a.b": {"c.d": 1}}, {"a": {"b.c": {"d": 1}}}, {"a.b.c.d": 1}):
        assert matches({"a": {"b": {"c": {"d": [1]}}}}, event)


def test_an_empty_name_is_a_name():
    assert matches({"a": {"": [1]}}, {"a": {"": 1}})


def test_a_field_is_absent_below_a_plain_value():
    assert matches({"a": {"b": [{"exists": False}]}}, {"a": "x"})


def test_a_prefix_in_any_case_does_not_reach_into_other_letters():
    assert not matches({"a": [{"prefix": {"equals-ignore-case": "k"}}]}, {"a": "\u212a"})
    assert matches({"a": [{"prefix": {"equals-ignore-case": "\u212a"}}]}, {"a": "kelvin"})


def test_an_empty_prefix_and_an_empty_suffix_match_every_string():
    assert matches({"a": [{"prefix": ""}], "b": [{"suffix": ""}]}, {"a": "", "b": "x"})
    assert not matches({"a": [{"suffix": ""}]}, {"a": 1})


def test_an_address_wrapped_in_ipv6_is_the_ipv4_address():
    assert matches({"a": [{"cidr": "10.0.0.0/8"}]}, {"a": "::ffff:0a01:0203"})


def test_zero_mask_bits_hold_every_address_of_the_version():
    assert matches({"a": [{"cidr": "0.0.0.0/0"}]}, {"a": "255.255.255.255"})
    assert not matches({"a": [{"cidr": "0.0.0.0/0"}]}, {"a": "::1"})


def test_fields_in_arrays_side_by_side_do_not_disturb_each_other():
    pattern = {"a": {"x": [1]}, "b": {"x": [2]}}
    assert matches(pattern, {"a": [{"x": 0}, {"x": 1}], "b": [{"x": 2}, {"x": 0}]})


def test_fields_in_nested_arrays_must_share_the_elements_of_both():
    pattern = {"a": {"b": {"x": [1]}, "y": [1]}}
    assert matches(pattern, {"a": [{"b": [{"x": 0}, {"x": 1}], "y": 1}]})
    assert not matches(pattern, {"a": [{"b": [{"x": 1}], "y": 0}, {"b": [{"x": 0}], "y": 1}]})


def test_absence_looks_at_elements_settled_by_earlier_fields_only():
    event = {"d": [{"a": 1}, {"b": 2}]}
    assert not matches({"d": {"a": [{"exists": False}], "b": [{"exists": True}]}}, event)
    assert matches({"d": {"a": [{"exists": True}], "b": [{"exists": False}]}}, event)


def test_long_arrays_side_by_side_are_judged_without_trying_all_combinations():
    elements = [{"x": number, "y": number} for number in range(2_000)]
    fields = {"x": [{"numeric": [">=", 0]}], "y": [1_999]}
    pattern = {"a": fields, "b": fields, "c": {**fields, "z": [{"exists": False}]}}
    assert matches(pattern, {"a": elements, "b": elements, "c": elements})


def test_an_event_nested_beyond_walking_is_refused():
    deep: object = {"x": 1}
    for _ in range(10_000):
        deep = [deep]
    pattern = compile_pattern({"a": {"x": [1]}})
    with pytest.raises(InvalidValue):
        pattern.matches({"a": deep})
    with pytest.raises(InvalidValue):
        pattern.explain({"a": deep})
    while isinstance(deep, list):
        deep = deep[0]


def test_no_prefixes_exclude_nothing_as_in_the_reference_implementation():
    pattern = {"a": [{"anything-but": {"prefix": []}}]}
    assert matches(pattern, {"a": "x"})
    assert not matches(pattern, {"b": "x"})
