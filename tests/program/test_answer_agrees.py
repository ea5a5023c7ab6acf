"""Every number of the answer is in cells.csv, a ratio of two of its cells, a part of lost time, or a count: read strictly."""

import csv
import itertools
import math
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from concexp.analysis import results
from concexp.analysis.samples import compared
from concexp.analysis.stats.intervals import Interval, of_the_best
from concexp.analysis.stats.time_breakdown import RESIDUAL
from concexp.report import contest
from concexp.report.answer import about, answer, what_to_do
from concexp.report.sections import time_breakdown, timelines
from concexp.report.text.markdown import escaped
from concexp.report.versions import versions_of
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import agrees, answer_and_details

REPORTS = Path(__file__).parents[2] / "reports"
FACTORS = {"": 1, "x": 1, "k": 1e3, "M": 1e6, "G": 1e9, "s": 1, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}
NUMBER = r"[\d,]*\.?\d+"
UNIT = r"(x| (?:ms|µs|ns|s)\b)?( (?:[kMG] )?[a-z][a-z -]*/s)?"
INTERVAL = re.compile(rf"({NUMBER}){UNIT}(?: \(|, )({NUMBER})–({NUMBER})")
CPUS = rf"(?:both CPUs|the CPU|all \d+ CPUs|the ({NUMBER}) CPUs that the machine gave)"
SHARE = re.compile(rf"({NUMBER}) % of {CPUS}|{CPUS} \(100 %\)")
LOST = re.compile(rf"(\w+) ({NUMBER}) %(?: to ({NUMBER}) %)? of the (\w+)[^,;]*, in (\d+) of (\d+) trials")
# Of outcomes that user code names: the name is part of what is checked, and of the advice that of every cell it speaks of.
CAME = re.compile(rf"(?:^|: |; )([^;:]*?) came to `([^`]+)` in ({NUMBER}) %(?=[.;])")
NEVER_CAME = re.compile(r"The (?:(\d+) other cells|other cell) never came to one")
NO_FORBIDDEN = re.compile(r"No outcome was forbidden, in ([\d,]+) outcomes?")
AVOID = re.compile(
    rf"do not use ([^;]*?) where ([^;]*?) must never come: (?:they|it) came in ({NUMBER}) %(?: to ({NUMBER}) %)?"
    r"(?:, never in ([\d,]+) outcomes? with ([^;]*?))?(?=[.;]$|[.;] )"
)
NOTHING = re.compile(r"in (?:at least )?([\d,]+) (operation|read)s: no more than 1 in ([\d,]+) \(95 %\)")
FLOOR = re.compile(rf"within the noise floor of ({NUMBER}) %")
VERSIONS_FLOOR = re.compile(rf"Noise floor: ({NUMBER}) %, by which")
BEYOND = re.compile(rf"no difference[^(;.]* beyond ({NUMBER}) %")  # of versions: the largest that is left, rounded up
EFFICIENCY = re.compile(rf"efficiency ({NUMBER}) %")
SIGNED = rf"−?{NUMBER}"
# Differences in percent: with an interval, by how much the best leads some, and between which ends.
AHEAD = re.compile(rf"({NUMBER}) % (?:faster|better)(?: in \S+)?(?: than[^(;]*| )\(({NUMBER})–({NUMBER}) %\)")
TIED = re.compile(rf"\(({SIGNED}) %(?:, ({SIGNED})(?:–| to )({SIGNED}))?")
LEADS = re.compile(rf"({NUMBER}) %(?: to ({NUMBER}) %)? (?:faster|better)(?: in \S+)? than")
TIMES_RANGE = re.compile(rf"({NUMBER}) to ({NUMBER}) times as (?:fast|good)(?: in \S+)? as")
TIMES = re.compile(rf"({NUMBER}) times as (?:fast|good)(?: in \S+)? as[^(;]*\(({NUMBER})–({NUMBER})\)")
REASON = "|".join(
    map(re.escape, [*time_breakdown.REASONS.values(), *time_breakdown.HIDDEN.values(),
                    time_breakdown.BLOCKED, time_breakdown.ONE_THREAD])
)  # fmt: skip
PART = re.compile(rf"({NUMBER}) %, (?:{REASON})")  # of the workers' time
BESIDE = re.compile(r"\bbeside (\d+)\b")
WORKERS = re.compile(r"with ((?:\d+(?:,\d{3})*(?:, | and )?)+) workers?\b")
UNJUDGED = re.compile(r"\*\*Cannot be judged here:\*\* .*?\)\.")
UNJUDGED_PART = re.compile(r"(?:(\d+) of (\d+) claims|both claims|the claim|all (\d+) claims) \(")
ACTIVITY = re.compile(rf"({NUMBER}) % (?:at work|waiting|idle|on a CPU)")
UNITLESS = re.compile(rf"({NUMBER})(?: to ({NUMBER}))? (?:at|alone|beside) ")  # under a condition
RETURNED = re.compile(rf"returned [\w.\\]+ ({NUMBER}(?:(?:, | and ){NUMBER})+)")  # of several cells
ALONE = re.compile(rf"({NUMBER}){UNIT}(?=[ ,;.])")
MOST_LOSERS = 10  # cells of which all sums are made
FIXED_TEXT = (
    r"p99|within (?:5|10) %|10 % or more|an interval needs 3|at least 3 repetitions"
    r"|within what chance produces(?: in \d+ comparisons)?"
)


