"""A run -> its hosts: what each gave, and how much faster or slower it was than the others.

All comparisons of cells stay within a block, and so within a host. How fast a host is adds to the figures of single cells alone:
it is a level of the statistics above the block, and shown as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from concexp.analysis.noise import times
from concexp.analysis.possible import effective_cpus
from concexp.analysis.stats.host_effects import HostEffects, host_effects
from concexp.analysis.stats.intervals import UNKNOWN, Interval

if TYPE_CHECKING:
    from concexp.analysis.results import Run


@dataclass(frozen=True)
class Host:
    """One host: its id, its trials and blocks, its effective CPUs (median) and the speed of a spinner alone (rounds per second).

    time    its times relative to the mean of all hosts, a factor
    joined  what is known of it from when it joined
    """

    id: str
    trials: int
    blocks: int
    effective_cpus: float | None
    spinner_per_s: float | None
    time: Interval
    joined: dict[str, Any]


def hosts(run: Run) -> list[Host]:
    """The hosts of a run on a cluster, those first that joined first; empty for a run on one machine."""
    if "execution" not in run.manifest:
        return []
    firsts = run.firsts[run.firsts["block"].notna()]
    by_host = {host: own for host, own in firsts.groupby("host", sort=False)}  # noqa: C416 - pandas has `keys` of its own
    joined = {record["host"]: record["joined"] for record in run.machine if record.get("joined")}
    effects = effects_of_hosts(run)
    found = []
    for host, own in by_host.items():
        machine = [record for record in run.machine if record.get("host") == host]
        spun = [value for one in machine if (value := effective_cpus(one, run.cpus)) is not None]
        alone = [float(np.median(one["alone_per_s"])) for one in machine if one.get("alone_per_s")]
        found.append(
            Host(
                str(host),
                len(own),
                own["block"].nunique(),
                float(np.median(spun)) if spun else None,
                float(np.median(alone)) if alone else None,
                effects.relative.get(str(host), UNKNOWN),
                joined.get(host, {}),
            )
        )
    return found


def effects_of_hosts(run: Run) -> HostEffects:
    """How the times of a run's hosts differ, by the primary metric."""
    firsts = run.firsts[run.firsts["block"].notna()]
    host_of = dict(zip(firsts["block"].astype(int), firsts["host"].astype(str), strict=True))
    return host_effects(times(run), host_of, run.level)
