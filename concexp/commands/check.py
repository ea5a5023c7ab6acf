"""What `--check` makes of verdicts: whether they pass, and why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from concexp.errors import InputError, Problem
from concexp.experiment import Spec, units
from concexp.report.checked import ENDED_BADLY, INCONCLUSIVE, NOT_JUDGED, REFUTED, REGRESSION, Checked

TOLERANCE = "5%"


class Check(StrEnum):
    """What is asked of verdicts: nothing, that none is bad, or that each is good."""

    off = ""
    not_refuted = "--check"
    supported = "--strict"


# The words of verdicts that fail a check.
FAILING = {
    Check.off: (),
    Check.not_refuted: (REFUTED, REGRESSION),
    Check.supported: (REFUTED, REGRESSION, INCONCLUSIVE, NOT_JUDGED),
}


@dataclass(frozen=True)
class Suite:
    """The verdicts of one run or comparison, what is said of them beside that, and how long it took, seconds; None: not known."""

    name: str
    checked: Sequence[Checked]
    properties: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None


def failing(check: Check) -> tuple[str, ...]:
    """The words of verdicts that are shown as failures: those that fail the check, or the lenient one without any."""
    return (*FAILING[check or Check.not_refuted], ENDED_BADLY)


def require_claims(spec: Spec, check: Check) -> None:
    """InputError if every claim has to be supported, and there is none."""
    if check is Check.supported and not spec.claims:
        hint = "add `claims:` (concexp show claims), or leave out --strict"
        raise InputError(
            [Problem(spec.path or spec.name, 0, 0, "", "it has no claims, so --strict has nothing to check", hint)]
        )


def share_of(tolerance: float | str) -> float:
    """The difference that does not matter, as a share: of `5%` 0.05. InputError for anything else."""
    try:
        if isinstance(tolerance, str):
            return units.percentage(tolerance)
        if 0 < tolerance < 1:
            return float(tolerance)
        raise ValueError(f"expected a share between 0 and 1, not {tolerance}")
    except ValueError as error:
        problem = Problem("--tolerance", 0, 0, "", str(error), f"write --tolerance {TOLERANCE}")
        raise InputError([problem]) from None


def failed(verdicts: Sequence[Checked], check: Check) -> list[Checked]:
    """The verdicts that fail a check."""
    return [one for one in verdicts if one.word in FAILING[check]]


def claim_lines(verdicts: Sequence[Checked], check: Check) -> list[str]:
    """Whether the claims passed, and each that did not; nothing without a check."""
    if check is Check.off:
        return []
    if not verdicts:
        return ["check passed: the experiment has no claims"]
    total = f"of {len(verdicts)} claim{'' if len(verdicts) == 1 else 's'} {_counts(verdicts)}"
    bad = failed(verdicts, check)
    if not bad:
        return [f"check passed: {total}{_unchecked(verdicts)}"]
    return [f"check failed: {total}", *(f"  {one.word}: {one.name}" for one in bad)]


def difference_lines(verdicts: Sequence[Checked], tolerance: float, check: Check) -> list[str]:
    """Whether anything is worse by more than a tolerance, a share, and the verdict on each cell; nothing without a check."""
    if check is Check.off:
        return []
    bad = failed(verdicts, check)
    found = f"tolerance {100 * tolerance:g} %: {_counts(verdicts) or 'nothing to judge'}"
    head = f"check failed: {found}" if bad else f"check passed: {found}{_unchecked(verdicts)}"
    return [head, *(f"  {one.word}: {one.name}: {one.text}" for one in verdicts)]


def _counts(verdicts: Sequence[Checked]) -> str:
    """`2 supported, 1 not judged`."""
    counts = Counter(one.word for one in verdicts)
    return ", ".join(f"{count} {word}" for word, count in counts.most_common())


def _unchecked(verdicts: Sequence[Checked]) -> str:
    """A remark that `--strict` would have failed; "" if it would have passed as well."""
    return "; --strict would fail" if failed(verdicts, Check.supported) else ""
