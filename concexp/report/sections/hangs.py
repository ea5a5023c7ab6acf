"""Trials that timed out: the kind of hang, and what the diagnostic trial of the cell showed."""

from __future__ import annotations

import re
from typing import Any

from concexp.experiment.statuses import DIAGNOSTIC
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated
from concexp.report.view import View

LOOKS = {
    "deadlock": "It looks like a deadlock",
    "livelock": "It looks like a livelock",
    "starvation": "It looks like starvation",
    "slow": "It was slow",
}
# `file:line in function`, as `lock_cycles` writes it.
PLACE = re.compile(r"(\S+:\d+ in [\w<>.]+)")


def kind(hang: dict[str, Any]) -> str:
    """The kind of a hang, its evidence, and where the work stood."""
    where = f"; at work stood {enumerated([code(site) for site in hang['sites']])}" if hang.get("sites") else ""
    return f"{LOOKS.get(hang['kind'], escaped(hang['kind']))}: {escaped(hang.get('why') or 'unknown')}{where}"


def diagnosis(view: View, cell: str) -> list[str]:
    """What a separate trial with watched locks showed about a cell that hangs; empty if there was none."""
    record = next((r for r in view.run.of_role(DIAGNOSTIC) if r["cell"] == cell), None)
    if record is None:
        return []
    trial = "A trial of its own with watched locks, which counts nowhere,"
    if record["status"] != "timeout":
        return [f"{trial} did not hang ({escaped(record['status'])}): who waited for whom is not known."]
    hang = record.get("hang") or {}
    if hang.get("circle"):
        who = "waits for what it holds itself" if len(hang["circle"]) == 1 else "wait for each other in a circle"
        return [f"{trial} hung as well, and shows who {who}:", *map(_shown, hang["circle"])]
    if hang.get("forked"):
        head = (
            f"{trial} hung as well: a process was forked while another thread held a lock, which stays locked in the new "
            "process for ever. Start the process before the threads, or by spawn or forkserver."
        )
        return [head, *map(_shown, hang["forked"])]
    head = f"{trial} hung as well, but nobody waits for locks in a circle that it could see."
    return [head, *map(_shown, hang.get("waits") or ())]


def _shown(sentence: str) -> str:
    """A sentence with its places in the code marked as such."""
    return " ".join(code(part) if PLACE.fullmatch(part) else escaped(part) for part in PLACE.split(sentence)).replace(
        "` ,", "`,"
    )
