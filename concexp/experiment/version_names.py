"""How `sweep: {code: …}` names versions of the user's code: a revision, `worktree`, or {path: folder, as: label}."""

from __future__ import annotations

from typing import Any

from concexp.experiment import units

AXIS, WORKTREE, PATH = "code", "worktree", "path"
MEANING = (
    "versions of your own code: git revisions; `worktree`, the files as they are, without those that git ignores; or folders in "
    "the place of the YAML's. All are measured in one run, and the answer says which is faster or slower: see `concexp show code`"
)


REFERENCE = """\
Versions of your own code are an axis: is this commit faster or slower than that one, and is it not just noise? All are measured
in one run, in every block, so that what disturbs the machine disturbs them alike. The answer says for each workload and model
what is faster, slower, the same within some percent, or cannot be told, beside the noise floor of the run.

  sweep: {code: [main, HEAD~3, worktree]}      git revisions; `worktree` are the files as they are, committed or not, without
                                               those that git ignores
  sweep: {code: [{path: ../old, as: old}, worktree]}      a folder in the place of the YAML's, with a label
  sweep: {code: [{is: v1.2, as: released}, worktree]}     a revision with another label
  concexp run x.yaml --against main            the same as `sweep: {code: [main, worktree]}`, with main as the baseline; with
                                               --check it exits with 1 if worktree is slower by more than --tolerance
  concexp try my.py:parse --against main       the same question without a YAML

What only one version needs is zipped with it, and then belongs to it, as an interpreter with the packages of that version:

  sweep: {zip: [{code: [v1.2, worktree], python: [{is: current, requirements: [numpy==1.*], as: np1},
                                                  {is: current, requirements: [numpy==2.*], as: np2}]}]}

What is compared with what: each version with that of `baseline: {code: …}`, or else with the first one.

Each version is exported once, into concexp's cache, and measured from there. Your repository is only read: no checkout, no
worktree, no index of yours. So you may go on editing while it runs. `my.py:parse`, `check`, `over` and `files:` mean the files of
each version, at the place that the YAML's folder has in it. Your project's own modules are imported from the version, before
what is installed and after the standard library, also if the project itself is installed, editable or not. The run keeps the
files that were imported of each version, with their hashes; a trial that imports one from the working tree is invalid.

A function that only some versions have is measured in those; the cells of the others say why they cannot run. A file of `files:`
that no version has, since git ignores it, is the same for all. Values that a function returns are compared between versions as
well: the page says where they differ, and the trials stay valid, since a change may be meant to change them.

Not exported: submodules, the contents of files under Git LFS, and what was built in place, such as extension modules. A commit is
known by its SHA: if the branch has moved on, the same command begins a new run, and says so.

A few percent need many trials: `measure: {repetitions: 1000, budget: 5m}` measures for five minutes."""


def name_of(raw: Any) -> str:
    """The name of a version; a folder's ends in a slash, as no revision does. ValueError for what names none."""
    if isinstance(raw, str) and raw.strip() and "\0" not in raw:
        return raw
    if isinstance(raw, dict) and set(raw) == {PATH} and isinstance(raw[PATH], str) and raw[PATH]:
        return f"{raw[PATH].rstrip('/')}/"
    raise ValueError(f"expected a git revision, worktree, or {{path: ../old, as: old}}, not {units.for_message(raw)}")
