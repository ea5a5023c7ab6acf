"""The limit of a trial's memory: what all its processes hold together counts, what they share counts once."""

import pytest

from concexp.experiment.reader import parse_text
from concexp.run.child.memory_limit import bytes_text
from tests.helpers.children import ask, function, request
from tests.helpers.processes import mine

MIB = 2**20
# What a process has touched, its forks share until they write.
FORKS = """\
import os, time
def work(writes):
    data, children = bytearray(100 << 20), []
    for _ in range(4):
        children.append(os.fork())
        if not children[-1]:
            if writes:
                data[::4096] = b"x" * len(data[::4096])
                time.sleep(3600)
            time.sleep(0.7)
            os._exit(0)
    for child in children:
        os.waitpid(child, 0)
"""


@pytest.mark.usefixtures("isolation")
@pytest.mark.parametrize("writes", [False, True])
def test_shared_pages_count_once(writes, write):
    """Four forks of a process with 100 MiB stay below 300 MiB; each with pages of its own, they do not."""
    asked = request(function(write("mine.py", FORKS), writes=writes), load={"ops": 1, "scaling": "strong"}, warmup=0)
    ending = ask({**asked, "workers": 1}, memory=300 * MIB)
    if writes:
        assert ending.status == "crashed"
        assert ending.reason.startswith("memory limit: ")
        assert "of 300 MiB used by" in ending.reason
        assert ending.noticed_ns is not None
    else:
        assert ending.status == "ok", ending
    assert mine() == []


def test_a_limit_is_written_as_it_was_meant():
    """A size with its unit comes in; what was resolved says bytes, and is understood again."""
    spec = parse_text("workload: cpu_sum\nmodel: serial\nmeasure: {memory: 2GiB}\n", "x.yaml")
    assert spec.measure.memory == 2 << 30
    assert spec.measure.to_yaml()["memory"] == "2147483648B"
    assert "memory" not in parse_text("workload: cpu_sum\nmodel: serial\n", "x.yaml").measure.to_yaml()


def test_sizes_are_for_people():
    """Three digits are enough, and no exponent."""
    assert [bytes_text(2 * MIB), bytes_text(1.5 * 2**30), bytes_text(1010 * MIB), bytes_text(512)] == [
        "2 MiB",
        "1.5 GiB",
        "1010 MiB",
        "512 bytes",
    ]
