import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.languages.states.errors import StateError
from ensue.languages.states.readers import Dataset, Got, Listed, Listing, parse_config
from ensue.languages.states.readers import window as windows
from ensue.languages.states.readers.delimited import CSVReader
from ensue.languages.states.readers.document import DocumentReader
from ensue.languages.states.readers.lines import LinesReader
from ensue.languages.states.readers.window import Place, read_window

FIRST_ROW = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}


def read(reader, body, *, size=1 << 20, items_max=1_000):
    """All items of a body, through windows that grow by `size` when they are too short."""
    place, items, keys, width = Place(), [], [], size
    while not place.is_done:
        window = body[place.offset : place.offset + width]
        is_end = place.offset + width >= len(body)
        piece = read_window(reader, window, place, is_end=is_end, items_max=items_max)
        width = width + size if piece.place == place else size
        items += piece.items
        keys += piece.keys or []
        place = piece.place
    return (items, keys) if keys else items


def written(header, rows, delimiter=","):
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, escapechar="\\")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


FIELDS = st.text(alphabet=st.sampled_from('ab ,;|"\n\r\\é\U0001f600	'), max_size=8)


@given(
    st.lists(st.lists(FIELDS, min_size=2, max_size=2).filter(any), max_size=8),
    st.sampled_from(",;|\t"),
    st.integers(1, 30),
    st.integers(1, 5),
)
def test_what_the_csv_module_wrote_is_read_the_same_through_windows_of_any_size(
    rows, delimiter, size, items_max
):
    body = written(["first", "second"], rows, delimiter)

    items = read(CSVReader(None, delimiter), body, size=size, items_max=items_max)

    assert items == [{"first": first, "second": second} for first, second in rows]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.lists(VALUES, max_size=6), st.integers(1, 20), st.sampled_from([None, 1]))
def test_an_array_is_read_the_same_through_windows_of_any_size(values, size, indent):
    body = json.dumps(values, indent=indent).encode()

    assert read(DocumentReader(), body, size=size, items_max=2) == values


@given(st.dictionaries(st.text(max_size=4), VALUES, min_size=1, max_size=5), st.integers(1, 20))
def test_the_members_of_an_object_are_items_with_keys(members, size):
    body = json.dumps(members).encode()

    items, keys = read(DocumentReader(), body, size=size)

    assert dict(zip(keys, items, strict=True)) == members


@given(
    st.dictionaries(st.text("xy", max_size=2), VALUES, max_size=4),
    st.lists(VALUES, max_size=4),
    st.integers(1, 12),
)
def test_a_pointer_leads_to_the_items_past_whatever_lies_before_them(before, values, size):
    document = {**before, "data": {**before, "a/b": values, "z": 1}, "z": [2]}

    items = read(DocumentReader(("data", "a/b")), json.dumps(document).encode(), size=size)

    assert items == values


