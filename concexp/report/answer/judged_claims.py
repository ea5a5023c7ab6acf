"""What the claims came to, in two sentences: a question that has no winner for an answer is answered by its claims."""

from __future__ import annotations

from concexp.report.phrases import first_few
from concexp.report.sections.claims import ClaimRow, claim_rows
from concexp.report.text.language import clauses, message, say
from concexp.report.text.language import sentences as texts_of
from concexp.report.view import View

MAX_CLAIMS = 3  # of one verdict
HEADS = {"refuted": message("**Refuted:** {claims}."), "supported": message("**Supported:** {claims}.")}


def sentences(view: View) -> list[str]:
    """`**Refuted:** two are twice as fast (but speedup 1.54x = 2.00x does not hold). **Supported:** …`; empty without any.

    In the words of the experiment; of a refuted claim with what was measured.
    """
    rows = claim_rows(view)
    texts = []
    for word, head in HEADS.items():
        found = [_text(row) for row in rows if row.word == word]
        if found:
            texts.append(say(head, claims=clauses(first_few(found, MAX_CLAIMS, lead="and "))))
    return [texts_of(texts)] if texts else []


def _text(row: ClaimRow) -> str:
    if row.word == "supported" or not row.closest:
        return row.says
    return say("{claim} (but {measured} does not hold)", claim=row.says, measured=row.closest)
