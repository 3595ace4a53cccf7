"""What was published, written so that it is published again: as a command, a script, a test.

What is written runs as it stands, wherever it is pasted: whatever an event holds, it is data there.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from ensue.words.errors import InvalidInput
from ensue.words.names import Ref

FORMS = ("json", "curl", "python", "pytest", "ensue")
KEY_VARIABLE = "ENSUE_KEY"
ARGUMENT_BYTES_MAX = 100_000  # of one argument of a command; Linux takes 128 KiB
WIDTH = 88

# Of the targets of these kinds a bus tells what became of a delivery.
TOLD = frozenset({"queue", "function", "mail", "destination"})

Shown: TypeAlias = Any  # a JSON value


class Server(NamedTuple):
    """Where it is published.

    Attributes:
        url: such as ``http://127.0.0.1:8080``.
        has_key: whether it demands a key.
    """

    url: str
    has_key: bool = False


@dataclass(frozen=True)
class Code:
    """Where in Python the apps and the resource are.

    Attributes:
        apps: of each app its module and its name there.
        resource: the same of the resource; None where no module has a name for it.
    """

    apps: Sequence[tuple[str, str]]
    resource: tuple[str, str] | None


@dataclass(frozen=True)
class Matched:
    """What took it.

    Attributes:
        name: of a rule, or of a subscription.
        targets: to which targets it was delivered by it.
    """

    name: str
    targets: Sequence[str] = ()


@dataclass(frozen=True)
class Again:
    """What was published.

    Attributes:
        ref: a bus, a topic or a stream.
        shown: an event, a message or a record, as `tail` shows it.
    """

    ref: Ref
    shown: Mapping[str, Shown]

    def as_json(self) -> str:
        """What it is, on one line."""
        return one_line(self.shown)

    def as_curl(self, server: Server) -> str:
        """A command line for a POSIX shell with curl."""
        path, body = self._request()
        lines = [
            f"curl -sS {shlex.quote(server.url.rstrip('/') + path)}",
            "-H 'content-type: application/json'",
        ]
        if server.has_key:
            lines.append(f'-H "authorization: Bearer ${KEY_VARIABLE}"')
        text = one_line(body)
        if "'" not in text and len(text.encode()) <= ARGUMENT_BYTES_MAX:
            return " \\\n  ".join([*lines, f"-d '{text}'"])
        # One line of JSON is never the word that ends the document.
        return " \\\n  ".join([*lines, "-d @-"]) + f" <<'JSON'\n{text}\nJSON"

    def as_python(self, server: Server) -> str:
        """A script with httpx."""
        path, body = self._request()
        key = [f'    headers={{"authorization": f"Bearer {{os.environ[{KEY_VARIABLE!r}]}}"}},']
        return "\n".join([
            *(["import os", ""] if server.has_key else []),
            "import httpx",
            "",
            "answer = httpx.post(",
            f"    {literal(server.url.rstrip('/') + path)},",
            f"    json={literal(body, 4)},",
            *(key if server.has_key else []),
            ")",
            "answer.raise_for_status()",
            'print(answer.json()["id"])',
        ])

    def as_command(self, server: Server) -> str:
        """A command line with ``ensue``."""
        shown, place = self.shown, "/".join(self.ref)
        options: list[str] = []
        if self.ref.kind == "bus":
            given = [str(shown.get("detail-type", "")), one_line(shown.get("detail"))]
            options += ["--source", str(shown.get("source", ""))]
            for each in shown.get("resources") or ():
                options += ["--resources", str(each)]
        elif self.ref.kind == "topic":
            given = [one_line(shown.get("body"))]
            if shown.get("attributes"):
                options += ["--attributes", one_line(shown["attributes"])]
            if shown.get("group") is not None:
                options += ["--group", str(shown["group"])]
        else:
            given = [one_line(shown.get("data"))]
            if shown.get("key") is not None:
                options += ["--partition-key", str(shown["key"])]
        verb = "append" if self.ref.kind == "stream" else "publish"
        words = ["ensue", verb, place, *options, "--url", server.url]
        return " ".join(map(_shell_word, [*words, "--", *given]))

    def as_test(self, code: Code, matched: Sequence[Matched] | None) -> str:
        """A test for pytest: publishes it in memory, and looks at what took it.

        Args:
            code: where the apps are.
            matched: what took it; None for a stream, which delivers to nobody.

        Raises:
            InvalidInput: it is of a kind that is not published to.
        """
        imported = [*dict.fromkeys([*code.apps, *([code.resource] if code.resource else [])])]
        names = {place: _named(place, imported) for place in imported}
        apps = ", ".join(names[place] for place in code.apps)
        owner = names[code.resource] if code.resource else "published_to"
        found = [] if code.resource else [f"        {owner} = {self._found(names[code.apps[0]])}"]
        call, word = self._call()
        return "\n".join([
            "from ensue.testing import running",
            "",
            *(_import_line(module, name, names[module, name]) for module, name in imported),
            "",
            "",
            f"def test_{word}_goes_where_it_went():",
            f"    with running({apps}) as t:",
            *found,
            f"        published = t.wait({owner}.{call})",
            "        t.settle()",
            *_asserted(self.ref.kind, owner, matched),
        ])

    def _request(self) -> tuple[str, dict[str, Shown]]:
        """The path and the body of the request that publishes it."""
        shown, (app, kind, name) = self.shown, self.ref
        if kind == "bus":
            body = {n: shown[n] for n in ("detail-type", "detail", "source") if n in shown}
            body |= {"resources": shown["resources"]} if shown.get("resources") else {}
            return f"/_ensue/buses/{name}/publish?app={app}", body
        if kind == "topic":
            body = {"body": shown.get("body")}
            body |= {n: shown[n] for n in ("attributes", "group") if shown.get(n)}
            return f"/_ensue/topics/{name}/publish?app={app}", body
        if kind == "stream":
            body = {"data": shown.get("data")}
            body |= {} if shown.get("key") is None else {"partition_key": shown["key"]}
            return f"/_ensue/streams/{name}/append?app={app}", body
        raise InvalidInput(f"expected a bus, a topic or a stream, got {self.ref}")

    def _call(self) -> tuple[str, str]:
        """The call of a handle that publishes it, and what a test of it is named for."""
        _, body = self._request()
        if self.ref.kind == "bus":
            lines = [literal(body.pop("detail-type")), literal(body.pop("detail"), 12)]
            said = str(self.shown["detail-type"])
            call = "publish"
        else:
            lines = [literal(body.pop("data" if self.ref.kind == "stream" else "body"), 12)]
            said = self.ref.name
            call = "append" if self.ref.kind == "stream" else "publish"
        renamed = {"partition_key": "key"}
        lines += [f"{renamed.get(n, n)}={literal(value, 12)}" for n, value in body.items()]
        given = "".join(f"            {line},\n" for line in lines)
        return f"{call}(\n{given}        )", _word(said)

    def _found(self, app: str) -> str:
        ref = tuple(self.ref)
        return f"next(it for ref, it in {app}.resources.items() if ref == {ref!r})"


def matched_of(explained: Shown, rules: Mapping[str, Shown]) -> list[Matched]:
    """What took an event or a message.

    Args:
        explained: for each rule or subscription whether it matches, as `explain` says it.
        rules: the rules of the bus by name, as it describes them; nothing for a topic.
    """
    names = [each.get("rule") or each["subscription"] for each in explained if each["matched"]]
    return [Matched(name, _told_targets(rules[name]) if name in rules else ()) for name in names]


def _told_targets(rule: Mapping[str, Shown]) -> list[str]:
    found = [{"to": each} if isinstance(each, str) else each for each in rule["targets"]]
    # By an input that replaces the event nobody can tell whose delivery it is.
    targets = [str(each["to"]) for each in found if "input" not in each]
    return [each for each in targets if each.partition(" ")[0] in TOLD]


def one_line(value: Shown) -> str:
    """JSON on one line, without a character that a terminal or a shell would obey."""
    text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    return _plain(text, lambda unit: f"\\u{unit:04x}")


def literal(value: Shown, indent: int = 0) -> str:
    """A JSON value as Python writes it; one that is long goes on over several lines.

    Args:
        value: the value.
        indent: how many spaces are before the line that it begins on.
    """
    short = _short(value)
    if len(short) + indent <= WIDTH or not isinstance(value, dict | list) or not value:
        return short
    inner = " " * (indent + 4)
    if isinstance(value, dict):
        lines = [f"{_short(key)}: {literal(each, indent + 4)}" for key, each in value.items()]
        return "{\n" + "".join(f"{inner}{line},\n" for line in lines) + " " * indent + "}"
    lines = [literal(each, indent + 4) for each in value]
    return "[\n" + "".join(f"{inner}{line},\n" for line in lines) + " " * indent + "]"


def _short(value: Shown) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_short(k)}: {_short(each)}" for k, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_short, value)) + "]"
    if isinstance(value, str):
        # JSON's escapes of texts are Python's too, but for those beyond the first plane.
        text = json.dumps(value, ensure_ascii=False)
        return _plain(text, lambda point: f"\\U{point:08x}", whole=True)
    return repr(value)


def _shell_word(text: str) -> str:
    """A text as one word of a POSIX shell, with what cannot be printed as escapes."""
    if text.isprintable():
        return shlex.quote(text)
    escaped = "".join(
        each.replace("\\", "\\\\")
        if each.isprintable()
        else "".join(f"\\0{byte:03o}" for byte in each.encode())
        for each in text.rstrip("\n")
    )
    # A substitution loses the line breaks at its end.
    ends = text[len(text.rstrip("\n")) :]
    return f'"$(printf %b {shlex.quote(escaped)})"' + (f"'{ends}'" if ends else "")


def _plain(text: str, written: Any, *, whole: bool = False) -> str:  # noqa: ANN401 - a function of an integer
    """A text with what cannot be printed as escapes: of UTF-16 units, or of whole characters."""

    def escaped(character: str) -> str:
        if whole:
            return str(written(ord(character)))
        units = character.encode("utf-16-be", "surrogatepass")
        return "".join(
            written(int.from_bytes(units[at : at + 2])) for at in range(0, len(units), 2)
        )

    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else escaped(each) for each in text)


def _word(text: str) -> str:
    """A name in the words of Python: ``OrderPlaced`` as ``order_placed``."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_") or "it"