@given(st.lists(VALUES, max_size=6), st.integers(1, 20), st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_lines_are_read_the_same_through_windows_of_any_size(values, size, end):
    body = end.join(json.dumps(each) for each in values).encode()

    assert read(LinesReader(), body, size=size, items_max=2) == values


def test_a_short_row_has_empty_fields_and_a_long_one_loses_its_last():
    body = b"Col1,Col2,Col3\nValue1,Value2,Value3\n,,,\n\nNull,None,\n   \n"

    assert read(CSVReader(), body) == [
        {"Col1": "Value1", "Col2": "Value2", "Col3": "Value3"},
        {"Col1": "", "Col2": "", "Col3": ""},
        {"Col1": "Null", "Col2": "None", "Col3": ""},
        {"Col1": "   ", "Col2": "", "Col3": ""},
    ]


def test_a_backslash_takes_the_meaning_from_what_is_behind_it_and_is_left_out():
    body = rb"path,size" + b"\n" + rb"C:\\Program Files\\App.exe,1\,000" + b"\n" + rb'a\bc,"x\"y"'

    assert read(CSVReader(), body) == [
        {"path": r"C:\Program Files\App.exe", "size": "1,000"},
        {"path": "abc", "size": 'x"y'},
    ]


@pytest.mark.parametrize("reader", [CSVReader(), DocumentReader(), LinesReader()])
def test_a_byte_order_mark_is_no_part_of_the_first_item(reader):
    body = {CSVReader: b"a\n1\n", DocumentReader: b'[{"a":"1"}]', LinesReader: b'{"a":"1"}'}

    items = read(reader, b"\xef\xbb\xbf" + body[type(reader)], size=1)

    assert items == [{"a": "1"}]


@pytest.mark.parametrize(
    ("reader", "body", "cause"),
    [
        (
            CSVReader(),
            b'a,b\n1,2\n3,"4\n',
            (
                "expected the quote of a field to be closed, got the end of the file,"
                " at row 2 (line 3), column 2"
            ),
        ),
        (
            CSVReader(),
            b"a,b\n1,2\n3,\xff\n",
            "expected UTF-8, got the byte 0xff, at line 3, byte 3 of it (byte 11 of the file)",
        ),
        (
            CSVReader(),
            b"a," * 6_000 + b"\n",
            "expected a header of at most 10240 bytes, got 12000, at the header",
        ),
        (
            LinesReader(),
            b'{"a":1}\n\n{"a":}\n',
            "expected JSON: JSON is malformed: invalid character (byte 5), at line 3",
        ),
        (
            DocumentReader(),
            b'[1, 2, {"a": tru}]',
            "expected JSON: JSON is malformed: invalid character (byte 10), at item 3, byte 8",
        ),
        (DocumentReader(), b"[1 2]", "expected a comma, got '2', at item 2, byte 4"),
        (
            DocumentReader(),
            b'[1, "2',
            "expected the rest of item 2, got the end of the file, at byte 7",
        ),
        (DocumentReader(), b"7", "expected an array or an object, got '7', at item 1, byte 1"),
        (
            DocumentReader(("data",)),
            b'{"items": []}',
            "expected an object with the member 'data', got none, at item 1, byte 13",
        ),
        (
            DocumentReader(),
            b"",
            "expected the rest of the items, got the end of the file, at byte 1",
        ),
    ],
)
def test_what_is_no_item_is_told_with_its_place(reader, body, cause):
    with pytest.raises(StateError) as told:
        read(reader, body)

    assert (told.value.error, told.value.cause) == ("States.ItemReaderFailed", cause)


@pytest.mark.parametrize("reader", [CSVReader(), DocumentReader(), LinesReader()])
def test_an_item_without_an_end_is_an_error_before_it_fills_the_memory(reader, monkeypatch):
    monkeypatch.setattr(windows, "ITEM_BYTES_MAX", 1_000)
    begin = {CSVReader: b"a\n", DocumentReader: b'["', LinesReader: b'"'}[type(reader)]

    with pytest.raises(StateError, match="expected an item of at most 1000 bytes"):
        read(reader, begin + b"x" * 1_000_000, size=100)


def test_a_json_document_that_is_nested_without_end_is_an_error():
    with pytest.raises(StateError, match=r"States\.ItemReaderFailed"):
        read(DocumentReader(), b"[" + b"[" * 200_000 + b"]" * 200_000 + b"]")


def test_a_number_that_no_float_holds_is_an_error():
    with pytest.raises(StateError, match="out of range"):
        read(LinesReader(), b"1e999")


class Bucket:
    """Objects in memory, handed out in windows."""

    def __init__(self, objects, size=16):
        self.objects = dict(sorted(objects.items()))
        self.size = size

    def answer(self, need, width):
        if isinstance(need, Listing):
            keys = [
                key
                for key in self.objects
                if key.startswith(need.prefix) and key > (need.after or "")
            ]
            page = keys[: min(need.limit, 2)]
            found = [{"Key": key, "Size": len(self.objects[key])} for key in page]
            return Listed(found, is_end=len(page) == len(keys))
        body = self.objects[need.file.key]
        data = body[need.offset : need.offset + width]
        return Got(data, is_end=need.offset + width >= len(body), etag=need.file.key)

    def read(self, action, arguments, config, items_max=3):
        dataset = Dataset(action, {"Bucket": "b", **arguments}, config)
        cursor, items, sources, width = dataset.begin(), [], [], self.size
        while (need := dataset.need(cursor)) is not None:
            taken = dataset.take(cursor, self.answer(need, width), items_max)
            width = width + self.size if taken.cursor == cursor else self.size
            items += taken.items
            sources += [taken.source] * len(taken.items)
            cursor = taken.cursor
        return items, sources


def test_the_objects_of_a_listing_are_items():
    bucket = Bucket({"in/1": b"x", "in/2": b"yy", "in/3": b"", "out/1": b""})

    items, sources = bucket.read("listObjectsV2", {"Prefix": "in/"}, {})

    assert [each["Key"] for each in items] == ["in/1", "in/2", "in/3"]
    assert sources == ["S3://b"] * 3


def test_the_objects_of_a_listing_are_read_where_they_are_to_be_flattened():
    bucket = Bucket({"in/": b"", "in/1": b"[1, 2]", "in/2": b"[]", "in/3": b"[3]"})
    config = {"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"}

    items, sources = bucket.read("listObjectsV2", {"Prefix": "in/"}, config)

    assert items == [1, 2, 3]
    assert sources == ["S3://b/in/1", "S3://b/in/1", "S3://b/in/3"]


def test_an_athena_manifest_names_the_files_of_a_data_set():
    bucket = Bucket({
        "m.csv": b'"s3://b/one"\n"s3://b/two"\n',
        "one": b'{"a":1}\n{"a":2}\n',
        "two": b'{"a":3}\n',
    })

    items, _ = bucket.read(
        "getObject", {"Key": "m.csv"}, {"InputType": "JSONL", "ManifestType": "ATHENA_DATA"}
    )

    assert items == [{"a": 1}, {"a": 2}, {"a": 3}]


@pytest.mark.parametrize("config", [{"InputType": "MANIFEST"}, {"ManifestType": "S3_INVENTORY"}])
def test_an_inventory_names_its_files_and_their_columns(config):
    files = [{"key": f"data/{n}.csv"} for n in range(250)]
    manifest = {
        "destinationBucket": "arn:aws:s3:::b",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key",
        "files": files,
    }
    rows = {each["key"]: f'"b","k{n}"\n'.encode() for n, each in enumerate(files)}
    bucket = Bucket({"manifest.json": json.dumps(manifest).encode(), **rows}, size=5_000)

    items, _ = bucket.read("getObject", {"Key": "manifest.json"}, config)

    assert items == [{"Bucket": "b", "Key": f"k{n}"} for n in range(250)]


def test_no_more_items_are_read_than_are_wanted():
    bucket = Bucket({"k": b"[1,2,3,4,5,6,7,8]"})

    items, _ = bucket.read("getObject", {"Key": "k"}, {"InputType": "JSON", "MaxItems": 5})

    assert items == [1, 2, 3, 4, 5]


def test_an_object_that_is_another_one_since_is_an_error():
    dataset = Dataset("getObject", {"Bucket": "b", "Key": "k"}, {"InputType": "JSONL"})
    taken = dataset.take(dataset.begin(), Got(b"1\n2\n", is_end=False, etag="a"), 1)

    with pytest.raises(StateError, match="S3://b/k: expected the object as it was"):
        dataset.take(taken.cursor, Got(b"2\n", is_end=True, etag="b"), 1)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({}, "expected ReaderConfig with an InputType"),
        ({"InputType": "XML"}, "expected InputType as one of CSV, JSON, JSONL, MANIFEST, got"),
        ({"InputType": "PARQUET"}, "write the data as CSV or JSON Lines"),
        ({"InputType": "CSV"}, "expected CSVHeaderLocation with InputType CSV"),
        ({"InputType": "CSV", "CSVHeaderLocation": "GIVEN"}, "expected CSVHeaders as a list"),
        ({"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": []}, "of 1 to 10240"),
        ({**FIRST_ROW, "CSVDelimiter": "x"}, "expected CSVDelimiter as one of COMMA"),
        ({"InputType": "JSON", "ItemsPointer": "a"}, "expected ItemsPointer to be a JSON pointer"),
        (
            {**FIRST_ROW, "ItemsPointer": "/a"},
            "expected ItemsPointer as a text, with InputType JSON",
        ),
        ({"InputType": "JSON", "MaxItems": -1}, "expected MaxItems as an integer from 0"),
        (
            {"InputType": "JSON", "ManifestType": "ATHENA_DATA"},
            "expected InputType CSV or JSONL with",
        ),
    ],
)
def test_a_config_that_says_no_data_set_is_an_error(config, says):
    with pytest.raises(StateError) as told:
        parse_config(config, "getObject")

    assert says in str(told.value)
