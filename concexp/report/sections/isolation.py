"""What keeps trials apart, where that was not a fresh process for each: what is given up, and which trials had one all the same."""

from __future__ import annotations

from collections import Counter

from concexp.experiment.blocks import FORK
from concexp.experiment.statuses import MEASURED
from concexp.report.text.language import counted, say
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated
from concexp.report.text.reasons import reason_text
from concexp.report.view import View
from concexp.run.storage.journal import Record


def threats(view: View) -> list[str]:
    """What forks of one process share, and which trials were not forked; nothing where none was to be."""
    records = [one for one in view.run.records if one.role == MEASURED and one["status"] != "unsupported"]
    wanted = [one for one in records if _is_forked(one)]
    forked = sum(not one.get("not_forked") for one in wanted)
    sentences = []
    if forked:
        sentences.append(
            counted(
                forked,
                "{count} trial is a fork of a warm process of its interpreter, whose layout of memory, hash seed and imported "
                "modules of concexp it shares: intervals do not cover what differs from one fresh process to the next, and memory "
                "includes what is shared.",
                "{count} trials are forks of a warm process of their interpreter, whose layout of memory, hash seed and imported "
                "modules of concexp they share: intervals do not cover what differs from one fresh process to the next, and memory "
                "includes what is shared.",
            )
        )
    failures = Counter(str(one["not_forked"]) for one in wanted if one.get("not_forked"))
    sentences += [
        counted(
            count,
            "{count} trial had a fresh process instead of a fork: {reason}.",
            "{count} trials had fresh processes instead of forks: {reason}.",
            reason=escaped(reason_text(reason)),
        )
        for reason, count in failures.items()
    ]
    others = dict.fromkeys(one["axes"]["model"] for one in records if not _is_forked(one))
    if others and view.run.spec["measure"].get("isolation") == FORK and "isolation" not in view.run.header["axes"]:
        models = enumerated([code(str(model)) for model in others])
        sentences.append(say("Each trial of {models} had a fresh process, which it needs.", models=models))
    return sentences


def _is_forked(record: Record) -> bool:
    """Whether a trial was to be a fork."""
    return bool((record.get("runtime") or {}).get("isolation") == FORK)