def stands_for(shown, value):
    """The same as `agrees`, or true if it is the value to three digits with zeros behind them: 12,900 of 12,893."""
    return agrees(shown, value) or (value >= 1000 and shown == f"{float(f'{value:.3g}'):,.0f}")


class Reader:
    """What the numbers of a run's answer may be."""

    def __init__(self, run):
        self.view = View(run)
        with (run.folder / "cells.csv").open(encoding="utf-8") as file:
            self.rows = list(csv.DictReader(file))
        names = list(self.view.metrics)
        self.figures = [figure for row in self.rows for figure in self._of(row, names)]
        # The interval of a cell that is called best allows for the choice among several.
        most = max((len(comparison.points) for comparison in self.view.comparisons), default=0)
        told = [
            Interval(*figure, int(float(row[f"{name}_n"] or row["trials"])))
            for row in self.rows
            for name in names
            for figure in self._of(row, [name])
        ]
        self.figures += [
            (best.mean, best.lo, best.hi) for n in range(2, most + 1) for best in (of_the_best(v, n) for v in told)
        ]
        for comparison in {id(one): one for one in (*contest.compared(self.view), *self.view.comparisons)}.values():
            pairs = itertools.permutations([point for point in comparison.points if point.has_numbers], 2)
            for view, (above, below) in itertools.product({self.view, contest.judged(self.view)}, list(pairs)):
                ratio, noise = compared(above.sample, below.sample, view.primary), view.floor(comparison.points)
                if ratio.has_value:
                    floor = noise.under(ratio)
                    wider = min(ratio.lo, ratio.mean / floor), max(ratio.hi, ratio.mean * floor)
                    self.figures += [(ratio.mean, ratio.lo, ratio.hi), (ratio.mean, *wider)]
        self.floors = [
            replace(floor, borrowed=borrowed).beside(Interval(*figure, 0))
            for floor in (*self.view.floors, *contest.judged(self.view).floors)
            for borrowed in (False, True)
            for figure in self.figures
            if figure[1] > 0
        ]
        self.counts = self._counts(run)
        self.workers = {f"{int(float(row['workers'])):,}" for row in self.rows if row["workers"]}

    @staticmethod
    def _of(row, names):
        """The figures of a cell."""
        return [tuple(float(row[f"{n}{end}"] or "nan") for end in ("", "_lo", "_hi")) for n in names if row[n]]

    def _counts(self, run):
        """Upper bounds for the counts in sentences, other than numbers of workers."""
        points = [point for point in self.view.points if point.sample.count]
        several = [point for point in points if (point.workers or 1) > 1]
        ended = [status for point in points for status in point.sample.statuses]
        most = max(
            (len(self.view.points), len(self.view.comparisons), len(several), *(p.sample.count for p in points)),
            default=0,
        )
        return {"most": most, "cells": len(self.view.points), "bad": len(ended)}

    def text(self, sentence):
        """A sentence without the names in it, which may hold digits."""
        for pattern in self._lists():
            sentence = pattern.sub("", sentence)
        for title in sorted(
            {escaped(self.view.title(c.labels)) for c in self.view.comparisons} - {""}, key=len, reverse=True
        ):
            sentence = sentence.replace(title, "")
        for title in sorted({t for c in self.view.comparisons for t in self._conditions(c)}, key=len, reverse=True):
            sentence = sentence.replace(title, "")
        for given in self._given():
            sentence = sentence.replace(given, "")
        return re.sub(r"`[^`]*`|\]\([^)]*\)", "", sentence)

    def _given(self):
        """What the experiment itself sets: the labels of conditions by themselves, parameters of workloads, the timeout."""
        titles = {part for c in self.view.comparisons for part in self._conditions(c)}
        titles |= {
            escaped(self.view.title({key: p.labels.get(key) for key in self.view.axes})) for p in self.view.points
        }
        labels = {title.partition(" ")[2] for title in titles if any(map(str.isdigit, title))}
        labels = {label for label in labels if not re.fullmatch(NUMBER, label)}  # as figures are
        spec = self.view.run.spec
        listed = spec.get("workload")
        entries = [e for e in listed if isinstance(e, dict)] if isinstance(listed, list) else []
        parameters = {
            f"{k} {v}" for e in entries for own in e.values() if isinstance(own, dict) for k, v in own.items()
        }
        timeout = {f"the timeout of {spec['measure'].get('timeout')}"}
        return sorted((labels | set(map(escaped, parameters)) | timeout) - {""}, key=len, reverse=True)

    def _lists(self):
        """What finds values of a condition, each of which the run has: `held 0.5, 0.75 and 1`."""
        for key in self.view.axes:
            labels = {point.labels[key] for point in self.view.points if point.labels.get(key) is not None}
            titles = [(escaped(self.view.title({key: label})), escaped(str(label))) for label in labels]
            names = {title.removesuffix(label) for title, label in titles if title.endswith(f" {label}")}
            value = "|".join(re.escape(label) for _, label in sorted(titles, key=lambda one: -len(one[1])))
            listed = rf"(?:{value})(?:(?:, (?:{value}))* and (?:{value}))?(?![.,]?\w| \()"
            yield from (re.compile(re.escape(name) + listed) for name in names if name.strip())

    def _conditions(self, comparison):
        """What the answer calls the conditions of a comparison: its labels without the workload."""
        return {
            part for part in escaped(self.view.title(comparison.labels)).split(" · ") if any(map(str.isdigit, part))
        }

    def is_figure(self, found):
        mean, sign, rate, low, high = (*found.groups(), *(None,) * 5)[:5]
        unit = (sign or "").strip() or ((rate or "").split() or [""])[0]
        factor = FACTORS.get(unit, 1)
        wanted = [mean] if low is None else [mean, low, high]
        return any(
            all(stands_for(w, v / factor) for w, v in zip(wanted, figure, strict=False)) for figure in self.figures
        )

    def is_share(self, found):
        share, effective = found[1] or "100", found[2] or found[3]
        points = [point for point in self.view.points if point.has_numbers]
        gains = [float(row[self.view.relative]) for row in self.rows if row.get(self.view.relative)]
        return any(
            (agrees(effective, cpus) if effective else cpus > 0.95 * self.view.cpus)
            and agrees(share, 100 * min(gain * demand / cpus, 1.0))
            for cpus, demand in {(point.sample.effective_cpus, point.demand) for point in points}
            for gain in gains
        )

    def is_lost(self, found):
        verb, low, high, unit, hit, of = found.groups()
        column, whole = {"lost updates": ("lost_updates", "ops"), "tore reads": ("torn_reads", "reads")}[
            f"{verb} {unit}"
        ]
        rows = [self.view.run.rows(point.cell) for point in self.view.points]
        shares = [100 * own[column].sum() / own[whole].sum() for own in rows if own[whole].sum()]
        trials = [(own.loc[own[column] > 0, "trial"].nunique(), own["trial"].nunique()) for own in rows]
        # Of one cell, of two together, or of several or all that lost something.
        sums = {
            (sum(t[0] for t in some), sum(t[1] for t in some))
            for n in (1, 2)
            for some in itertools.combinations(trials, n)
        }
        losers = [t for t in trials if t[0]]
        if len(losers) <= MOST_LOSERS:
            sums |= {
                (sum(t[0] for t in some), sum(t[1] for t in some))
                for n in range(1, len(losers))
                for some in itertools.combinations(losers, n)
            }
        sums.add((sum(t[0] for t in losers), sum(t[1] for t in losers)))
        known = all(any(agrees(share, value) for value in shares) for share in (low, high) if share)
        return (int(hit), int(of)) in sums and known

    def came(self):
        """What each cell came to, as recorded: the cell's name, how often each outcome came, how many there are, its grades."""
        entries = self.view.run.manifest.get("preflight", {}).get("entries", {})
        known = []
        for point in self.view.points:
            rows, grades = (
                self.view.run.rows(point.cell),
                entries.get(str(point.labels["workload"]), {}).get("outcomes"),
            )
            if grades and "outcomes" in rows and rows["outcomes"].sum():
                counts = {name: rows[f"outcomes.{name}"].sum() for name in grades if f"outcomes.{name}" in rows}
                known.append((escaped(self.view.title(point.labels)), counts, int(rows["outcomes"].sum()), grades))
        return known

    def forbidden(self):
        """The cells that came to forbidden outcomes, with the share of them in percent, and the others with how many they had."""
        sums = [
            (name, sum(count for outcome, count in counts.items() if grades[outcome] == "forbidden"), of)
            for name, counts, of, grades in self.came()
        ]
        return {n: 100 * bad / of for n, bad, of in sums if bad}, {n: of for n, bad, of in sums if not bad}

    def is_outcome(self, found):
        cell, outcome, share = found.groups()
        known = {name: (counts, of, grades) for name, counts, of, grades in self.came()}
        counts, of, grades = known[cell]
        return grades[outcome] == "forbidden" and agrees(share, 100 * counts[outcome] / of)

    def is_never(self, found):
        return int(found[1] or 1) == len(self.forbidden()[1])

    def is_no_forbidden(self, found):
        bad, good = self.forbidden()
        return not bad and int(found[1].replace(",", "")) == sum(good.values())

    def is_avoided(self, found):
        cells, outcomes, low, high, tries, others = found.groups()
        bad, good = self.forbidden()
        came = {
            outcome
            for _, counts, _, grades in self.came()
            for outcome, count in counts.items()
            if count and grades[outcome] == "forbidden"
        }
        ends = agrees(low, min(bad.values())) and agrees(high or low, max(bad.values()))
        right = set(re.findall(r"`([^`]+)`", outcomes)) == came and bool(others) == bool(good)
        right = right and self.are_named(cells, bad) and (not good or self.are_named(others, good))
        return ends and right and int((tries or "0").replace(",", "")) == sum(good.values())

    def are_named(self, text, cells):
        """Whether a list such as `threads` × `none` or `processes` × `none` names these cells and no other."""
        names = [
            set(re.split(r" × | · ", one.replace("`", "")))
            for one in re.split(r", | or |(?:and )?\d+ more", text)
            if one.strip()
        ]
        titles = {
            escaped(title): set(title.split(" · ")) for title in (self.view.title(p.labels) for p in self.view.points)
        }
        known = {name for name, *_ in self.came()}
        named = {one for one in known if any(name <= titles[one] for name in names)}
        return named <= set(cells) if " more" in text else named == set(cells)

    def are_figures(self, found):
        return all(any(stands_for(n, f[0]) for f in self.figures) for n in re.findall(NUMBER, found[1]))

    def is_unjudged(self, found):
        """As many claims were skipped, of as many as there are."""
        verdicts = [verdict.outcome for verdict in self.view.verdicts]
        every = {"both claims": 2, "the claim": 1}
        parts = list(UNJUDGED_PART.finditer(found[0]))
        counts = [int(one[1] or one[3] or every[one[0][:-2]]) for one in parts]
        wholes = {int(one[2] or one[3] or every[one[0][:-2]]) for one in parts if one[2]}
        return sum(counts) == verdicts.count("skipped") and wholes <= {len(verdicts)}

    def is_difference(self, found):
        """A difference in percent is a ratio less 1."""
        wanted = [figure.replace("−", "-") for figure in found.groups() if figure]
        if "to" in found[0].partition("(")[0]:  # two ends, each a ratio of its own
            return all(any(agrees(one, 100 * (figure[0] - 1)) for figure in self.figures) for one in wanted)
        return any(
            all(agrees(w, 100 * (v - 1)) for w, v in zip(wanted, figure, strict=False)) for figure in self.figures
        )

    def is_nothing(self, found):
        tries, bound = (int(figure.replace(",", "")) for figure in (found[1], found[3]))
        column = {"operation": "ops", "read": "reads"}[found[2]]
        ops = [self.view.run.rows(point.cell)[column].sum() for point in self.view.points]
        return tries in ops and bound == pytest.approx(tries / math.log(20), rel=1e-3)

    def is_times(self, found):
        return any(all(map(agrees, found.groups(), figure)) for figure in self.figures)

    def is_efficiency(self, found):
        gains = [(row.get(self.view.relative), row["workers"]) for row in self.rows]
        return any(agrees(found[1], 100 * float(gain) / int(workers)) for gain, workers in gains if gain and workers)

    def is_part(self, found):
        wanted = [figure for figure in found.groups() if figure]
        splits = [bar.split for _, own in time_breakdown.bars(self.view) for bar in own]
        parts = [split.share(name).scaled(100) for split in splits for name in (*split.parts, RESIDUAL)]
        return any(all(map(agrees, wanted, (part.mean, part.lo, part.hi))) for part in parts)

    def is_beyond(self, found):
        known = [100 * change.within for change in versions_of(self.view).changes]
        return any(within <= float(found[1]) <= 1.1 * within for within in known)

    def is_activity(self, found):
        shares = [100 * share for one in timelines.selection(self.view) for share in one.shares.values()]
        return any(agrees(found[1], share) for share in shares)

    def left(self, sentence):
        """A sentence without the numbers that agree with the data; AssertionError for one that does not."""
        named = ((CAME, self.is_outcome), (NEVER_CAME, self.is_never), (NO_FORBIDDEN, self.is_no_forbidden),
                 (AVOID, self.is_avoided), (UNJUDGED, self.is_unjudged))  # fmt: skip
        checks = (
            (ACTIVITY, self.is_activity),
            (SHARE, self.is_share),
            (LOST, self.is_lost),
            (NOTHING, self.is_nothing),
            (FLOOR, lambda found: any(agrees(found[1], 100 * (floor - 1)) for floor in self.floors)),
            (VERSIONS_FLOOR, lambda found: agrees(found[1], 100 * (versions_of(self.view).floor - 1))),
            (BEYOND, self.is_beyond),
            (EFFICIENCY, self.is_efficiency),
            (PART, self.is_part),
            (AHEAD, self.is_difference),
            (LEADS, self.is_difference),
            (TIMES, self.is_times),
            (TIMES_RANGE, lambda found: all(any(agrees(end, f[0]) for f in self.figures) for end in found.groups())),
            (TIED, self.is_difference),
            (INTERVAL, self.is_figure),
            (UNITLESS, lambda found: all(any(stands_for(n, f[0]) for f in self.figures) for n in found.groups() if n)),
            (RETURNED, self.are_figures),
            (BESIDE, lambda found: any(row.get("background.workers") == found[1] for row in self.rows)),
            (WORKERS, lambda found: set(re.findall(r"\d+(?:,\d{3})*", found[1])) <= self.workers),
        )
        text = self.text(_checked(sentence, named, sentence))
        text = _checked(re.sub(FIXED_TEXT, "", text), checks, sentence)
        for found in ALONE.finditer(text):
            if found[2] or found[3]:  # a figure without an interval; else a count
                assert self.is_figure(found), (found[0], sentence)
            else:
                assert int(found[1].replace(",", "")) <= self.counts["most"], (found[0], sentence)
        return ALONE.sub("", text)