def _named(place: tuple[str, str], imported: Sequence[tuple[str, str]]) -> str:
    """What an imported name is called: with its module's where two have one name."""
    module, name = place
    same = [each for each in imported if each[1] == name]
    return name if len(same) == 1 and name != "running" else f"{_word(module)}_{name}"


def _import_line(module: str, name: str, called: str) -> str:
    return f"from {module} import {name}" + ("" if called == name else f" as {called}")


def _asserted(kind: str, owner: str, matched: Sequence[Matched] | None) -> list[str]:
    if matched is None:
        return [
            f"        [record], _ = t.wait({owner}.tail(limit=1))",
            "        assert record.id == published",
        ]
    explained = f"        explained = t.wait({owner}.explain(published))"
    if kind == "topic":
        names = sorted(each.name for each in matched)
        return [
            explained,
            "        took = sorted(each.subscription for each in explained if each.matched)",
            f"        assert took == {literal(names, 8)}",
        ]
    return [
        explained,
        "        took = {",
        "            each.rule: {delivery.target for delivery in each.deliveries}",
        "            for each in explained",
        "            if each.matched",
        "        }",
        f"        assert list(took) == {literal([each.name for each in matched], 8)}",
        *(
            f"        assert took[{literal(each.name)}] >= {_set(each.targets)}"
            for each in matched
            if each.targets
        ),
    ]


def _set(texts: Sequence[str]) -> str:
    return "{" + ", ".join(map(literal, sorted(set(texts)))) + "}"
