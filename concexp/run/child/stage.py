"""Stages the child's code: a folder from which any interpreter can run `concexp.trial` with nothing installed.

The folder is named by the hash of its contents, renamed into place as a whole, and verified on every run. It holds
`__main__.py`, an empty `concexp/__init__.py` and `concexp/trial/`: enough for `import concexp.trial`, also in the
processes that a trial starts itself. Beside them are the files of the plug-ins from other packages that an experiment names.

Its place is the user's cache. Where there is none that can be written, as in a container without a home, it is a temporary
folder that goes with this process.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from concexp.errors import EnvironmentRefused
from concexp.experiment.cache import cache_folder
from concexp.run.child import temp_folder

SOURCE = Path(__file__).parents[2] / "trial"
NO_FILES: Mapping[str, bytes] = {}

# The main program. `spawn` and `forkserver` import it again in their children, under another name: there it must do nothing.
MAIN = """\
import sys

if __name__ == "__main__":
    from concexp.trial.__main__ import main

    sys.exit(main(sys.argv[1:]))
"""


# Compiles a folder and names the interpreter's kind of byte code.
COMPILE = """\
import compileall, sys

done = compileall.compile_dir(sys.argv[1], quiet=2)
print(sys.implementation.cache_tag)
sys.exit(not done)
"""


@dataclass(frozen=True)
class StagedCode:
    """The folder with the child's code, and the SHA-256 of that code; `note` says why it is not in the cache, if so.

    `files` are those of the code.
    """

    path: Path
    sha256: str
    note: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict, compare=False, repr=False)

    @property
    def main(self) -> Path:
        """The program to give to an interpreter."""
        return self.path / "__main__.py"


def code(plugins: Mapping[str, bytes] = NO_FILES) -> dict[str, bytes]:
    """The files of a stage: relative path -> content. `plugins` are those of plug-ins from other packages."""
    files = {**plugins, "__main__.py": MAIN.encode(), "concexp/__init__.py": b""}
    for path in sorted(SOURCE.rglob("*.py")):
        files[f"concexp/trial/{path.relative_to(SOURCE).as_posix()}"] = path.read_bytes()
    return files


def digest(files: dict[str, bytes]) -> str:
    """SHA-256 over the names and contents of files, hex."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(f"{name}\0{len(files[name])}\0".encode())
        total.update(files[name])
    return total.hexdigest()


def staged(sha256: str) -> dict[str, bytes]:
    """The files with this digest that a run of an earlier version left in the cache; {} if they are not, or no longer, there."""
    try:
        folder = cache_folder() / f"trial-{sha256[:16]}"
        if folder.stat().st_uid != os.getuid():
            return {}
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.py"))}
    except (OSError, EnvironmentRefused):
        return {}
    return files if digest(files) == sha256 else {}


def stage_child_code(plugins: Mapping[str, bytes] = NO_FILES) -> StagedCode:
    """The staged code of the child, written if it is not there yet; EnvironmentRefused if no place for it can be written.

    `plugins` are the files of plug-ins from other packages, by their paths: see `plugin_files`.
    """
    return stage_files(code(plugins))


def stage_files(files: Mapping[str, bytes]) -> StagedCode:
    """The same for code that consists of these files, as it came from another machine."""
    files = dict(files)
    sha256 = digest(files)
    name = f"trial-{sha256[:16]}"
    try:
        return StagedCode(_whole(cache_folder() / name, files), sha256, files=files)
    except EnvironmentRefused as refused:
        why = refused.message
    except OSError as error:
        why = f"cannot write the code of the trials to {cache_folder()}: {error.strerror or error}"
    hint = "set XDG_CACHE_HOME to a folder that can be written"
    try:
        folder = _whole(_temporary_folder(os.getpid()) / name, files)
    except OSError as error:
        raise EnvironmentRefused(f"{why}, nor to a temporary folder: {error.strerror or error}", hint) from error
    note = f"{why}; for this run it is in a temporary folder: to keep it, {hint}"
    return StagedCode(folder, sha256, note, files)


def _whole(folder: Path, files: dict[str, bytes]) -> Path:
    """The folder, with exactly these files."""
    if not intact(folder, files):
        put(folder, files)
    return folder


@functools.cache
def _temporary_folder(pid: int) -> Path:
    """A temporary folder of this process, whose id is `pid`: a fork has one of its own."""
    return temp_folder.lasting()


def intact(folder: Path, files: dict[str, bytes]) -> bool:
    """Whether the folder holds exactly these files (and their byte code)."""
    try:
        if folder.stat().st_uid != os.getuid():
            return False
        existing = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.py")}
    except OSError:
        return False
    return existing == files


def put(folder: Path, files: dict[str, bytes]) -> None:
    """Write the files beside their place and rename them into it; of several processes the first one wins."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))  # 0700
    try:
        for name, content in files.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError:
        shutil.rmtree(new, ignore_errors=True)
        raise
    if folder.exists():  # not intact: it was changed
        if intact(folder, files):
            shutil.rmtree(new)
            return
        folder.rename(Path(tempfile.mkdtemp(prefix=f"{folder.name}.damaged.", dir=folder.parent)) / "was")
    try:
        new.rename(folder)
    except OSError:
        shutil.rmtree(new, ignore_errors=True)
        if not intact(folder, files):
            raise


def compile_for(python: str, where: StagedCode) -> None:
    """Byte-compile the staged code for one interpreter, or each trial would compile it again at its start.

    The stamp of an interpreter holds the SHA-256 of its byte code: a file that a power cut left half written would fail
    every trial from then on. Where compiling fails (a read-only cache), trials still run but start more slowly, so it is
    no error.
    """
    if is_compiled(python, where):
        return
    stamp = _stamp(python, where)
    for name in _hashes(stamp):  # at least one of them is damaged
        with contextlib.suppress(OSError):
            (where.path / name).unlink()
    with contextlib.suppress(OSError):
        stamp.unlink()
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    command = [python, "-s", "-S", "-c", COMPILE, str(where.path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", timeout=120)
    tag = done.stdout.strip()
    if done.returncode == 0 and tag:
        files = {path.relative_to(where.path).as_posix(): path for path in where.path.rglob(f"*.{tag}.pyc")}
        draft = stamp.with_name(f"{stamp.name}.{os.getpid()}")
        with contextlib.suppress(OSError):  # compiled before for another interpreter, and read-only since
            draft.write_text(json.dumps({name: _sha256(path) for name, path in files.items()}))
            draft.replace(stamp)


def is_compiled(python: str, where: StagedCode) -> bool:
    """Whether the staged code has whole byte code for this interpreter."""
    hashes = _hashes(_stamp(python, where))
    if not hashes:
        return False
    try:
        return all(_sha256(where.path / name) == sha256 for name, sha256 in hashes.items())
    except OSError:
        return False


def repair(where: StagedCode, python: str) -> bool:
    """True if the staged code was damaged or gone, and is whole again; EnvironmentRefused if it cannot be repaired.

    False if it was whole all the time.
    """
    never_compiled = not _stamp(python, where).exists()
    if intact(where.path, dict(where.files)) and (never_compiled or is_compiled(python, where)):
        return False
    stage_files(where.files)
    compile_for(python, where)
    return True


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _stamp(python: str, where: StagedCode) -> Path:
    return where.path / f"compiled-{hashlib.sha256(os.path.realpath(python).encode()).hexdigest()[:16]}"


def _hashes(stamp: Path) -> dict[str, str]:
    try:
        found = json.loads(stamp.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