def _checked(text, checks, sentence):
    """A text without what these patterns find in it, all of which is right; AssertionError if not."""
    for pattern, right in checks:
        for found in pattern.finditer(text):
            assert right(found), (found[0], sentence)
        text = pattern.sub("", text)
    return text


def open_loop():
    """Requests at a given rate."""
    return scenarios.recorded(open_loop=True)


MADE_UP = (scenarios.scaling, scenarios.syncs, scenarios.waiting, scenarios.bad, scenarios.withheld, scenarios.single,
           scenarios.parameters, scenarios.tied, scenarios.watched, scenarios.observed, scenarios.courses,
           scenarios.recorded, scenarios.chunks, scenarios.habits, scenarios.readers,
           open_loop)  # fmt: skip


def read(run):
    """Checks every sentence of the answer and of the comparisons; returns how many numbers they contain."""
    reader = Reader(run)
    sentences = [*answer_and_details(reader.view), what_to_do(reader.view)]
    for sentence in sentences:
        assert not re.search(r"\d", reader.left(sentence)), (reader.left(sentence), sentence)
    return len(re.findall(NUMBER, " ".join(map(reader.text, sentences))))


@pytest.mark.parametrize("make", MADE_UP, ids=lambda make: make.__name__)
def test_made_up_runs(tmp_path, make):
    """No number of a made-up run is unaccounted for."""
    run = journal_builder.write(tmp_path, **make())
    results.write(run)
    assert read(run) >= 3


