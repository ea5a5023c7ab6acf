"""What `concexp run --check` makes of the verdicts on an experiment's claims: whether they pass, and why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from concexp.errors import InputError, Problem
from concexp.experiment import Spec

if TYPE_CHECKING:
    from concexp.analysis.claims.verdicts import Verdict


class Check(StrEnum):
    """What is asked of the claims: nothing, that none is refuted, or that each is supported."""

    off = ""
    not_refuted = "--check"
    supported = "--strict"


# The outcomes that fail a check, and those that the other one would fail; with the words that a reader needs.
FAILING = {
    Check.off: (),
    Check.not_refuted: ("refuted",),
    Check.supported: ("refuted", "inconclusive", "skipped"),
}
IN_WORDS = {"skipped": "not judged"}


def require_claims(spec: Spec, check: Check) -> None:
    """InputError if every claim has to be supported, and there is none."""
    if check is Check.supported and not spec.claims:
        hint = "add `claims:` (concexp show claims), or leave out --strict"
        raise InputError(
            [Problem(spec.path or spec.name, 0, 0, "", "it has no claims, so --strict has nothing to check", hint)]
        )


def failed(verdicts: Sequence[Verdict], check: Check) -> list[Verdict]:
    """The verdicts that fail a check."""
    return [verdict for verdict in verdicts if verdict.outcome in FAILING[check]]


def check_lines(verdicts: Sequence[Verdict], check: Check) -> list[str]:
    """Whether the claims passed, and each that did not; nothing without a check."""
    if check is Check.off:
        return []
    if not verdicts:
        return ["check passed: the experiment has no claims"]
    bad = failed(verdicts, check)
    if not bad:
        return [f"check passed: {_counts(verdicts)}{_unchecked(verdicts)}"]
    return [f"check failed: {_counts(verdicts)}", *(f"  {_word(one)}: {one.claim.says}" for one in bad)]


def _counts(verdicts: Sequence[Verdict]) -> str:
    """`of 3 claims 2 supported, 1 not judged`."""
    counts = Counter(map(_word, verdicts))
    total = f"{len(verdicts)} claim{'' if len(verdicts) == 1 else 's'}"
    return f"of {total} {', '.join(f'{count} {word}' for word, count in counts.most_common())}"


def _unchecked(verdicts: Sequence[Verdict]) -> str:
    """A remark that `--strict` would have failed; "" if it would have passed as well."""
    return "; --strict would fail" if failed(verdicts, Check.supported) else ""


def _word(verdict: Verdict) -> str:
    return IN_WORDS.get(verdict.outcome, verdict.outcome)
