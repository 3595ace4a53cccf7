"""From what a person types to the apps that it names."""

from __future__ import annotations

import importlib.util
import os
import pkgutil
import re
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType

from ensue.app.app import App
from ensue.words.errors import InvalidDeclaration, NotFound

APP_FILE = "app.py"
_REFERENCE = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*)\Z")
_FORMS = "APP is a folder that contains app.py, a Python file, or module:attribute."


@dataclass(frozen=True)
class Loaded:
    """An app, and where it was found.

    Attributes:
        app: the app.
        module: the module that declares it.
    """

    app: App
    module: ModuleType


def load_apps(texts: Sequence[str]) -> list[Loaded]:
    """The apps that the texts name, each once, in their order.

    Args:
        texts: folders with an ``app.py``, folders of such folders, Python files, or
            ``module:attribute``.

    Raises:
        NotFound: there is no such file, module or attribute.
        InvalidDeclaration: the app's code fails, or does not declare exactly one app.
    """
    found: dict[int, Loaded] = {}
    for text in texts:
        for loaded in _load(text):
            found.setdefault(id(loaded.app), loaded)
    return list(found.values())


def short_traceback(fault: BaseException) -> str:
    """The traceback of a fault in an app's code, without the frames that led there."""
    frames = _frames_of_app(fault.__traceback__)
    lines = traceback.format_list(frames) + traceback.format_exception_only(fault)
    return "".join(lines).rstrip().replace(f"{Path.cwd()}{os.sep}", "")


def _load(text: str) -> list[Loaded]:
    path = Path(text)
    if path.is_dir():
        return [_load_file(file) for file in _files_in(path)]
    if path.is_file():
        return [_load_file(path)]
    reference = _REFERENCE.match(text)
    if reference:
        return [_load_attribute(reference[1], reference[2])]
    raise NotFound(f"there is no folder or file {text}", hint=_FORMS)


def _files_in(folder: Path) -> list[Path]:
    if (folder / APP_FILE).is_file():
        return [folder / APP_FILE]
    files = sorted(folder.glob(f"*/{APP_FILE}"))
    if not files:
        raise NotFound(
            f"there is no {APP_FILE} in {folder}, nor in a folder below it",
            hint=f"{_FORMS} `ensue new NAME` makes one.",
        )
    return files


def _load_file(file: Path) -> Loaded:
    if file.suffix != ".py":
        raise InvalidDeclaration(f"expected a Python file, got {file}", hint=_FORMS)
    module = _module_of(file.resolve(), str(file))
    return Loaded(_only_app(module, str(file)), module)


def _module_of(file: Path, said: str) -> ModuleType:
    """The module that ``import`` gives for a file, so that an app and its tests share one."""
    name, root = _module_name(file)
    for folder in (Path.cwd(), root):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    known = sys.modules.get(name)
    if known is not None and _is_from(known, file):
        return known
    if known is not None:
        name = re.sub(r"\W", "_", f"{file.parent.name}_{file.stem}")
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise InvalidDeclaration(f"expected a Python file, got {said}")
    module = importlib.util.module_from_spec(spec)
    package, _, leaf = name.rpartition(".")
    try:
        if package:
            __import__(package)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as fault:
        sys.modules.pop(name, None)
        raise _failed(fault, said) from fault
    if package:
        setattr(sys.modules[package], leaf, module)
    return module


def _module_name(file: Path) -> tuple[str, Path]:
    """The dotted name of a file by the packages around it, and the folder where they begin."""
    parts, folder = [file.stem], file.parent
    while (folder / "__init__.py").is_file() and folder.name.isidentifier():
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts), folder


def _is_from(module: ModuleType, file: Path) -> bool:
    found = getattr(module, "__file__", None)
    return found is not None and Path(found).resolve() == file


def _load_attribute(module_name: str, attribute: str) -> Loaded:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        module = pkgutil.resolve_name(f"{module_name}:")
    except ModuleNotFoundError as fault:
        if fault.name is not None and f"{module_name}.".startswith(f"{fault.name}."):
            raise NotFound(
                f"there is no module {fault.name}", hint=f"Modules are looked for in {here} first."
            ) from None
        raise _failed(fault, module_name) from fault
    except (Exception, SystemExit) as fault:
        raise _failed(fault, module_name) from fault
    found = getattr(module, attribute, None)
    if isinstance(found, App):
        return Loaded(found, module)
    raise InvalidDeclaration(
        f"expected an App called {attribute} in {module_name}, {_got(found)}",
        hint=_names_hint(_apps_in(module)),
    )


def _only_app(module: ModuleType, said: str) -> App:
    named = getattr(module, "app", None)
    if isinstance(named, App):
        return named
    found = _apps_in(module)
    if len(set(map(id, found.values()))) == 1:
        return next(iter(found.values()))
    if not found:
        raise InvalidDeclaration(
            f"there is no App in {said}", hint='Declare one: app = ensue.App("orders").'
        )
    raise InvalidDeclaration(
        f"expected one App in {said}, got {', '.join(found)}",
        hint=f"Call one of them app, or choose with {module.__name__}:{next(iter(found))}.",
    )


def _apps_in(module: ModuleType) -> dict[str, App]:
    return {name: value for name, value in vars(module).items() if isinstance(value, App)}


def _got(found: object) -> str:
    return "but there is no such name" if found is None else f"got {type(found).__name__}"


def _names_hint(apps: dict[str, App]) -> str:
    return f"It has: {', '.join(apps)}." if apps else 'Declare one: app = ensue.App("orders").'


def _failed(fault: BaseException, said: str) -> InvalidDeclaration:
    frames = _frames_of_app(fault.__traceback__)
    at = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None
    if isinstance(fault, SyntaxError) and fault.filename:
        at = f"{fault.filename}:{fault.lineno}"
    if at is not None:
        at = at.replace(f"{Path.cwd()}{os.sep}", "")
    told = fault.msg if isinstance(fault, SyntaxError) else fault
    return InvalidDeclaration(f"{said} cannot be loaded: {type(fault).__name__}: {told}", at=at)


def _frames_of_app(found: TracebackType | None) -> list[traceback.FrameSummary]:
    ours = str(Path(__file__).parents[2])
    return [
        frame
        for frame in traceback.extract_tb(found)
        if not frame.filename.startswith(("<frozen", ours)) and "importlib" not in frame.filename
    ]
