"""Asks git about a repository without changing it: no checkout, no index of the user's, no program that its settings name."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

TIMEOUT_S = 10.0
EXPORT_TIMEOUT_S = 300.0  # a large repository takes a while

# A repository may come from a stranger, and its configuration may name programs: none of them is started.
NO_PROGRAMS = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.pager": "cat",
    "core.untrackedCache": "false",
    "diff.external": "",
    "submodule.recurse": "false",
}
NO_FILTER = {"clean": "", "smudge": "", "process": "", "required": "false"}
# A hook of git's, such as one before a push, has these for its own repository, whatever folder is asked about.
OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE")

Failures = (OSError, subprocess.SubprocessError)  # git is not installed, refuses, or takes too long


def output(
    folder: Path,
    *arguments: str,
    settings: Mapping[str, str] = NO_PROGRAMS,
    variables: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT_S,
) -> str:
    """What git prints, without its last line break; one of Failures if it refuses, or takes too long."""
    overrides = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = ["git", "-C", str(folder), "--no-pager", "--no-optional-locks", *overrides, *arguments]
    inherited = {name: value for name, value in os.environ.items() if name not in OF_A_HOOK}
    environment = {
        **inherited,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "LC_ALL": "C",
        **(variables or {}),
    }
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=timeout, env=environment
    )
    return os.fsdecode(done.stdout).rstrip("\n")


def without_filters(folder: Path) -> dict[str, str]:
    """NO_PROGRAMS, and settings that keep git from running the filters which the repository's own configuration names."""
    try:
        asked = ("config", "--local", "--includes", "--name-only", "--get-regexp", r"^filter\.")
        names = output(folder, *asked).splitlines()
    except subprocess.CalledProcessError:  # there are none
        names = []
    filters = {name.rpartition(".")[0] for name in names}
    return {**NO_PROGRAMS, **{f"{name}.{key}": value for name in sorted(filters) for key, value in NO_FILTER.items()}}


def toplevel(folder: Path) -> Path | None:
    """The root of the working tree that a folder lies in; None outside a repository, or in a bare one."""
    found = _lines(folder, "rev-parse", "--show-toplevel")
    return Path(found[0]).resolve() if found else None


def refusal(folder: Path) -> str:
    """Why git knows no working tree here, in its own words."""
    try:
        output(folder, "rev-parse", "--show-toplevel")
    except subprocess.CalledProcessError as error:
        return os.fsdecode(error.stderr).strip().partition("\n")[0].removeprefix("fatal: ")
    except FileNotFoundError:
        return "git is not installed"
    except Failures as error:
        return str(error)
    return ""


def commit(top: Path, revision: str) -> str:
    """The full SHA of the commit that a revision names; "" if there is none."""
    found = _lines(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    return found[0] if found else ""


def names(top: Path) -> list[str]:
    """The branches and tags, for suggestions."""
    return _lines(top, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes")


def is_shallow(top: Path) -> bool:
    """Whether only the latest commits were fetched, as CI does."""
    return _lines(top, "rev-parse", "--is-shallow-repository") == ["true"]


def day(top: Path, sha: str) -> str:
    """The day of a commit, such as 2026-11-30."""
    return "".join(_lines(top, "show", "--no-patch", "--format=%cs", sha)[:1])


def submodules(top: Path, sha: str) -> list[str]:
    """The folders of a commit that are other repositories: they are not exported."""
    listed = output(top, "ls-tree", "-r", "-z", "--full-tree", sha, timeout=EXPORT_TIMEOUT_S).split("\0")
    return [line.partition("\t")[2] for line in listed if line.startswith("160000 ")]


def size(top: Path, sha: str) -> tuple[int, int]:
    """(the number of a commit's files, their bytes)."""
    listed = output(top, "ls-tree", "-r", "-z", "-l", "--full-tree", sha, timeout=EXPORT_TIMEOUT_S).split("\0")
    sizes = [line.partition("\t")[0].split()[3] for line in listed if " blob " in line.partition("\t")[0]]
    return len(sizes), sum(int(one) for one in sizes if one.isdigit())


def export(top: Path, sha: str, place: Path, index: Path) -> None:
    """Write the files of a commit below `place`, which exists; one of Failures if that fails.

    With an index of its own, `index`, and not by `git archive`, which leaves out what the attribute export-ignore names.
    Filters do not run, so a file under Git LFS is a pointer.
    """
    settings, variables = without_filters(top), {"GIT_INDEX_FILE": str(index)}
    output(top, "read-tree", sha, settings=settings, variables=variables, timeout=EXPORT_TIMEOUT_S)
    written = ("checkout-index", "--all", "--quiet", f"--prefix={place}/")
    output(top, *written, settings=settings, variables=variables, timeout=EXPORT_TIMEOUT_S)


def files(top: Path) -> list[str]:
    """The files of the working tree as they are, tracked or not, without those that are ignored; relative to `top`."""
    listed = output(
        top, "ls-files", "-z", "--cached", "--others", "--exclude-standard", timeout=EXPORT_TIMEOUT_S
    ).split("\0")
    return sorted({name for name in listed if name})


def _lines(folder: Path, *arguments: str) -> list[str]:
    """What git prints, line by line; nothing where it refuses."""
    try:
        return output(folder, *arguments).splitlines()
    except Failures:
        return []
