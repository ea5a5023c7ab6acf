"""The sentinel's time, the speed of the CPU and the effective CPUs, block by block: what the machine did while it measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from concexp.analysis import noise
from concexp.analysis.speed_states import speed_states, trial_speeds
from concexp.analysis.stats.intervals import Interval, mean_interval
from concexp.analysis.stats.trend import FEWEST_STEPS
from concexp.experiment.statuses import SENTINEL
from concexp.report.phrases import percent_change
from concexp.report.plots import _style
from concexp.report.text.language import message, say, sentences
from concexp.report.text.numbers import plural, rounded, scale_of
from concexp.report.view import View
from concexp.run.machine import spinners

HEIGHT = 1.6  # inches of a panel
COLOUR = "#0072b2"
SLOW = "#d55e00"


class Plot:
    """The same small work in every block, bars are 95 % intervals; below, the speed of the CPU, and what spinners got."""

    section = "steadiness"
    order = 72
    title = ""

    def prepare(self, view: View) -> dict[int, Interval]:
        """The sentinel's times, if it drifted, or if the CPU ran at two speeds; too few blocks cannot tell that from chance."""
        times = _sentinel(view)
        moved = len(times) >= FEWEST_STEPS and (noise.drifted(noise.drift(view.run)) or bool(speed_states(view.run)))
        return times if moved else {}

    def draw(self, view: View, prepared: dict[int, Interval], path: Path) -> str:
        """Draws the picture; returns its alt text."""
        spun, speeds = _spun(view), trial_speeds(view.run)
        with _style.settings():
            panels = 1 + bool(len(speeds)) + bool(spun)
            figure = _style.figure(HEIGHT * panels + 0.3, self.title)
            places = figure.subplots(panels, 1, squeeze=False, sharex=True).flatten()
            _times(view, prepared, places[0])
            if len(speeds):
                _speeds(view, speeds, places[1])
            if spun:
                _cpus(view, spun, places[-1])
            places[-1].set_xlabel(say("block"))
            places[-1].xaxis.set_major_locator(MaxNLocator(12, integer=True))
            places[-1].set_xlim(0.3, max(prepared) + 0.7)
            _style.save(figure, path)
        return _alt(view, prepared, spun)


def _sentinel(view: View) -> dict[int, Interval]:
    """The seconds of the sentinel's passes, with an interval, by block, counted from 1: of the blocks that tell the drift."""
    frame = view.run.trials
    told = frame["block"].isin(list(noise.sentinel_times(view.run)))
    frame = frame[(frame["role"] == SENTINEL) & frame["wall_s"].notna() & told]
    return {
        int(str(block)) + 1: mean_interval(seconds, True, view.run.level)
        for block, seconds in frame.groupby("block")["wall_s"]
    }


def _spun(view: View) -> dict[float, float]:
    """The effective CPUs by where they were measured: half a block before the next block."""
    return {block + 0.5: value for block, value in view.run.spun_by_block.items()}


def _times(view: View, times: dict[int, Interval], axes: Any) -> None:
    factor, unit = scale_of([value.mean for value in times.values()], "s")
    shown = {block: value.scaled(1 / factor) for block, value in times.items()}
    for block, value in shown.items():
        if value.bounded:
            axes.errorbar(block, value.mean, [[value.mean - value.lo], [value.hi - value.mean]], fmt="none",
                          ecolor=COLOUR, elinewidth=1.1, capsize=2.2)  # fmt: skip
    axes.plot(
        list(shown), [value.mean for value in shown.values()], marker="o", markersize=4.5, linewidth=1, color=COLOUR
    )
    drift = noise.drift(view.run)
    if noise.drifted(drift):
        first, last = min(shown), max(shown)
        # Through the median of the data, with the slope of the drift.
        middle = np.median(
            [np.log(v.mean) - np.log(drift.mean) * (b - first) / (last - first) for b, v in shown.items()]
        )
        ends = np.exp([middle, middle + np.log(drift.mean)])
        axes.plot([first, last], ends, color=_style.INK, linewidth=1.2, linestyle=(0, (5, 3)))
    _style.at_least(axes, float(np.median([value.mean for value in shown.values()])))
    axes.set_title(say("Sentinel: {verdict}", verdict=_verdict(drift)))
    axes.set_ylabel(say("time of a pass, {unit}", unit=unit))
    axes.yaxis.set_major_formatter(_style.plain)


