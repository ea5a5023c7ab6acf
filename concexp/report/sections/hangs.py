"""Trials that timed out: the kind of hang, and what the diagnostic trial of the cell showed."""

from __future__ import annotations

import re
from typing import Any

from concexp.experiment.statuses import DIAGNOSTIC
from concexp.report.text.language import message, say, translated
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated
from concexp.report.view import View

LOOKS = {
    "deadlock": message("It looks like a deadlock"),
    "livelock": message("It looks like a livelock"),
    "starvation": message("It looks like starvation"),
    "slow": message("It was slow"),
}
# `file:line in function`, as `lock_cycles` writes it.
PLACE = re.compile(r"(\S+:\d+ in [\w<>.]+)")
# A wait for a lock that nobody is known to hold, as `lock_cycles` writes it.
WAIT = re.compile(
    r"(?P<waiter>.+?) waits at (?P<place>\S+:\d+ in [\w<>.]+) for (?P<what>\w+ #\d+) made at "
    r"(?P<made>\S+:\d+ in [\w<>.]+), whose holder is not known"
)
# A wait for one that a worker holds, as a part of a circle.
HELD = re.compile(
    r"(?P<waiter>.+?) holds (?P<own>\w+ #\d+) made at (?P<begun>\S+:\d+ in [\w<>.]+), taken at (?P<taken>\S+:\d+ in [\w<>.]+), "
    r"and waits at (?P<place>\S+:\d+ in [\w<>.]+) for (?P<what>\w+ #\d+) made at (?P<made>\S+:\d+ in [\w<>.]+), "
    r"which (?P<holder>.+?) holds"
)
CIRCLE = message("{waiter} holds {own}, taken at {taken}, and waits at {place} for {thing}, which {holder} holds")
UNHELD = message("{waiter} waits at {place} for {thing}, whose holder is not known")


def kind(hang: dict[str, Any]) -> str:
    """The kind of a hang, its evidence, and where the work stood."""
    known = LOOKS.get(hang["kind"])
    why = escaped(hang["why"]) if hang.get("why") else say("unknown")
    if hang.get("sites"):
        places = enumerated([code(site) for site in hang["sites"]])
        why = say("{reason}; work stopped at {places}", reason=why, places=places)
    return say("{word}: {text}", word=say(known) if known else escaped(hang["kind"]), text=why)


def diagnosis(view: View, cell: str) -> list[str]:
    """What a separate trial with watched locks showed about a cell that hangs; empty if there was none."""
    record = next((r for r in view.run.of_role(DIAGNOSTIC) if r["cell"] == cell), None)
    if record is None:
        return []
    if record["status"] != "timeout":
        return [
            say(
                "An extra trial with watched locks, which counts nowhere, did not hang ({status}): the cause of the "
                "hang is unknown.",
                status=escaped(translated(record["status"])),
            )
        ]
    hang = record.get("hang") or {}
    if hang.get("circle"):
        what = message(
            "An extra trial with watched locks, which counts nowhere, hung as well, and shows workers that wait for "
            "each other in a "
            "circle:"
        )
        if len(hang["circle"]) == 1:
            what = message(
                "An extra trial with watched locks, which counts nowhere, hung as well, and shows a wait for a lock "
                "already held:"
            )
        return [say(what), *map(_shown, hang["circle"])]
    if hang.get("forked"):
        head = say(
            "An extra trial with watched locks, which counts nowhere, hung as well: a process was forked while "
            "another thread held a "
            "lock, which stays locked in the new process for ever. Start the process before the threads, or by spawn "
            "or forkserver."
        )
        return [head, *map(_shown, hang["forked"])]
    head = say("An extra trial with watched locks, which counts nowhere, hung as well, but shows no circle of waits.")
    return [head, *map(_shown, hang.get("waits") or ())]


def _shown(sentence: str) -> str:
    """A sentence with its places in the code marked as such; a wait for a lock in the language of the page."""
    if found := HELD.fullmatch(sentence):
        own, thing = (_made(found[name], found[place]) for name, place in (("own", "begun"), ("what", "made")))
        people = {name: escaped(found[name]) for name in ("waiter", "holder")}
        return say(CIRCLE, own=own, thing=thing, taken=code(found["taken"]), place=code(found["place"]), **people)
    if found := WAIT.fullmatch(sentence):
        thing = _made(found["what"], found["made"])
        return say(UNHELD, waiter=escaped(found["waiter"]), place=code(found["place"]), thing=thing)
    return " ".join(code(part) if PLACE.fullmatch(part) else escaped(part) for part in PLACE.split(sentence)).replace(
        "` ,", "`,"
    )


def _made(what: str, place: str) -> str:
    return say("{name} made at {place}", name=escaped(what), place=code(place))