@pytest.mark.parametrize(
    "path", sorted(path for path in REPORTS.iterdir() if path.is_dir()), ids=lambda path: path.name
)
def test_committed_runs(path, tmp_path):
    """What a committed run says when it is read again agrees with its cells.csv, made again from its journal as well."""
    folder = shutil.copytree(results.load(path).folder, tmp_path / "run")
    run = results.load(folder)
    results.write(run)
    assert read(run) >= 3


def test_a_wrong_number_is_found(tmp_path):
    """The reader rejects another digit, another unit, and a number out of nowhere."""
    run = journal_builder.write(tmp_path, **scenarios.scaling())
    results.write(run)
    reader = Reader(run)
    sentence = next(one for one in about(reader.view, reader.view.comparisons[0]) if "best figure" in one)
    reader.left(sentence)
    for right, wrong in ((r"(\d) M sums", r"\1 k sums"), (r"2\.(\d)(\d) M", r"2.\g<2>\1 M"), (r"4 workers", "5 workers"),
                         (r"97 % of the", "87 % of the"), (r"−\d\.\d+ to", "−5.21 to")):  # fmt: skip
        spoilt = re.sub(right, wrong, sentence, count=1)
        assert spoilt != sentence
        with pytest.raises(AssertionError):
            reader.left(spoilt)
    with pytest.raises(AssertionError):
        reader.left("It has 4711 cells.")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"in 93\.7 %", "in 97.3 %"),
        (r"in 0\.300 %\.", "in 0.310 %."),
        ("came to `popped_from_empty`", "came to `late`"),
        (r"look · safe False came", "look · safe True came"),
        ("2 other cells never", "3 other cells never"),
        (r"never in 72,000 outcomes", "never in 72,001 outcomes"),
        (r"in 0\.300 % to", "in 0.400 % to"),
        (r"to 93\.7 %", "to 93.8 %"),
        ("`made_again` or `popped_from_empty`", "`made_again` or `late`"),
        ("do not use `safe False`", "do not use `safe True`"),
        ("outcomes with `safe True`", "outcomes with `safe False`"),
    ],
)
def test_a_wrong_share_of_an_outcome_is_found(tmp_path, right, wrong):
    """Shares, names, cells and numbers of outcomes are those of the run, in the answer and in the advice."""
    run = journal_builder.write(tmp_path, **scenarios.habits())
    results.write(run)
    reader = Reader(run)
    sentences = [*answer(reader.view), what_to_do(reader.view)]
    (sentence,) = (one for one in sentences if re.search(right, one))
    reader.left(sentence)
    with pytest.raises((AssertionError, KeyError)):
        reader.left(re.sub(right, wrong, sentence, count=1))
