import sys

import pytest

from ensue import App
from ensue.doors.cli.loading import load_apps, short_traceback
from ensue.words.errors import InvalidDeclaration, NotFound

APP = 'from ensue import App\n\napp = App("{name}")\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory; modules and paths of the test are forgotten after it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def _write(file, text):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def _names(*texts):
    return [each.app.name for each in load_apps(texts)]


def test_a_folder_is_loaded_by_its_app_file(folder):
    _write(folder / "shop/app.py", APP.format(name="shop"))
    assert _names("shop") == ["shop"]


def test_a_file_is_loaded(folder):
    _write(folder / "orders.py", APP.format(name="orders"))
    assert _names("orders.py") == ["orders"]


def test_a_module_and_an_attribute_are_loaded(folder):
    _write(folder / "shop/__init__.py", "")
    _write(folder / "shop/main.py", 'from ensue import App\n\nown = App("own")\nother = App("b")\n')
    assert _names("shop.main:own") == ["own"]


def test_a_folder_of_folders_means_all_of_them(folder):
    for name in ("orders", "billing"):
        _write(folder / f"apps/{name}/app.py", APP.format(name=name))
    _write(folder / "apps/notes/readme.py", "")
    assert _names("apps") == ["billing", "orders"]


def test_an_app_named_twice_is_loaded_once(folder):
    for name in ("orders", "billing"):
        _write(folder / f"apps/{name}/app.py", APP.format(name=name))
    assert _names("apps/orders", "apps") == ["orders", "billing"]


def test_an_app_in_a_package_is_the_module_that_import_gives(folder):
    _write(folder / "apps_here/__init__.py", "")
    _write(folder / "apps_here/orders/__init__.py", "")
    _write(folder / "apps_here/orders/app.py", APP.format(name="orders"))
    (loaded,) = load_apps(["apps_here/orders"])
    imported = __import__("apps_here.orders.app", fromlist=["app"])
    assert imported is loaded.module
    assert sys.modules["apps_here.orders"].app is loaded.module
    assert load_apps(["apps_here.orders.app:app"])[0].app is loaded.app


def test_an_app_in_a_package_can_import_its_siblings(folder):
    _write(folder / "house/__init__.py", "")
    _write(folder / "house/prices.py", "PRICE = 3\n")
    _write(folder / "house/app.py", "from house.prices import PRICE\n" + APP.format(name="a"))
    assert load_apps(["house"])[0].module.PRICE == 3


def test_an_app_outside_a_package_can_import_what_lies_beside_it(folder):
    _write(folder / "shop/prices_of_shop.py", "PRICE = 3\n")
    _write(folder / "shop/app.py", "from prices_of_shop import PRICE\n" + APP.format(name="a"))
    assert load_apps(["shop"])[0].module.PRICE == 3


def test_the_attribute_called_app_wins(folder):
    _write(folder / "two.py", APP.format(name="first") + 'other = App("second")\n')
    assert _names("two.py") == ["first"]


def test_an_only_app_may_have_any_name(folder):
    _write(folder / "one.py", 'from ensue import App\n\nshop = App("shop")\nalias = shop\n')
    assert _names("one.py") == ["shop"]


def test_a_file_named_like_another_module_does_not_replace_it(folder):
    _write(folder / "shop/json.py", APP.format(name="shop"))
    assert _names("shop/json.py") == ["shop"]
    assert hasattr(sys.modules["json"], "dumps")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nothing", "there is no folder or file nothing. APP is a folder that contains app.py"),
        ("nothing.here:app", "there is no module nothing"),
        ("empty", "there is no app.py in empty, nor in a folder below it"),
    ],
)
def test_what_is_not_there_is_not_found(folder, text, said):
    (folder / "empty").mkdir()
    with pytest.raises(NotFound) as caught:
        load_apps([text])
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\n", "there is no App in bad.py. Declare one"),
        (
            'from ensue import App\na = App("a")\nb = App("b")\n',
            "expected one App in bad.py, got a, b. Call one of them app, or choose with bad:a.",
        ),
        ("import nowhere\n", "bad.py cannot be loaded: ModuleNotFoundError: No module named"),
        ("x = (\n", "bad.py cannot be loaded: SyntaxError: '(' was never closed, at bad.py:1"),
        ("raise SystemExit(3)\n", "bad.py cannot be loaded: SystemExit: 3, at bad.py:1"),
        (
            'from ensue import App\n\napp = App("Not A Name")\n',
            "bad.py cannot be loaded: InvalidName: expected a lower-case name",
        ),
    ],
)
def test_a_file_that_declares_no_app_says_what_to_do(folder, source, said):
    _write(folder / "bad.py", source)
    with pytest.raises(InvalidDeclaration) as caught:
        load_apps(["bad.py"])
    assert str(caught.value).startswith(said)
    if caught.value.__cause__:
        assert "bad" not in sys.modules


def test_a_failure_in_the_app_keeps_only_the_apps_own_traceback(folder):
    _write(folder / "bad.py", "def fail():\n    return 1 / 0\n\n\nfail()\n")
    with pytest.raises(InvalidDeclaration) as caught:
        load_apps(["bad.py"])
    assert caught.value.at == "bad.py:2"
    lines = short_traceback(caught.value.__cause__).splitlines()
    assert [line.strip() for line in lines if "File" in line] == [
        'File "bad.py", line 5, in <module>',
        'File "bad.py", line 2, in fail',
    ]
    assert lines[-1] == "ZeroDivisionError: division by zero"


def test_an_attribute_that_is_no_app_is_refused_with_those_that_are(folder):
    _write(folder / "attributes.py", APP.format(name="a") + "x = 1\n")
    with pytest.raises(InvalidDeclaration, match=r"got int\. It has: app\."):
        load_apps(["attributes:x"])
    with pytest.raises(InvalidDeclaration, match="there is no such name"):
        load_apps(["attributes:y"])


def test_a_module_whose_own_import_fails_is_not_called_missing(folder):
    _write(folder / "broken.py", "import nowhere_at_all\n")
    with pytest.raises(InvalidDeclaration, match="No module named 'nowhere_at_all'"):
        load_apps(["broken:app"])


def test_a_file_that_is_no_python_is_refused(folder):
    _write(folder / "app.txt", "")
    with pytest.raises(InvalidDeclaration, match=r"expected a Python file, got app\.txt"):
        load_apps(["app.txt"])


def test_what_is_loaded_is_an_app(folder):
    _write(folder / "one.py", APP.format(name="one"))
    assert isinstance(load_apps(["one.py"])[0].app, App)
