"""What `list` and `show` print, for people and for programs."""

import pytest

from concexp import catalog
from concexp.commands import catalogue, plug_in_list
from concexp.errors import ConcexpError

TRIPLES = catalogue.support()


@pytest.mark.parametrize("kind", plug_in_list.SHOWN_KINDS)
def test_every_plug_in_can_be_shown(kind):
    """`show KIND/NAME` says what the plug-in is, and lists each parameter with its meaning."""
    for name in catalog.names(kind):
        text = catalogue.description(f"{kind}/{name}")
        cls = catalog.load(kind, name)
        assert text.startswith(f"{kind}/{name}\n\n{catalog.summary(cls)[:20]}")
        for parameter in catalog.parameters(cls).values():
            assert f"\n  {parameter.name}: " in text
            assert parameter.meaning
            assert parameter.meaning in text


def test_what_is_random_is_shown():
    """`show` tells what a workload draws, and that it follows the block; it is silent where nothing is random."""
    text = catalogue.description("workload/flaky")
    assert "\nRandom: which attempts fail, which are slow, and the pauses of backoff; drawn anew in each block" in text
    assert "Random:" not in catalogue.description("workload/cpu_sum")


def test_a_bare_name_shows_every_kind_that_has_it():
    """A name that two kinds share is shown for both; an unknown one gets a suggestion."""
    assert catalogue.description("counter").startswith("workload/counter")
    for wrong, right in [("cuonter", "counter"), ("modle/threads", "model"), ("model/thraeds", "threads")]:
        with pytest.raises(ConcexpError, match=right):
            catalogue.description(wrong)


def test_the_support_matrix_is_whole():
    """Every triple occurs once, with or without a reason."""
    names = [catalog.names(kind) for kind in ("workload", "model", "sync")]
    assert len(TRIPLES) == len(names[0]) * len(names[1]) * len(names[2])
    reasons = {(t["workload"], t["model"], t["sync"]): t["reason"] for t in TRIPLES}
    assert len(reasons) == len(TRIPLES)
    assert reasons["counter", "threads", "lock"] == ""
    assert reasons["counter", "asyncio", "rlock"] == "asyncio has no RLock"


def test_the_support_text_lists_what_runs_and_each_reason_once():
    """One line per pair of workload and model; each reason occurs once, with the number and the names of its triples."""
    text = catalogue.support_text(TRIPLES)
    runs, _, reasons = text.partition("\n\nCannot run:\n")
    assert len(runs.splitlines()) == len(catalog.names("workload")) * len(catalog.names("model"))
    unique = reasons.splitlines()[::2]
    assert len(unique) == len(set(unique))
    counts = [int(line.partition(":")[0]) for line in reasons.splitlines()[1::2]]
    assert sum(counts) == sum(bool(t["reason"]) for t in TRIPLES)
    every = len(catalog.names("workload"))
    assert f"  asyncio has no RLock\n      {every}: every workload × asyncio × rlock\n" in reasons
    assert "  this works with none or guard or shards, not with this\n" in reasons


@pytest.mark.parametrize("kind", ["workload", "model", "sync"])
def test_a_plug_in_fits_one_screen(kind):
    """What it is, when to use it, its class, its costs and parameters, in 40 lines; all combinations with --all."""
    for name in catalog.names(kind):
        text = catalogue.description(f"{kind}/{name}")
        assert len(text.splitlines()) <= 40
        assert max(map(len, text.splitlines())) <= 132
        for title in ("Finds out:",) if kind == "workload" else ("In Python:", "Use it for:", "Its costs:"):
            assert f"\n{title} " in text
        assert text.endswith(f"concexp show {kind}/{name} --all")
    whole = catalogue.description(f"{kind}/{name}", everything=True)
    assert "\nRuns with (2 workers where they apply):\n" in whole
    assert len(whole) > len(text)


def test_what_a_plug_in_runs_with_is_named():
    """Without --all: the names of the other kinds that occur in any combination that runs."""
    text = catalogue.description("sync/rlock")
    (models,) = [line for line in text.splitlines() if line.startswith("  model: ")]
    assert {"threads", "processes"} <= set(models.split())
    assert not {"asyncio", "trio"} & set(models.split())
    assert "every workload" in catalogue.description("model/simulated")


def test_a_metric_says_what_it_needs():
    """An open loop, trials of their own, a baseline."""
    assert "It needs an open loop" in catalogue.description("latency_p99_s")
    assert "It needs trials of their own, with the probe waits." in catalogue.description("wait_share")
    assert "It needs a `baseline`." in catalogue.description("speedup")
    assert "It needs" not in catalogue.description("wall_s")


@pytest.mark.parametrize(
    ("name", "right"),
    [
        *(("ThreadPoolExecutor", "thread_pool"), ("concurrent.futures.ProcessPoolExecutor", "process_pool")),
        *(("multiprocessing.Pool", "mp_pool"), ("Thread", "threads"), ("gather", "asyncio"), ("Lock", "lock")),
        *(("p99", "latency_p99_s"), ("RPS", "throughput"), ("measur", "measure"), ("numpy.matmul", "matmul")),
    ],
)
def test_names_that_people_know_are_understood(name, right):
    """`show` suggests the plug-in that stands for a class of the standard library, or for a word of the trade."""
    with pytest.raises(ConcexpError, match=f"did you mean '{right}'"):
        catalogue.description(name)
