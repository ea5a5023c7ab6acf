"""A run, or a comparison of runs, in a few blocks of Markdown without pictures: for the summary of a CI job, or a comment.

The most important stands first, since such places have limits: `fitted` keeps the blocks that fit and says that others do not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from concexp.analysis.comparing.comparison import Comparison
from concexp.analysis.results import Run
from concexp.report.answer import answer
from concexp.report.answer import versions as about_versions
from concexp.report.checked import FAILURES, OPEN, Checked
from concexp.report.comparison import page as comparison_page
from concexp.report.comparison import sentences, tables
from concexp.report.contest import judged
from concexp.report.parts import Parts
from concexp.report.sections.claims import claim_rows
from concexp.report.sections.machine import machine_and_cpus
from concexp.report.text.language import listed, message, say
from concexp.report.text.markdown import code, escaped, fenced, unlinked
from concexp.report.view import View
from concexp.report.views import view_of
from concexp.run.storage.foreign_text import printable

MOST_NAMED = 20  # verdicts that did not pass, one by one
MOST_CLAIMS = 40  # rows of the table
Words = Sequence[str]
LONGEST = 600  # characters of what one verdict rests on
# A code span, which is shown as it is, or a sign that a host takes as the name of a user.
MENTION = re.compile(r"(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)|@(?=\w)", re.DOTALL)
WORDS = {
    "regression": message("regression"),
    "passed": message("passed"),
    "ended badly": message("ended badly"),
    "not judged": message("not judged"),
    "supported": message("supported"),
    "refuted": message("refuted"),
    "inconclusive": message("inconclusive"),
}


def of_run(run: Run, checked: Sequence[Checked], failing: Words = FAILURES) -> list[str]:
    """The blocks of a run: its question, what was checked, the answer, the tables of versions and of claims, and where it ran.

    `failing` are the words of verdicts that fail the check.
    """
    view = view_of(run)
    answers: list[str] = []
    with Parts(str(run.folder)).guard(message("the answer"), answers):
        answers += answer(view) or [say("No cell has results yet.")]
    return [
        f"### {escaped(run.spec['question'])}",
        *_outcome(checked, failing),
        "\n".join(f"- {unlinked(sentence)}" for sentence in answers),
        *_not_passed(checked),
        *_versions(view),
        *_claims(view),
        _circumstances(run),
    ]


def of_comparison(comparison: Comparison, checked: Sequence[Checked], failing: Words = FAILURES) -> list[str]:
    """The blocks of a comparison: its question, what was checked, the answer, and the tables of cells and claims."""
    found = tables.history(comparison) if comparison.sides.is_history else tables.cells(comparison)
    claims = tables.claims(comparison)
    shown = [*found, *([] if claims is None else [claims])]
    return [
        f"### {escaped(comparison_page.title(comparison))}",
        *_outcome(checked, failing),
        "\n".join(f"- {unlinked(sentence)}" for sentence in sentences.answer(comparison)),
        *_not_passed(checked),
        *(_table(one.heads, one.rows) for one in shown),
    ]


def of_refusal(path: str, reason: str) -> list[str]:
    """The blocks of an experiment that could not run."""
    return [f"### {escaped(path)}", say("**failed**: it could not run"), fenced(reason)]


def comment(
    name: str, parts: Sequence[tuple[str, Sequence[Checked], Sequence[str]]], most: int, failing: Words = FAILURES
) -> str:
    """The text of a comment on a change, of so many bytes at most; its first line, which nobody sees, is the same for a name.

    `parts` are the experiments: name, verdicts, blocks. Those that failed stand first.
    """
    parts = sorted(parts, key=lambda part: not _has_failed(part[1], failing))
    failed = any(_has_failed(checked, failing) for _, checked, _ in parts)
    heads = [marker(name), f"## {escaped(name)}: {say('failed') if failed else say('passed')}"]
    if len(parts) > 1:
        rows = [[escaped(title), summed_up(checked, failing)] for title, checked, _ in parts]
        heads.append(_table([say("experiment"), say("verdicts")], rows))
    text = fitted(
        [*heads[1:], *(block for _, _, blocks in parts for block in blocks)], most - len(heads[0].encode()) - 1
    )
    return f"{heads[0]}\n{text}"


def marker(name: str) -> str:
    """The line by which a comment is found again, so that it can be replaced; what would end it is left out of the name."""
    return f"<!-- concexp: {re.sub('[^A-Za-z0-9 _.:/-]|--+', '', name)} -->"


def _has_failed(checked: Sequence[Checked], failing: Words) -> bool:
    return any(one.word in failing for one in checked)


def fitted(blocks: Sequence[str], most: int) -> str:
    """The first blocks that fit into so many bytes, and a sentence if others do not; nothing of a text is a user's name there."""
    texts = [MENTION.sub(_without_mention, printable(block)) for block in blocks if block]
    note = say("More was left out here: the page of the run has all of it.")
    whole = "\n\n".join(texts) + "\n"
    if len(whole.encode()) <= most:
        return whole
    kept, room = [], most - len(note.encode()) - 1
    for text in texts:
        room -= len(text.encode()) + 2
        if room < 0:
            break
        kept.append(text)
    return "\n\n".join([*kept, note]) + "\n"


