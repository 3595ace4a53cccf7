"""Events, and schemas as people write them."""

from __future__ import annotations

from hypothesis import strategies as st

NAMES = st.sampled_from(["id", "name", "total", "at", "items", "odd key", "class", "12", "a.b"])
FORMATTED = st.sampled_from([
    "2026-01-31T12:00:00Z",
    "2026-01-31T12:00:00.25+02:00",
    "2026-01-31",
    "2026-02-31",
    "0d4f1c6e-3f6f-4f0a-9d6a-1f7f9f3d2c11",
    "ann@example.com",
    "https://example.com/a?b=c#d",
    "192.0.2.1",
    "192.0.2.256",
    "2001:db8::1",
    "urn:x",
    "",
])  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | FORMATTED
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)
EVENTS = st.dictionaries(NAMES | st.text(max_size=3), VALUES, max_size=5)

_BOUNDS = st.integers(-50, 50)


@st.composite
def _numbers(draw):
    said = {"type": draw(st.sampled_from(["integer", "number"]))}
    low = draw(_BOUNDS)
    for name in ("minimum", "exclusiveMinimum"):
        if draw(st.booleans()):
            said[name] = low
    for name in ("maximum", "exclusiveMaximum"):
        if draw(st.booleans()):
            said[name] = low + draw(st.integers(2, 20))
    return said


@st.composite
def _texts(draw):
    said = {"type": "string"}
    if draw(st.booleans()):
        said["format"] = draw(
            st.sampled_from(["date-time", "date", "uuid", "email", "uri", "ipv4"])
        )
        return said
    if draw(st.booleans()):
        said["minLength"] = draw(st.integers(0, 12))
    if draw(st.booleans()):
        said["maxLength"] = draw(st.integers(12, 20))
    return said


@st.composite
def _objects(draw, inner):
    properties = draw(st.dictionaries(NAMES, inner, max_size=4))
    said = {"type": "object", "properties": properties}
    names = sorted(properties)
    said["required"] = draw(st.lists(st.sampled_from(names), unique=True)) if names else []
    others = draw(st.sampled_from([None, False, {"type": "integer"}]))
    if others is not None:
        said["additionalProperties"] = others
    return said


@st.composite
def _arrays(draw, inner):
    said = {"type": "array", "items": draw(inner)}
    if draw(st.booleans()):
        said["prefixItems"] = draw(st.lists(inner, min_size=1, max_size=2))
    if draw(st.booleans()):
        said["minItems"] = draw(st.integers(0, 3))
    if draw(st.booleans()):
        said["maxItems"] = draw(st.integers(3, 5))
    return said


_LEAVES = (
    st.sampled_from([
        {"type": "null"},
        {"type": "boolean"},
        {"type": ["string", "null"]},
        {"enum": ["new", "paid", None]},
        {"const": "x"},
        {},
    ])
    | _numbers()
    | _texts()
)  # fmt: skip
SCHEMAS = st.recursive(
    _LEAVES,
    lambda inner: (
        _objects(inner)
        | _arrays(inner)
        | st.builds(lambda each: {"anyOf": each}, st.lists(inner, min_size=1, max_size=3))
    ),
    max_leaves=8,
)
OBJECT_SCHEMAS = _objects(SCHEMAS)
