import pytest

from ensue.doors.cli import output

EVIL = "a\x00\x1b[2J\x7f\x9d\r"
SAFE = r"a\x00\x1b[2J\x7f\x9d\r"


@pytest.mark.parametrize(
    "value",
    [
        EVIL,
        {"id": EVIL},
        {"text": EVIL, EVIL: 1},
        [{EVIL: EVIL}],
        {"items": [{"a": EVIL}], "next": EVIL},
    ],
)
def test_control_characters_are_escaped(value, capsys):
    output.show(value)
    said = capsys.readouterr()
    for text in (said.out, said.err):
        assert text.replace("\n", "").isprintable()
    assert SAFE in said.out


def test_line_ends_and_tabs_of_a_text_are_kept(capsys):
    output.show("a\n\tb")
    assert capsys.readouterr().out == "a\n\tb\n"


def test_json_is_escaped_as_json(capsys):
    output.show_json({"a": "\x9b\x7f\x1bé"})
    assert capsys.readouterr().out == '{"a":"\\u009b\\u007f\\u001bé"}\n'
