"""10,000 generated experiments and 500 changed journals: each is taken or refused in order; the slowest is told.

    python -m tests.fuzz.many [--yamls 10000] [--journals 500] [--seed 1]

Exit code 1 at the first input that does something else, which is printed, or if an experiment took 2 s of CPU time.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from concexp.run.storage import journal
from tests.fuzz import strategies, targets
from tests.helpers import journal_builder, scenarios

CLAIM = {"says": "it grows", "of": {"model": "threads"}, "when": "workers > 1", "expect": "speedup > 1"}
SLOWEST = 2.0  # seconds of CPU time


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--yamls", type=int, default=10_000)
    options.add_argument("--journals", type=int, default=500)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()

    def many(count):
        return settings(
            max_examples=count,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )

    slowest, text_of, count = 0.0, "", 0

    @seed(asked.seed)
    @many(asked.yamls)
    @given(strategies.yamls())
    def experiments(text):
        nonlocal slowest, text_of, count
        started = time.process_time()
        targets.experiment(text)
        took = time.process_time() - started
        count += 1
        if took > slowest:
            slowest, text_of = took, text

    experiments()
    print(f"{count} experiments: each read and planned, or refused with its place; the slowest took {slowest:.2f} s:")
    print(f"  {text_of[:300]!r}")

    with tempfile.TemporaryDirectory() as name:
        # Without pictures, which take their time: what they are told is what the page is told.
        made_up = {**scenarios.bad(), "spec": {"report": {"plots": [], "language": "en"}, "claims": [CLAIM]}}
        run = journal_builder.write(Path(name), repetitions=2, **made_up).folder
        data = (run / journal.NAME).read_bytes()
        lines = [journal.decode(line) for line in data.splitlines()]

        @seed(asked.seed)
        @many(asked.journals)
        @given(strategies.changed(lines))
        def changed(found):
            targets.journal_bytes(Path(name) / "changed.jsonl", found, page=True)

        @seed(asked.seed)
        @many(asked.journals)
        @given(strategies.torn(data))
        def torn(found):
            targets.prefix(Path(name) / "torn.jsonl", found, lines)

        changed()
        torn()
    print(f"{asked.journals} changed and {asked.journals} torn journals: each told, or refused with its line")
    return 1 if slowest >= SLOWEST else 0


if __name__ == "__main__":
    sys.exit(main())
