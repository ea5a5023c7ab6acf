"""Environments with packages: built once for an interpreter and its requirements, and kept in concexp's cache.

Each has a folder of its own, named by a hash of the interpreter and the requirements. A file beside it names the folder that
is whole, with its packages, and is written last: what an interrupted build leaves is never used, and goes with the next build.
A lock lets one build go on at a time; another run waits for it and uses what it built.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from concexp.experiment.cache import cache_folder
from concexp.experiment.requirements import Requirements
from concexp.run.interpreters.interpreter import Interpreter
from concexp.run.records import without_home
from concexp.run.storage import atomic

BUILD_TIMEOUT = 1800.0  # seconds; a package may have to be compiled
REASON_LENGTH = 400  # characters of an installer's reason
# Lines in which an installer says why it failed; uv draws a tree beside them.
ERROR_LINE = re.compile(r"^\s*(ERROR:|error:|[×╰├]─*▶?)\s*(?P<text>.+)$")
NOTICE = re.compile(r"Ignored the following ")  # a list of versions that may be long, and is not why
TREE = re.compile(r"[│×╰├─▶]+")
ADDRESS = re.compile(r"\w+://[^\s'\"]+")
VERSIONS = re.compile(r"\s*\(from versions: [^)]*\)")
# Variables of the caller's that would put packages elsewhere, or give an interpreter another path.
LEFT_OUT = re.compile(
    r"PYTHON\w*|VIRTUAL_ENV|CONDA_PREFIX|PIP_(USER|TARGET|PREFIX|ROOT)|UV_(PYTHON|PROJECT_ENVIRONMENT)"
)
# Prints the packages of the interpreter that runs it, as JSON: {name: version}.
PACKAGES = (
    "import json; from importlib.metadata import distributions; "
    "print(json.dumps({one.metadata['Name']: one.version for one in distributions()}))"
)

Say = Callable[[str], None]


class NotBuilt(Exception):
    """An environment that cannot be had; the text is the reason, and contains no path of this machine."""


def built(base: Interpreter, requirements: Requirements, say: Say) -> tuple[Path, dict[str, str]]:
    """(the interpreter of an environment with these requirements, its packages with their versions), built if there is none.

    `say` is called before anything is installed. NotBuilt has the installer's reason.
    """
    place = cache_folder() / "environments" / _key(base, requirements)
    try:
        with _lock(place.with_suffix(".lock")):
            return existing(base, requirements) or _build(place, base, requirements, say)
    except OSError as error:
        raise NotBuilt(f"the environment of {base.label} cannot be kept in the cache: {error.strerror}") from error


def existing(base: Interpreter, requirements: Requirements) -> tuple[Path, dict[str, str]] | None:
    """The same if it was built before, else None; starts nothing."""
    record = cache_folder() / "environments" / f"{_key(base, requirements)}.json"
    try:
        found = json.loads(record.read_bytes())
        python = _python(record.parent / found["folder"])
        return (python, found["packages"]) if python.exists() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _key(base: Interpreter, requirements: Requirements) -> str:
    """16 hex digits: another interpreter or another requirement is another environment."""
    facts = base.facts
    identity = [
        os.path.realpath(base.path),
        facts["sha256"],
        facts["implementation"],
        facts["version"],
        requirements.lines,
    ]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold the lock of one environment; the system releases it whatever ends this process."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(place: Path, base: Interpreter, requirements: Requirements, say: Say) -> tuple[Path, dict[str, str]]:
    """Build an environment in a new folder beside `place`, and record it; nothing is left if that fails."""
    for left in place.parent.glob(f"{place.name}.*"):
        if left.is_dir():  # of a build that was killed
            shutil.rmtree(left, ignore_errors=True)
    by, install = ("uv", _with_uv) if shutil.which("uv") else ("venv and pip", _with_pip)
    say(f"installing {', '.join(requirements.lines)} for {base.label} by {by}")
    folder = Path(tempfile.mkdtemp(prefix=f"{place.name}.", dir=place.parent))
    try:
        wanted = folder / "requirements.txt"
        wanted.write_text("".join(f"{line}\n" for line in requirements.lines), encoding="utf-8")
        install(base.path, folder, wanted)
        packages = dict(sorted(json.loads(_run([str(_python(folder)), "-I", "-c", PACKAGES])).items()))
        record = {"folder": folder.name, "packages": packages, "requirements": requirements.lines}
        with atomic.replaced(place.with_suffix(".json"), fsync=True) as draft:
            draft.write_text(json.dumps(record, indent=1))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return _python(folder), packages


def _with_uv(python: str, folder: Path, requirements: Path) -> None:
    """An environment by uv, which is faster where it is installed."""
    _run(["uv", "venv", "--quiet", "--allow-existing", "--no-project", "--python", python, str(folder)])
    _run(
        [
            "uv",
            "pip",
            "install",
            "--quiet",
            "--compile-bytecode",
            "--python",
            str(_python(folder)),
            "-r",
            str(requirements),
        ]
    )


def _with_pip(python: str, folder: Path, requirements: Path) -> None:
    """An environment by what every Python has: pip's own packages are not among those of the environment."""
    _run([python, "-m", "venv", "--without-pip", str(folder)])
    target = str(_python(folder))
    if find_spec("pip") is not None:
        pip = [sys.executable, "-m", "pip", "--python", target]
    else:  # as in an environment that uv made: the interpreter brings its own, if its distributor left it there
        _run([target, "-m", "ensurepip"])
        pip = [target, "-m", "pip"]
    _run([*pip, "install", "--quiet", "--no-input", "--disable-pip-version-check", "-r", str(requirements)])


def _run(command: Sequence[str]) -> str:
    """What a command printed; NotBuilt with its own reason if it failed."""
    kept = {name: text for name, text in os.environ.items() if not LEFT_OUT.fullmatch(name)}
    try:
        done = subprocess.run(
            command,
            env=kept,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=BUILD_TIMEOUT,
        )
    except subprocess.TimeoutExpired as error:
        raise NotBuilt(f"{_named(command)} did not end within {BUILD_TIMEOUT:.0f} s") from error
    except OSError as error:
        raise NotBuilt(f"{_named(command)} cannot be started: {error.strerror}") from error
    if done.returncode:
        raise NotBuilt(f"{_named(command)} failed: {reason_in(done.stderr or done.stdout)}")
    return done.stdout


def _named(command: Sequence[str]) -> str:
    """A command in short: the module or program that it runs, and what it is to do."""
    words = [Path(command[0]).name, *command[1:]]
    words = words[words.index("-m") + 1 :] if "-m" in words else words
    return " ".join(word for word in words[:5] if not word.startswith("-") and "/" not in word)


def reason_in(output: str) -> str:
    """Why an installer failed, from what it printed: in a line, without addresses and without paths of this machine."""
    lines = [line for line in output.splitlines() if line.strip()]
    told = [match["text"] for line in lines if (match := ERROR_LINE.match(line)) and not NOTICE.match(match["text"])]
    told = told or lines[-3:]
    text = " ".join(" ".join(TREE.sub(" ", line) for line in told).split())
    text = without_home(ADDRESS.sub("…", VERSIONS.sub("", text)))
    return text[:REASON_LENGTH] or "it printed no reason"
