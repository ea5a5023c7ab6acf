"""What `concexp init --plugin` does: writes a package with a workload and a metric, and tests that keep concexp's contracts."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from string import Template

from concexp import __version__, catalog
from concexp.errors import EnvironmentRefused, InputError, Problem
from concexp.experiment.plugin_files import TAKEN
from concexp.experiment.reader import NAME
from concexp.run.storage import run_folder

TEMPLATES = "plugin_template"


def write_plugin(name: str) -> Path:
    """Write the folder NAME with a package into the current folder and return its path; EnvironmentRefused if it exists."""
    if not NAME.fullmatch(name):
        raise _refused(f"'{name}' cannot be a name", "small letters, digits, underscores, a letter first")
    if name in TAKEN:
        raise _refused(f"'{name}' is a module already, and trials would import the other one", "choose another name")
    for kind in catalog.KINDS:
        if name in catalog.names(kind):
            where = catalog.origin(kind, name) or "concexp"
            raise _refused(f"'{name}' is a {kind} of {where} already", "choose another name")
    folder = Path(name)
    try:
        folder.mkdir()
        for path, text in _files(name).items():
            place = folder / path
            place.parent.mkdir(exist_ok=True)
            place.write_text(text, encoding="utf-8")
    except FileExistsError:
        raise EnvironmentRefused(f"{folder} is there already", "choose another name, or remove it") from None
    except OSError as error:
        raise run_folder.refused(error, folder) from error
    return folder


def _files(name: str) -> dict[str, str]:
    """The files of the package by their paths in its folder."""
    values = {"name": name, "module": name, "project": name.replace("_", "-"), "version": __version__}
    templates = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        "example.yaml": "example.yaml",
        f"{name}/workload.py": "workload.py",
        f"{name}/metric.py": "metric.py",
        "tests/test_plugins.py": "test_plugins.py",
    }
    folder = files("concexp.commands") / TEMPLATES
    texts = {
        path: Template((folder / f"{source}.txt").read_text("utf-8")).substitute(values)
        for path, source in templates.items()
    }
    return {**texts, f"{name}/__init__.py": f'"""Plug-ins for concexp: the workload {name} and its metric."""\n'}


def _refused(message: str, cure: str) -> InputError:
    return InputError([Problem("--plugin", 0, 0, "", message, cure)])
