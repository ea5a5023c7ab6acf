"""What makes the numbers less certain, and which of them come from separate trials."""

from __future__ import annotations

from collections import Counter

from concexp.analysis import doubt_codes, samples
from concexp.analysis.possible import COLUMN
from concexp.analysis.stats.intervals import FEWEST
from concexp.report.sections import changes, doubtful, hosts, isolation, leaks, precision, speed
from concexp.report.sections.machine import _different_builds
from concexp.report.text.language import counted, say, translated
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, plural, rounded, sentence_case
from concexp.report.view import View
from concexp.run.machine import spinners


def observed(view: View) -> str:
    """Which numbers of the tables come from separate trials, and from how many; "" if none do."""
    names = [name for name, metric in view.metrics.items() if samples.observed(metric)]
    trials = [trial for point in view.points for trial in point.sample.observed]
    if not names or not trials:
        return ""
    doubtful = sum(bool(trial.doubts) for trial in trials)
    own = say("{trials} of their own", trials=plural(len(trials), "trial"))
    if doubtful:
        own = say("{trials} of their own ({count} doubtful)", trials=plural(len(trials), "trial"), count=doubtful)
    return counted(
        len(names),
        "{metrics} comes from {trials}, since observing changes the times; these trials (`observed` in "
        "results.parquet) enter no other "
        "number.",
        "{metrics} come from {trials}, since observing changes the times; these trials (`observed` in "
        "results.parquet) enter no other "
        "number.",
        metrics=sentence_case(enumerated([escaped(view.called(name)) for name in names])),
        trials=own,
    )


def threats(view: View) -> list[str]:
    """What makes the numbers less certain: doubts by frequency, few trials, different builds, leaks, the machine, lack of
    precision.
    """
    sentences = []
    trials = [trial for point in view.points for trial in point.sample.has_numbers]
    codes = Counter(doubt for trial in trials for doubt in trial.doubts)
    for doubt in sorted(codes):
        meaning = doubt_codes.MEANING.get(doubt, doubt_codes.UNKNOWN)
        sentences.append(
            say(
                "{doubt} in {count} of {trials}: {meaning}.",
                doubt=f"`{doubt}`",
                count=codes[doubt],
                trials=plural(len(trials), "trial"),
                meaning=translated(meaning),
            )
        )
    if codes:
        sentences.append(_use_of_doubtful(view))
    sentences += _withheld(view)
    fewest = min((len(point.sample.has_numbers) for point in view.points if point.has_numbers), default=FEWEST)
    if fewest < FEWEST:
        sentences.append(
            say(
                "Some cells have only {trials}: an interval needs {needed}, so there is no verdict on them.",
                trials=plural(fewest, "trial"),
                needed=FEWEST,
            )
        )
    if _different_builds(view.run.manifest["interpreters"]):
        sentences.append(
            say("The interpreters are different builds: differences between them need not be due to their versions.")
        )
    return [
        *sentences,
        *isolation.threats(view),
        *changes.sentences(view),
        *leaks.sentences(view),
        *_forks(view),
        *speed.threats(view),
        *hosts.threats(view),
        *_machine_threats(view),
        *doubtful.threats(view),
        *precision.threats(view),
    ]


def _withheld(view: View) -> list[str]:
    """The metrics that have no number in some trials, since what was recorded cannot be."""
    frame = view.run.measured
    if COLUMN not in frame:
        return []
    withheld = frame["trial"].to_frame().assign(name=frame[COLUMN].fillna("").str.split(",")).explode("name")
    trials = withheld[withheld["name"] != ""].groupby("name", sort=False)["trial"].nunique()
    every = frame["trial"][frame["wall_s"].notna()].nunique()
    return [
        say(
            "{metric} is withheld in {count} of {trials}: what was recorded is impossible, such as more CPU time than "
            "the CPUs have, a share above 100 %, or a number that is too large to compute with.",
            metric=code(name),
            count=count,
            trials=plural(every, "trial"),
        )
        for name, count in trials.items()
    ]


def _use_of_doubtful(view: View) -> str:
    left_out = sum(len(point.doubtful) for point in view.points if point.enough_clean_trials)
    kept = sum(len(point.doubtful) for point in view.points if not point.enough_clean_trials)
    answered = sum(len(point.sample.doubtful()) - len(point.doubtful) for point in view.points)
    parts = []
    if left_out:
        parts.append(
            counted(
                left_out,
                "{count} doubtful trial is left out of every timing",
                "{count} doubtful trials are left out of every timing",
            )
        )
    if kept:
        parts.append(
            counted(
                kept,
                "{count} doubtful trial is in cells marked ‡, where too few others are left",
                "{count} doubtful trials are in cells marked ‡, where too few others are left",
            )
        )
    if answered:
        parts.append(
            counted(
                answered,
                "{count} trial on a slow CPU is left out of timings that are not adjusted for it, where enough "
                "others are left",
                "{count} trials on a slow CPU are left out of timings that are not adjusted for it, where enough "
                "others are left",
            )
        )
    return say("{facts}; counts keep all of them.", facts=enumerated(parts))


def _forks(view: View) -> list[str]:
    """Forks beside running threads: no reason to doubt the times, but a danger to the trial itself."""
    trials = view.run.firsts
    beside = trials["threads_at_fork"].fillna(0)
    count = int((beside > 1).sum())
    if not count:
        return []
    most = plural(int(beside.max()) - 1, "other thread")
    return [
        say(
            "In {trials} processes were forked beside up to {threads}: a lock that such a thread held stays locked "
            "in the new process for "
            "ever.",
            trials=plural(count, "trial"),
            threads=most,
        )
    ]


def _machine_threats(view: View) -> list[str]:
    sentences = []
    effective = view.run.effective_cpus
    if effective is not None and effective < spinners.ENOUGH * view.cpus:
        sentences.append(
            say(
                "The machine gave {count} of {all} usable CPUs (median of the spinner measurements).",
                count=rounded(effective),
                all=view.cpus,
            )
        )
    if view.run.manifest["machine"].get("governor") not in (None, "performance"):
        governor = code(view.run.manifest["machine"]["governor"])
        sentences.append(
            say(
                "The CPU's clock is not fixed (governor {governor}): it may run faster for one worker than for many.",
                governor=governor,
            )
        )
    return sentences