def _verdict(drift: Interval) -> str:
    change = percent_change(drift)
    if noise.drifted(drift):
        return say("a drift of {change} from first to last block", change=change)
    if noise.no_drift(drift):
        return say("no drift, {change} from first to last block", change=change)
    return say("no clear drift, {change} from first to last block", change=change)


def _speeds(view: View, speeds: pd.DataFrame, axes: Any) -> None:
    """The speed of the CPU beside each trial, in the order in which they ran, coloured by its state where there are two."""
    blocks = speeds["block"].to_numpy(float)
    within = speeds.groupby("block").cumcount().to_numpy(float) / speeds.groupby("block")["block"].transform("size")
    # A trial of block 1 is drawn between 0.5 and 1.5: the spinners ran before and after it.
    x, y = blocks + 0.5 + within.to_numpy(float), speeds["cpu_speed"].to_numpy(float)
    states = speed_states(view.run)
    if states is None:
        axes.plot(x, y, marker="o", markersize=2.5, linewidth=0, color=COLOUR)
    else:
        for shown, colour, label in ((states.is_high, COLOUR, say("fast")), (states.is_low, SLOW, say("slow"))):
            axes.plot(x[shown], y[shown], marker="o", markersize=2.5, linewidth=0, color=colour, label=label)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8)
    _style.at_least(axes, float(np.median(y)))
    title = message("Speed of the CPU beside each trial: two states")
    axes.set_title(say(title) if states else say("Speed of the CPU beside each trial"))
    axes.set_ylabel(say("relative to the mean"))
    axes.yaxis.set_major_formatter(_style.plain)


def _cpus(view: View, spun: dict[float, float], axes: Any) -> None:
    axes.plot(list(spun), list(spun.values()), marker="D", markersize=4, linewidth=1, color="#d55e00")
    limit = spinners.ENOUGH * view.cpus
    axes.axhline(view.cpus, color=_style.GREY, linewidth=1, linestyle=(0, (1, 2)))
    axes.axhline(limit, color=_style.GREY, linewidth=1, linestyle=(0, (5, 3)))
    for level, text in ((view.cpus, say("usable")), (limit, say("doubt below"))):
        axes.annotate(
            text, (1.005, level), xycoords=("axes fraction", "data"), fontsize=8, va="center", color=_style.GREY
        )
    axes.set_ylim(0, max(view.cpus, *spun.values()) * 1.1)
    axes.set_title(say("Effective CPUs"))
    axes.set_ylabel(say("CPUs"))
    axes.yaxis.set_major_formatter(_style.plain)
    axes.yaxis.get_major_locator().set_params(nbins=4)


def _alt(view: View, times: dict[int, Interval], spun: dict[float, float]) -> str:
    """What the picture shows in words: the verdict and the range of the effective CPUs."""
    times_range = max(value.mean for value in times.values()) / min(value.mean for value in times.values())
    texts = [
        say(
            "The time of the sentinel over {blocks}: {verdict}; its slowest block took {factor} times as long as its "
            "fastest.",
            blocks=plural(len(times), "block"),
            verdict=_verdict(noise.drift(view.run)),
            factor=rounded(times_range),
        )
    ]
    if states := speed_states(view.run):
        texts.append(say("The CPU ran at two speeds, {factor} times apart.", factor=rounded(states.factor, 2)))
    if spun:
        texts.append(
            say(
                "Spinners between the blocks did the work of {low} to {high} CPUs, of {count} that are usable.",
                low=rounded(min(spun.values())),
                high=rounded(max(spun.values())),
                count=view.cpus,
            )
        )
    return sentences(texts)
