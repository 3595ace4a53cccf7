"""Large or entangled schemas and events are merged in bounded work."""

from __future__ import annotations

from ensue.languages.schemas import fits, infer, merge, parse, write
from ensue.languages.schemas import infer as package_infer
from ensue.languages.schemas import merge as package_merge


def count_calls(monkeypatch, name, note):
    """Let a function of the merging note what it is given."""
    module = package_merge.__globals__
    real = module[name]

    def noted(one, other):
        note(one, other)
        return real(one, other)

    monkeypatch.setitem(module, name, noted)
    if name in package_infer.__globals__:
        monkeypatch.setitem(package_infer.__globals__, name, noted)


def test_no_object_grows_beyond_its_bound_while_a_list_is_merged(monkeypatch):
    sizes = []
    count_calls(monkeypatch, "_objects", lambda one, other: sizes.append(len(one.fields)))

    tree = infer({"items": [{f"name {n}": n} for n in range(2_000)]})

    assert max(sizes) <= 51
    assert write(tree)["properties"]["items"]["items"] == {
        "type": "object",
        "additionalProperties": {"type": "integer"},
    }


def test_elements_of_one_shape_are_merged_once(monkeypatch):
    merged = []
    count_calls(monkeypatch, "_objects", lambda one, other: merged.append(one))
    shapes = [{"a": 1}, {"b": {"c": "x"}}, {"d": [1, None]}]

    tree = infer({"items": shapes * 1_000})

    assert len(merged) == 2
    assert all(fits(tree, {"items": [each]}) for each in shapes)


def test_types_that_name_each_other_are_merged_as_deep_as_there_is_room():
    types = {
        f"t{n}": {
            "type": "object",
            "properties": {
                "left": {"$ref": f"#/$defs/t{n + 1}"},
                "right": {"$ref": f"#/$defs/t{n + 1}"},
            },
        }
        for n in range(40)
    }
    schema = {
        "type": "object",
        "properties": {"root": {"$ref": "#/$defs/t0"}, "id": {"type": "string"}},
        "$defs": {**types, "t40": {"type": "string"}},
    }

    merged = merge(parse(schema), infer({"id": 3, "root": {"left": {}}}))

    said = write(merged)["properties"]
    assert said["id"] == {"type": ["integer", "string"]}
    assert said["root"]["properties"]["left"]["properties"].keys() == {"left", "right"}
