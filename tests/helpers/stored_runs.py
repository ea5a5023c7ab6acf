"""Made-up runs to compare: each of its own day, with a speed of its own."""

import datetime
import math

from concexp.analysis import results
from concexp.run.storage.journal import Record
from tests.helpers.journal_builder import cell, write

MODELS = ("serial", "threads", "processes")
RATES = {"serial": 1000.0, "threads": 980.0, "processes": 1850.0}


def cells(day=1, speed=1.0, factors=None, own=None, models=MODELS, **more):
    """Cells of one workload: `factors` by model change the code's rate, `own` each cell's in this run, `speed` the machine's."""
    factors, own = factors or {}, own or {}
    return [
        cell(model=model, workers=None if model == "serial" else 2, salt=str(day),
             rate=RATES[model] * speed * factors.get(model, 1.0) * math.exp(own.get(model, 0.0)), **more)
        for model in models
    ]  # fmt: skip


def stored(
    folder, day=1, speed=1.0, factors=None, own=None, spec=None, manifest=None, waiting=0.0, beside=None, **more
):
    """Writes a run of `cells`, begun on this day of the year 2026, with a sentinel and a control, and returns it.

    `speed` is the machine's, in the sentinel, the spinners and the control as well; `waiting` the share of its time for which the
    sentinel waited for a CPU. `more` are arguments of `journal_builder.write`, or of `cell` in `shown`.
    """
    shown = more.pop("shown", {})
    made = more.pop("made", None) or cells(day, speed, factors, own, **shown)
    control = {**made[0], "role": "control"}
    passes = {"run_queue_wait_s": 0.5 * waiting}
    sentinel = cell(rate=500 * speed, salt=f"sentinel {day}", facts=passes, noise=0.005, ops=250)
    beside = [("control", control), ("sentinel", sentinel)] if beside is None else beside
    began = datetime.date(2025, 12, 31) + datetime.timedelta(day)
    header = {"started_at": f"{began}T03:04:05.000Z", "identity": f"{day:064x}", **(manifest or {})}
    return write(folder / f"day{day:02d}", made, spec=spec, manifest=header, beside=beside, iterations=1,
                 spinner=8e7 * speed, **more)  # fmt: skip


def on_hosts(run, names):
    """The run as if these hosts had shared its blocks in turns."""
    records, joined = [], set()
    for record in run.records:
        host = names[record["block"] % len(names)]
        more = {"host": host}
        if record.role == "machine" and host not in joined:
            joined.add(host)
            cost = (1 + names.index(host)) * 1e-7
            more["joined"] = {
                "processor": f"CPU of {host}", "doctor": "warning: virtual machine", "clock_offset_s": 0.0,
                "clocks": {"current": {"timer_cost_s": cost}}, "remarks": ["clock source: hpet"],
            }  # fmt: skip
        records.append(Record({**record, **more}))
    manifest = {**run.manifest, "execution": {"engine": "dask", "strategy": "spread"}}
    return results.Run(run.folder, {**run.header, "manifest": manifest}, records)
