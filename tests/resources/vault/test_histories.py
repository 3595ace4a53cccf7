"""Whatever is done in whatever order: a vault is as its story says."""

from __future__ import annotations

from contextlib import closing

from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.app.app import App
from ensue.app.integrity import check
from ensue.engine.database import MEMORY, StoreUrl
from ensue.words.errors import Conflict, NotFound
from tests.conftest import Stage

KEEP = 3
DAY_MS = 86_400_000
NAMES = st.sampled_from(["a", "b"])
STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "put", "promote", "delete", "restore", "wait"]), NAMES),
    max_size=25,
)


class Told:
    """A secret as it must be."""

    def __init__(self):
        self.texts: dict[int, str] = {}
        self.current = self.last = 0
        self.previous = None
        self.gone_ms = None

    def point(self, version):
        if self.current:
            self.previous = self.current
        self.current = version

    def prune(self):
        newest = sorted(self.texts)[-KEEP:]
        stay = {*newest, self.current, self.previous}
        self.texts = {each: text for each, text in self.texts.items() if each in stay}


class Play:
    """A vault, and what must be in it."""

    def __init__(self, stage, keys):
        self.stage = stage
        self.keys = keys
        self.told: dict[str, Told] = {}

    def does(self, step, name, number):
        getattr(self, step)(name, number)
        look(self.stage, self.keys, self.told)

    def outcome(self, doing):
        try:
            return self.stage.wait(doing)
        except (Conflict, NotFound) as refused:
            return type(refused)

    def is_kept(self, name):
        return name in self.told and self.told[name].gone_ms is None

    def put(self, name, number):
        found = self.outcome(self.keys.put(name, f"text {number}"))
        if name in self.told and not self.is_kept(name):
            assert found is Conflict
            return
        one = self.told.setdefault(name, Told())
        one.last += 1
        one.texts[one.last] = f"text {number}"
        one.point(one.last)
        one.prune()
        assert found == one.last

    def promote(self, name, number):
        version = number % 4 + 1
        found = self.outcome(self.keys.promote(name, version))
        if not self.is_kept(name) or version not in self.told[name].texts:
            assert found is NotFound
        elif version != self.told[name].current:
            self.told[name].point(version)

    def delete(self, name, number):
        self.marked(name, self.keys.delete(name, recovery="1d"), DAY_MS)

    def restore(self, name, number):
        self.marked(name, self.keys.restore(name), None)

    def marked(self, name, doing, after_ms):
        assert (self.outcome(doing) is NotFound) == (name not in self.told)
        if name in self.told:
            now_ms = self.stage.clock.now_ms()
            self.told[name].gone_ms = None if after_ms is None else now_ms + after_ms

    def wait(self, name, number):
        self.stage.advance(DAY_MS // 2)
        for each, one in list(self.told.items()):
            if one.gone_ms is not None and one.gone_ms <= self.stage.clock.now_ms():
                del self.told[each]


@settings(max_examples=12, deadline=None)
@given(STEPS)
def test_a_vault_is_as_its_story_says(steps):
    app = App("shop")
    keys = app.vault("keys", keep=KEEP)
    with closing(Stage(StoreUrl(MEMORY), app)) as stage:
        play = Play(stage, keys)
        for number, (step, name) in enumerate(steps):
            play.does(step, name, number)
        assert check(stage.engine) == []


def look(stage, keys, told):
    infos = {each.name: each for each in stage.wait(keys.list())}
    assert infos.keys() == told.keys()
    for name, one in told.items():
        info = infos[name]
        assert (info.current, info.previous, info.gone_ms) == (
            one.current,
            one.previous,
            one.gone_ms,
        )
        assert [each.version for each in stage.wait(keys.versions(name))] == sorted(one.texts)
        if one.gone_ms is None:
            for version, text in one.texts.items():
                assert stage.wait(keys.get(name, version)).text == text
