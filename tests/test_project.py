"""The files around the code say the same as the code."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import concexp

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_citation_names_this_version():
    """Whoever cites it cites what they used."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == concexp.__version__
    assert citation["license"] == PROJECT["license"]
    assert {"cff-version", "title", "message", "authors"} <= set(citation)


def test_the_licence_is_there():
    """It is the one that the package declares."""
    assert (ROOT / "LICENSE").read_text().startswith(f"{PROJECT['license']} License")


# Where a path in these texts may start, and those that are made up.
PLACES = [ROOT, *(ROOT / "concexp" / part for part in ("", "trial", "report"))]
PATH = re.compile(r"`([a-z_]+/[\w./]*\.(?:py|yaml|md|toml))`")
INVENTED = {"concexp/trial/workloads/dicts.py"}


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md", "ARCHITECTURE.md", "README.md"])
def test_the_files_that_are_named_exist(name):
    """A path in the text leads somewhere."""
    named = set(PATH.findall((ROOT / name).read_text())) - INVENTED
    assert sorted(path for path in named if not any((place / path).exists() for place in PLACES)) == []
