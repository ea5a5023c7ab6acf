"""Environments with packages: what is installed, that it is done once, and what a failure leaves."""

import os
import shutil
import signal
import subprocess
import sys

import pytest

from concexp.experiment.requirements import Requirements
from concexp.run.interpreters import environments
from concexp.run.interpreters.interpreter import Interpreter
from tests.helpers.wheels import only_from, wheel

FACTS = {"sha256": "0" * 64, "implementation": "CPython", "version": "3.11.0"}
BASE = Interpreter("np", sys.executable, FACTS)
# A process of its own that builds the same environment, and prints what it said and what it built.
SCRIPT = """\
import sys, time
from concexp.experiment.requirements import Requirements
from concexp.run.interpreters import environments
from concexp.run.interpreters.interpreter import Interpreter

facts = {"sha256": "0" * 64, "implementation": "CPython", "version": "3.11.0"}
def say(text):
    print(text, flush=True)
def hang(python, folder, requirements):
    (folder / "half").touch()
    print("began", flush=True)
    time.sleep(3600)
if "hang" in sys.argv:
    environments._with_pip = environments._with_uv = hang
python, packages = environments.built(Interpreter("np", sys.executable, facts), Requirements(("sample==1.*",)), say)
print(packages, flush=True)
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """concexp's cache, and two versions of a package to install."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    links = tmp_path / "links"
    links.mkdir()
    wheel(links, "helper", "3.0")
    wheel(links, "sample", "1.5", requires=["helper"])
    wheel(links, "sample", "2.0")
    only_from(links, monkeypatch)
    return tmp_path / "cache" / "concexp" / "environments"


@pytest.fixture(params=["pip", "uv"])
def installer(request, monkeypatch):
    """By pip, which every Python can have, and by uv where it is installed."""
    if request.param == "uv" and shutil.which("uv") is None:
        pytest.skip("uv is not installed")
    if request.param == "pip":
        monkeypatch.setattr(environments.shutil, "which", lambda name: None)
    return request.param


def version_in(python):
    """The version of the package that this interpreter imports."""
    return subprocess.check_output([python, "-c", "import sample; print(sample.VERSION)"], text=True).strip()


def build(*lines, said=None):
    said = [] if said is None else said
    return environments.built(BASE, Requirements(lines), said.append)


def start(*words):
    command = [sys.executable, "-c", SCRIPT, *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)


def test_two_versions_beside_each_other(cache, installer):
    """Each set of requirements has an environment of its own, with its exact packages and nothing else."""
    one, packages = build("sample==1.*")
    other, others = build("sample==2.*")
    assert (packages, others) == ({"helper": "3.0", "sample": "1.5"}, {"sample": "2.0"})
    assert (version_in(one), version_in(other)) == ("1.5", "2.0")


def test_it_is_built_once(cache, installer):
    """The second time nothing is installed, and nothing is announced."""
    said = []
    first = build("sample==1.*", said=said)
    assert len(said) == 1
    assert said[0].startswith("installing sample==1.* for np by ")
    assert build("sample==1.*", said=said) == first
    assert environments.existing(BASE, Requirements(("sample==1.*",))) == first
    assert len(said) == 1


def test_another_interpreter_has_another(cache):
    """The program itself is part of what an environment is known by: after an upgrade in place it is built anew."""
    build("sample==1.*")
    upgraded = Interpreter("np", sys.executable, {**FACTS, "sha256": "1" * 64})
    assert environments.existing(upgraded, Requirements(("sample==1.*",))) is None


def test_what_cannot_be_installed_has_the_installers_reason(cache, installer):
    """The reason names what is missing, without paths; nothing is left of the attempt."""
    with pytest.raises(environments.NotBuilt) as failure:
        build("sample==9.*")
    reason = str(failure.value)
    assert "sample==9.*" in reason
    assert str(cache) not in reason
    assert [path.name for path in cache.iterdir() if path.is_dir()] == []
    assert environments.existing(BASE, Requirements(("sample==9.*",))) is None


def test_an_interrupted_build_leaves_nothing(cache, monkeypatch):
    """Ctrl-C in the middle removes what was there."""

    def interrupt(python, folder, requirements):
        (folder / "half").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(environments, "_with_pip", interrupt)
    monkeypatch.setattr(environments, "_with_uv", interrupt)
    with pytest.raises(KeyboardInterrupt):
        build("sample==1.*")
    assert [path.name for path in cache.iterdir() if path.is_dir()] == []


@pytest.mark.slow
def test_a_killed_build_is_never_used(cache):
    """SIGKILL leaves half an environment, which the next build does not take for one, and removes."""
    with start("hang") as victim:
        lines = [victim.stdout.readline(), victim.stdout.readline()]
        assert lines[1] == "began\n"
        os.killpg(victim.pid, signal.SIGKILL)
    (half,) = [path for path in cache.iterdir() if path.is_dir()]
    python, _ = build("sample==1.*")
    assert version_in(python) == "1.5"
    assert not half.exists()
    assert [path for path in cache.iterdir() if path.is_dir()] == [python.parents[1]]


@pytest.mark.slow
def test_two_runs_at_once_build_one(cache):
    """The second waits for the first and uses what it built."""
    crews = [start(), start()]
    outputs = [crew.communicate(timeout=120)[0].splitlines() for crew in crews]
    assert sorted(len(lines) for lines in outputs) == [1, 2], outputs
    assert {lines[-1] for lines in outputs} == {"{'helper': '3.0', 'sample': '1.5'}"}
    assert len([path for path in cache.iterdir() if path.is_dir()]) == 1


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (
            "WARNING: noise\nERROR: Ignored the following versions that require another Python: 7\n"
            "ERROR: Could not find a version that satisfies the requirement a==9 (from versions: 1, 2)\n"
            "ERROR: No matching distribution found for a==9\n",
            "Could not find a version that satisfies the requirement a==9 No matching distribution found for a==9",
        ),
        (
            "  × No solution found when resolving dependencies:\n  ╰─▶ Because there is no version of a==9 and you require a==9,\n",
            "No solution found when resolving dependencies: Because there is no version of a==9 and you require a==9,",
        ),
        ("one\ntwo\nthree\nfour ftp://mirror.invalid/x\n", "two three four …"),
        ("", "it printed no reason"),
    ],
)
def test_the_reason_in_an_installers_output(output, reason):
    """Its errors without versions, trees and addresses; without errors its last lines."""
    assert environments.reason_in(output) == reason