def summed_up(checked: Sequence[Checked], failing: Words = FAILURES) -> str:
    """`failed: 1 refuted, 2 supported`, the decisive verdict first; "" if nothing was checked."""
    counts = Counter(one.word for one in checked)
    if not counts:
        return ""
    every = listed(
        [say("{count} {how}", count=counts[word], how=say(WORDS[word])) for word in _order() if counts[word]]
    )
    if _has_failed(checked, failing):
        return say("**failed**: {counts}", counts=every)
    if any(one.word in OPEN for one in checked):
        return say("**passed, with open verdicts**: {counts}", counts=every)
    return say("**passed**: {counts}", counts=every)


def _order() -> list[str]:
    """The words of verdicts, those that a reader has to know first."""
    return [*FAILURES, *OPEN, *(word for word in WORDS if word not in (*FAILURES, *OPEN))]


def _outcome(checked: Sequence[Checked], failing: Words) -> list[str]:
    text = summed_up(checked, failing)
    return [text] if text else []


def _not_passed(checked: Sequence[Checked]) -> list[str]:
    """A line for each verdict that is not passed, with what it rests on."""
    found = [one for words in (FAILURES, OPEN) for one in checked if one.word in words]
    lines = [
        f"- **{say(WORDS[one.word])}**: {escaped(one.name)}: {escaped(one.text, LONGEST)}" for one in found[:MOST_NAMED]
    ]
    if len(found) > MOST_NAMED:
        lines.append(f"- {say('{count} more', count=len(found) - MOST_NAMED)}")
    return ["\n".join(lines)] if lines else []


def _versions(view: View) -> list[str]:
    table = about_versions.table(judged(view))
    return [_table(table.heads, table.rows)] if table is not None else []


def _claims(view: View) -> list[str]:
    """The table of claims; what their cells are called is for the page."""
    rows = [list(row.columns) for row in claim_rows(view)]
    if not rows:
        return []
    more = len(rows) - MOST_CLAIMS
    if more > 0:
        rows = [*rows[:MOST_CLAIMS], [say("{count} more", count=more), "", ""]]
    return [_table([say("claimed"), say("measured"), say("verdict")], rows)]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(unlinked, line))} |" for line in lines)


def _circumstances(run: Run) -> str:
    """Which run it was, on what, by which version of concexp."""
    version = f"concexp {escaped(run.manifest['concexp'])}"
    parts = [code(run.header["run"]), machine_and_cpus(run.manifest["machine"]), version]
    return " · ".join(part for part in parts if part)


def _without_mention(match: re.Match[str]) -> str:
    """A comment between the sign and the word, which nobody sees; code spans stay as they are."""
    return match[0] if match["ticks"] else "@<!-- -->"
