"""What cannot be judged on this machine: claims that need CPUs or an interpreter that were not there."""

from __future__ import annotations

from collections import Counter

from concexp.report.sections.claims import claim_rows
from concexp.report.text.language import clauses, say
from concexp.report.text.numbers import plural
from concexp.report.view import View

SKIPPED = "skipped"


def sentences(view: View) -> list[str]:
    """`**Cannot be judged here:** 6 of 7 claims (it takes 4 CPUs, and there are 2).`, where that is so of half of them or more."""
    rows = claim_rows(view)
    reasons = Counter(row.why for row in rows if row.word == SKIPPED)
    if not reasons or 2 * reasons.total() < len(rows):
        return []
    parts = [
        say("{which} ({reason})", which=_which(count, len(rows)), reason=why) for why, count in reasons.most_common()
    ]
    return [say("**Cannot be judged here:** {claims}.", claims=clauses(parts))]


def _which(count: int, every: int) -> str:
    claims = plural(every, "claim")
    if count < every:
        return say("{count} of {all}", count=count, all=claims)
    return {1: say("the claim"), 2: say("both claims")}.get(every) or say("all {claims}", claims=claims)
