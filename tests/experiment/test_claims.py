"""`claims:`: what can be said, and what is told of what cannot."""

import pytest

from concexp import catalog
from concexp.errors import InputError
from concexp.experiment import parse_text
from concexp.experiment.claims import metrics, of_data, same_label
from concexp.plan.planner import make_plan

BASE = """\
workload: [cpu_sum, sleep]
model: [serial, threads]
sync: [none, lock]
sweep: {workers: [1, 2], load.duration: [10ms, 20ms], sleep.delay: [10ms, 1ms]}
claims:
"""


def read(claims, base=BASE):
    return parse_text(base + claims, "x.yaml").claims


def problem(claims, base=BASE):
    """The one problem of a text."""
    with pytest.raises(InputError) as caught:
        read(claims, base)
    (found,) = caught.value.problems
    return found


def test_a_claim_with_all_its_keys():
    """Words, selection, condition, expectation, and whether wrong outcomes count."""
    (claim,) = read(
        "  - says: a lock costs half\n    of: {model: threads, sync: [none, lock]}\n    when: effective_cpus >= 1.8\n"
        "    valid: any\n    expect: throughput[none] >= 2 * throughput[lock]\n"
    )
    assert (claim.says, claim.of) == ("a lock costs half", {"model": "threads", "sync": ["none", "lock"]})
    assert (claim.when, claim.any_outcome) == ("effective_cpus >= 1.8", True)
    assert (claim.expect.raw, claim.expect.line, claim.expect.column) == (
        "throughput[none] >= 2 * throughput[lock]", 10, 13,
    )  # fmt: skip
    assert claim.metrics == ("throughput",)


def test_the_shortest_claim():
    """What it expects says enough; it is about all cells, always, and may stand alone."""
    (claim,) = read("  expect: speedup < 1.1\n")
    assert (claim.says, claim.of, claim.when, claim.any_outcome) == ("speedup < 1.1", None, "", False)


def test_a_claim_of_others_has_their_figure_and_its_source():
    """Both are texts of the claim, and come back from the journal; a number without quotes is refused with the cure."""
    text = (
        "  - {says: fast, published: 1.13x, source: 'https://x.org/1', expect: speedup > 1}\n  - expect: speedup > 1\n"
    )
    claims = read(text)
    again = of_data(parse_text(BASE + text, "x.yaml").resolved()["claims"])
    for first, second in (claims, again):
        assert (first.published, first.source) == ("1.13x", "https://x.org/1")
        assert (second.published, second.source) == ("", "")
    found = problem("  - {published: 1.13, expect: speedup > 1}\n")
    assert found.path == "claims[0].published"
    assert found.hint == 'put it in quotes: "1.13"'


def test_claims_come_back_from_the_journal():
    """What was resolved gives the same claims again, but for their places."""
    text = (
        BASE
        + "  - {says: a, of: workers > 1, when: cpus > 1, expect: speedup > 1, valid: any}\n  - expect: speedup > 1\n"
    )
    spec = parse_text(text, "x.yaml")
    again = of_data(spec.resolved()["claims"])
    assert [(c.says, c.when, c.expect.raw, c.any_outcome) for c in again] == [
        (c.says, c.when, c.expect.raw, c.any_outcome) for c in spec.claims
    ]
    assert (again[0].of.raw, again[1].of) == ("workers > 1", None)
    assert of_data(None) == ()


@pytest.mark.parametrize("expect", ["returned == 14", "returned.hits != 3", "returned in [1, 2]", "lost_updates == 5"])
def test_what_does_not_depend_on_time_may_be_equal(expect):
    """Counts and returned values can be exactly a number, other than times."""
    (claim,) = read(f"  expect: {expect}\n")
    assert claim.expect.raw == expect


def test_what_is_claimed_is_measured():
    """The metrics of claims are among those that are asked for, each once."""
    spec = parse_text(BASE + "  - {when: cpus_used > 1, expect: service_time_p99_s < 5ms}\n", "x.yaml")
    assert spec.requested_metrics == ("throughput", "service_time_p99_s", "cpus_used")


@pytest.mark.parametrize(
    ("claim", "column", "says", "cure"),
    [
        ("expect: thruput > 1", 13, "there is no metric, axis or label 'thruput'", "did you mean 'throughput'?"),
        ("expect: throughput > thread", 26, "no metric, axis or label 'thread'", "did you mean 'threads'?"),
        ("expect: thruput[lock] > 1", 13, "there is no metric 'thruput'", "did you mean 'throughput'?"),
        ("expect: throughput[lok] > 1", 24, "no axis has the value 'lok'", "did you mean"),
        ("expect: throughput[worker=2] > 1", 24, "there is no axis 'worker'", "did you mean 'workers'?"),
        ("expect: throughput[workers=3] > 1", 32, "the axis 'workers' has no value '3'", "known: 1, 2"),
        ("expect: throughput[sync=lok] > 1", 29, "the axis 'sync' has no value 'lok'", "did you mean 'lock'?"),
        ("expect: throughput[10ms] > 1", 24, "the axes load.duration and sleep.delay have the value '10ms'",
         "say which: [load.duration=10ms]"),
        ("expect: throughput[workers=2*n] > 1", 34, "there is no 'n' to compute with", "known: cpus"),
        ("expect: throughput[2*workers] > 1", 24, "a computed value needs its axis", "throughput[workers=2*cpus]"),
        ("expect: max(throughput over worker) > 1", 33, "there is no axis 'worker'", "did you mean 'workers'?"),
        ("expect: first(worker where speedup > 1) > 1", 19, "there is no axis 'worker'", "did you mean 'workers'?"),
        ("expect: max(min(speedup over workers) over sync) > 1", 17, "a curve cannot stand inside of `max`", "two claims"),
        ("expect: max(speedup > 1 over workers) > 1", 17, "`max` needs a number here", ""),
        ("expect: first(workers where speedup) > 1", 33, "`first` needs a condition here", ""),
        ("expect: latency_p99_s < 5ms", 13, "latency_p99_s needs an open loop", "take service_time_p99_s"),
        ("expect: throughput / 0 > 1", 13, "division by zero", ""),
        ("expect: throughput / (2 - 2) > 1", 13, "division by zero", ""),
        ("expect: throughput > sqrt(-4)", 26, "math domain error", ""),
        ("expect: throughput == 5", 13, "what is measured is never exactly the same", "within 10%"),
        ("expect: throughput in [5, 6]", 13, "what is measured is never exactly the same", "within 10%"),
        ("expect: throughput == 5 within 10", 36, "`within` needs a share such as 10%, or a factor such as 2x", ""),
        ("expect: throughput == 5 within 0.5x", 36, "`within` needs a share", ""),
        ("expect: throughput within 10% of 5", 24, "write `x == y within 10%`", ""),
        ("expect: throughput == 5 within 10% of 6", 40, "is written `x == y within 10%`", ""),
        ("expect: status == tiemout", 23, "there is no metric, axis or label 'tiemout'", "did you mean 'timeout'?"),
        ("expect: status == lock", 23, "there is no status 'lock'", "did you mean 'ok'?"),
        ("expect: workers > 1", 13, "`workers > 1` speaks of no metric", "metrics: "),
        ("expect: throughput", 13, "`throughput` is no condition", "compare it"),
        ("expect: throughput > 1 and speedup", 32, "`and` joins conditions, and this is none", "compare it"),
        ("expect: (speedup > 1) + 1 > 2", 14, "a condition cannot be computed with or compared", "join"),
        ("expect: speedup > 2parsec", 23, "'2parsec' is not a number", ""),
        ("expect: speedup(2) > 1", 13, "there is no function 'speedup'", ""),
        ("expect: abs(1, 2) > speedup", 13, "`abs` takes 1 argument, not 2", ""),
        ("expect: slope(speedup) > 1", 26, "`slope` is written `slope(metric over axis)`", ""),
        ("expect: speedup[] > 1", 21, "']' is not expected here", ""),
        ("expect: < 2", 13, "`< 2` compares nothing", "begin with a metric: throughput < 2"),
        ("expect: 3", 13, "expected a condition, not 3", "such as speedup"),
        ("expect: [a]", 13, "expected a condition, not a list", "such as speedup"),
        ("{says: x}", 5, "`expect:` is missing", "expect: speedup < 1.1"),
        ("speedup > 1", 5, "expected a claim, not 'speedup > 1'", 'claims: [{expect: "speedup > 1"}]'),
        ("{expect: speedup > 1, wen: cpus > 1}", 27, "there is no key 'wen' here", "did you mean 'when'?"),
        ("{expect: speedup > 1, valid: all}", 34, "expected any, not 'all'", "valid: any"),
        ("{expect: speedup > 1, says: 3.10}", 33, "expected text, not 3.10", "put it in quotes"),
        ("{expect: speedup > 1, of: {modle: threads}}", 32, "there is no key 'modle' here", "did you mean 'model'?"),
        ("{expect: speedup > 1, of: {model: thread}}", 39, "no model here has the label 'thread'", "did you mean 'threads'?"),
        ("{expect: speedup > 1, of: workers > cpu}", 41, "there is no axis or label 'cpu'", "did you mean 'cpus'?"),
        ("{expect: speedup > 1, of: 3}", 31, "expected a selection, not 3", "{model: threads}"),
        ("{expect: speedup > 1, when: wrokers > 1}", 33, "there is no metric, axis or label 'wrokers'", "'workers'"),
        ("expect: >= 2", 14, "`>` begins a block of text in YAML", "begin with a name"),
        ("says: a: b", 12, "a second `: ` in one line", "in quotes"),
        ("{expect: speedup[lock] > 1}", 14, "brackets inside of a text", "put it in quotes: expect:"),
        ("{expect: max(speedup, 1) > 1}", 29, "'max(speedup", "put text with a comma in quotes"),
    ],
)  # fmt: skip
def test_every_mistake_has_its_place_and_its_cure(claim, column, says, cure):
    """Line and column point at what is wrong; the message tells what, the hint what would be right."""
    if "max(speedup, 1)" in claim:  # YAML splits it: two mistakes, of which the first is the broken expression
        with pytest.raises(InputError) as caught:
            read(f"  - {claim}\n")
        assert any("put" in found.hint and "quotes" in found.hint for found in caught.value.problems)
        return
    found = problem(f"  - {claim}\n")
    assert (found.line, found.column) == (6, column)
    assert says in found.message
    assert cure in found.hint


def test_all_mistakes_of_all_claims_at_once():
    """One reading tells all; each with the key that it stands at."""
    with pytest.raises(InputError) as caught:
        read("  - {of: {model: x}, expect: thruput > spedup}\n  - {when: a > 1, expect: 'throughput[b] > 1'}\n")
    assert [found.path for found in caught.value.problems] == [
        "claims[0].of.model", "claims[0].expect", "claims[0].expect", "claims[1].when", "claims[1].expect",
    ]  # fmt: skip


def test_interpreters_are_named_by_their_text():
    """A version is a text, also where it is written without quotes in an expression; 3.1 is not 3.10."""
    base = "workload: cpu_sum\nmodel: threads\nsweep: {python: ['3.10', '3.13'], workers: [2]}\nclaims:\n"
    (claim,) = read("  - {of: {python: '3.10'}, expect: 'throughput[3.13] > throughput[python=3.10]'}\n", base)
    assert claim.of == {"python": "3.10"}
    found = problem("  - expect: throughput[3.1] > 1\n", base)
    assert "no axis has the value '3.1'" in found.message


def test_a_relative_metric_needs_a_baseline():
    """Without a baseline there is no speedup to claim anything of."""
    found = problem("  - expect: speedup > 1\n", BASE.replace("serial, ", ""))
    assert "relative to a baseline, and there is none" in found.message


def test_an_open_loop_has_latencies():
    """With a rate, a latency may be claimed."""
    base = "workload: echo\nmodel: threads\nload: {rate: 100/s, duration: 1s}\nclaims:\n"
    assert read("  - expect: latency_p99_s < 5ms\n", base)[0].metrics == ("latency_p99_s",)


@pytest.mark.parametrize(
    ("label", "wanted", "same"),
    [
        ("3.10", "3.1", False), ("3.10", "3.10", True), (4, "4", True), (4, 4, True), (10000, "1e4", True),
        ("100/s", "100/s", True), ("1 KiB", "1024B", True), (1024, "1KiB", True), (0.5, "50%", True),
        ("0.5ms", "500us", True), (True, "on", True), (False, "on", False), ("on", "on", True), (None, None, True),
        (None, "none", False), ("none", None, False), (4, "four", False), ("lock", "rlock", False),
    ],
)  # fmt: skip
def test_labels_and_what_is_written_of_them(label, wanted, same):
    """The same text, the same flag or the same quantity; a version is no number."""
    assert same_label(label, wanted) is same


# What the gallery of experiments claims -------------------------------------------------------------------------------

WORK = "def work(c=1, s=1, k=1, f=0, n=1, d=0, stride=1, size=1, t=1, rss=1, burst=1, stall=1, p=0, hold=0): pass\n"
# Metrics that the catalogue may not have: made up here, to see that they can be spoken of.
FAKES = {
    "fake_alpha_lo": "time", "fake_alpha_hi": "time", "fake_alpha_beyond": "count",
    "fake_in_flight": "time",
    "fake_useless_wakeups": "time", "fake_misclassified": "count",
    "fake_lag_p99_s": "time", "fake_lost_share": "count", "fake_closed_p99_s": "time",
}  # fmt: skip
HEAD = "measure: {repetitions: 3}\n"
OPEN = "load: {rate: 100/s, duration: 1s}\n"
GALLERY = {
    "E01": ("workload: fib\nmodel: [serial, threads, processes]\nsweep: {workers: [1, 2, 4]}\n", [
        "{of: {model: threads}, when: effective_cpus >= 1.8, expect: speedup < 1.1}",
        "{of: {model: processes}, expect: 'speedup >= 0.8 * min(workers, effective_cpus)'}"]),
    "E02": ("workload: [{sleep: {delay: 10ms}}]\nmodel: [threads, asyncio]\nsweep: {workers: [4, 64, 256]}\n"
            "load: {ops: 1000, scaling: strong}\n", [
        "expect: makespan_s == ceil(load.ops / workers) * sleep.delay within 15%",
        "expect: peak_rss_bytes[asyncio] / workers < peak_rss_bytes[threads] / workers / 5"]),
    "E03": ("workload: [{w.py:work: {}, as: mix}]\nmodel: [serial, threads, processes]\n"
            "sweep: {mix.f: [0.1, 0.5, 0.9], workers: [2, 4]}\n", [
        "{of: {model: threads}, expect: speedup <= 1.1 / mix.f}",
        "{of: mix.f > 0.5 and model == processes, expect: speedup > 1 / mix.f}"]),
    "E04": ("workload: echo\nmodel: threads\nbackground: spin\n"
            "sweep: {background.workers: [0, 1, 4], background.model: [threads, processes], echo.size: [64B, 1KiB]}\n", [
        "{of: background.workers > 0, expect: 'throughput[background.workers=0] >= 10 * throughput'}",
        "{when: effective_cpus >= 2, expect: 'throughput[background.workers=0] < 2x * throughput[background.model=processes]'}"]),
    "E05": ("workload: [pidigits, regex, compress, hash_blocks]\nmodel: [serial, threads]\nsweep: {workers: [1, 2]}\n", [
        "{of: {workload: [compress, hash_blocks]}, expect: 'speedup[threads, workers=2] > 1.3'}",
        "{of: {workload: [pidigits, regex]}, expect: 'speedup[threads, workers=2] <= 1.1'}",
        "expect: fake_lag_p99_s[regex] > fake_lag_p99_s[compress]"]),
    "E06": ("workload: noop\nmodel: [threads, {processes: {start_method: fork}, as: fork},"
            " {processes: {start_method: forkserver}, as: forkserver}, {processes: {start_method: spawn}, as: spawn}, asyncio]\n"
            "sweep: {workers: [1, 20]}\n", [
        "expect: startup_s[asyncio] < startup_s[threads] < startup_s[fork] < startup_s[forkserver] <= startup_s[spawn]",
        "expect: startup_s[fork] == 40 * startup_s[threads] within 3x",
        "expect: startup_s[spawn] == 20 * startup_s[fork] within 3x"]),
    "E07": ("workload: [{w.py:work: {}, as: w}]\nmodel: [{processes: {start_method: fork}, as: fork},"
            " {processes: {start_method: spawn}, as: spawn}]\nsweep: {w.rss: [1, 2, 3], workers: [2]}\n", [
        "{of: {model: fork}, expect: slope(startup_s over w.rss) > 0}",
        "expect: startup_s[fork] == startup_s[spawn] within 3x"]),
    "E08": ("workload: [{w.py:work: {}, as: w}]\nmodel: [serial, process_pool, thread_pool]\n"
            "sweep: {w.t: [1us, 10us, 1ms, 100ms], workers: [2]}\n", [
        "expect: first(w.t where throughput[process_pool] > throughput[serial]) >"
        " 10 * first(w.t where throughput[thread_pool] > 0.9 * throughput[serial])",
        "{of: {w.t: 1us}, expect: 'throughput[process_pool] < throughput[serial]'}"]),
    "E09": ("workload: [{w.py:work: {}, as: w}]\nmodel: process_pool\nsweep: {w.n: [1, 10, 100], workers: [2]}\n"
            "load: {ops: 1000, scaling: strong}\n", [
        "expect: makespan_s[w.n=1] >= 5 * makespan_s[w.n=10]",
        "expect: r2(makespan_s * w.n over w.n) > 0.95"]),
    "E10": ("workload: uneven_tasks\nmodel: processes\n"
            "sweep: {uneven_tasks.distribution: [uniform, pareto], model.schedule: [block, guided], workers: [2]}\n"
            "load: {ops: 100, scaling: strong}\n", [
        "{of: {uneven_tasks.distribution: pareto}, expect: 'makespan_s[guided] <= makespan_s[block]'}",
        "expect: relative <= 4/3 - 1 / (3 * workers)"]),
    "E11": ("workload: primitive_loop\nmodel: [threads, processes]\nsync: [lock, rlock, semaphore, condition, queue]\n"
            "sweep: {workers: [1]}\n", [
        "{of: {model: threads}, expect: 'throughput[lock] > throughput[condition] > throughput[semaphore]'}",
        "{of: {model: threads}, expect: 'throughput[lock] == throughput[rlock] within 20%'}",
        "{of: {sync: lock}, expect: 'throughput[threads] > throughput[processes]'}"]),
    "E12": ("workload: critical_section\nmodel: [threads, processes]\nsync: [lock, sharded_lock]\nsweep: {workers: [1, 2, 4]}\n", [
        "{of: {sync: lock}, expect: 'max(throughput over workers) <= 1.05 * throughput[workers=1]'}",
        "{of: {model: processes}, expect: 'throughput[sharded_lock] >= 80% * workers * throughput[sharded_lock, workers=1]'}"]),
    "E13": ("workload: [{w.py:work: {}, as: w}]\nmodel: [serial, processes]\nsweep: {w.f: [0.1, 0.5], workers: [1, 2, 4]}\n", [
        "expect: speedup <= 1 / w.f", "expect: fake_alpha_lo <= w.f <= fake_alpha_hi"]),
    "E14": ("workload: counter\nmodel: [threads, processes]\nsync: [none, lock, sharded_lock]\nsweep: {workers: [2]}\n", [
        "{valid: any, expect: 'throughput[none] >= 10 * throughput[lock]'}",
        "{of: sync != none, expect: lost_updates == 0}"]),
    "E15": ("workload: [counter, {counter: {form: call}, as: counter_call}]\nmodel: threads\nsync: [none, lock]\n"
            "sweep: {workers: [2]}\n", [
        "{of: {workload: counter}, expect: lost_updates == 0}",
        "{of: {workload: counter_call, sync: none}, expect: fake_lost_share > 5% and status == invalid}",
        "{of: {sync: lock}, expect: status == ok}"]),
    "E16": ("workload: [{w.py:work: {}, as: w}]\nmodel: [asyncio, threads]\n"
            "sweep: {w.k: [1, 4, 16], w.c: [4], w.s: [10ms], workers: [16]}\n" + OPEN, [
        "expect: 'throughput == min(w.k, w.c) / w.s within 10%'",
        "expect: fake_in_flight == throughput * latency_mean_s within 5%"]),
    "E17": ("workload: bounded_buffer\nmodel: [threads]\nsync: [condition, queue, event]\nsweep: {workers: [2, 8]}\n", [
        "expect: 1 / throughput[queue] <= 1 / throughput[condition]",
        "{of: {sync: condition}, expect: fake_useless_wakeups >= workers / 2}"]),
    "E18": ("workload: [{w.py:work: {}, as: w}]\nmodel: threads\nsweep: {w.size: [1, 8, 64], w.s: [1ms], workers: [2]}\n" + OPEN, [
        "{of: w.size >= 4, expect: spread(throughput over w.size) < 1.1}",
        "expect: slope(latency_p99_s over w.size) == w.s within 2x"]),
    "E19": ("workload: [{w.py:work: {}, as: pipe}, {w.py:work: {}, as: queue}, {w.py:work: {}, as: manager},"
            " {w.py:work: {}, as: shared_memory}]\nmodel: processes\nsweep: {workload.size: [64B, 1MiB], workers: [2]}\n", [
        "expect: throughput[manager] < min(throughput[pipe], throughput[queue])",
        "{of: {workload.size: 1MiB}, expect: 'throughput[shared_memory] >= 3x * throughput[queue]'}",
        "{of: {workload.size: 64B}, expect: 'throughput[pipe] == throughput[queue] within 2x'}",
        "{of: {workload: queue}, expect: throughput < 110/s}"]),
    "E20": ("workload: [{w.py:work: {}, as: manager}, {w.py:work: {}, as: private}]\nmodel: processes\nsweep: {workers: [2]}\n", [
        "expect: throughput[private] >= 50 * throughput[manager]"]),
    "E21": ("workload: [{w.py:work: {}, as: w}]\nmodel: [serial, processes]\nsweep: {w.stride: [1, 8], workers: [2, 4]}\n", [
        "{of: {model: processes}, expect: 'throughput[w.stride=8] < 1.5 * throughput[w.stride=1]'}",
        "{of: {model: processes, w.stride: 1}, expect: speedup >= 1}"]),
    "E22": ("workload: [triad, mandelbrot]\nmodel: [serial, threads]\nsweep: {triad.size: [64KiB, 64MiB], workers: [1, 2, 4]}\n", [
        "{of: {workload: triad, triad.size: 64MiB, model: threads}, when: effective_cpus >= 3.6,"
        " expect: 'first(workers where throughput >= 95% * throughput[workers=4]) < effective_cpus'}",
        "{of: {workload: mandelbrot, model: threads}, expect: first(workers where speedup > 3) <= 4}"]),
    "E23": ("workload: [{w.py:work: {}, as: w}]\nmodel: processes\nsweep: {w.n: [1, 4], workers: [2, 4]}\n", [
        "{when: workers * w.n > 2 * effective_cpus, expect: 'throughput < throughput[w.n=1]'}"]),
    "E24": ("workload: cpu_sum\nmodel: threads\nsweep: {workers: {from: 1, to: 16*cpus, times: 2}}\n" + OPEN, [
        "{of: workers >= cpus, expect: spread(throughput over workers) <= 1.1}",
        "expect: 'latency_p99_s[workers=16*cpus] >= 4 * latency_p99_s[workers=4*cpus]'"]),
    "E25": ("workload: fanout\nmodel: [{asyncio: {}, as: plain}, {asyncio: {}, as: eager}]\nsweep: {workers: [100, 1e4]}\n", [
        "expect: throughput[eager] > throughput[plain]",
        "expect: '1 / throughput[workers=1e4] == 1 / throughput[workers=100] within 30%'"]),
    "E26": ("workload: [{w.py:work: {}, as: w}]\nmodel: [asyncio, to_thread, processes]\n"
            "sweep: {w.burst: [10ms], workers: [2]}\n", [
        "expect: 'fake_lag_p99_s[to_thread] >= 5ms and fake_lag_p99_s[processes] < 2ms'"]),
    "E27": ("workload: [{w.py:work: {}, as: w}]\nmodel: [mp_pool, process_pool]\nsweep: {workers: [2]}\n", [
        "{of: {model: process_pool}, expect: 'status == failed and detection_s < 2s'}",
        "{of: {model: mp_pool}, expect: status == timeout}", "expect: orphans == 0"]),
    "E28": ("workload: [{w.py:work: {}, as: none_}, {w.py:work: {}, as: immediate}]\nmodel: threads\n"
            "sweep: {workload.p: [0.1, 0.5], workers: [2]}\n"
            + OPEN, [
        "expect: attempts == 1 / (1 - workload.p) within 5%",
        "{when: load.rate > 50/s, expect: 'goodput[immediate] < goodput[none_]'}"]),
    "E29": ("workload: [{lock_order: {}, as: ordered}, {lock_order: {order: opposite}, as: unordered}]\n"
            "model: threads\nsync: lock\nsweep: {workers: [2]}\n", [
        "{of: {workload: ordered}, expect: status == ok}", "{of: {workload: unordered}, expect: 'status in [timeout, crashed]'}"]),
    "E30": ("workload: [{w.py:work: {}, as: w}]\nmodel: processes\nsweep: {w.f: [0.05, 0.2], workers: [1, 2, 4]}\n", [
        "expect: fake_alpha_lo <= w.f <= fake_alpha_hi", "expect: fake_alpha_beyond <= 10%"]),
    "E31": ("workload: [{w.py:work: {}, as: w}]\nmodel: serial\n", ["expect: fake_misclassified == 0"]),
    "E32": ("workload: [{w.py:work: {}, as: w}]\nmodel: [threads, asyncio]\nsweep: {w.stall: [1s], workers: [4]}\n" + OPEN, [
        "expect: latency_p99_s >= 10 * service_time_p99_s", "expect: latency_p99_s >= 10 * fake_closed_p99_s"]),
}  # fmt: skip


@pytest.fixture
def faked(monkeypatch):
    """The catalogue with the made-up metrics."""
    from concexp.analysis.metrics import Metric

    names, load = catalog.names, catalog.load
    made = {name: type(name, (Metric,), {"kind": kind}) for name, kind in FAKES.items()}
    monkeypatch.setattr(catalog, "names", lambda kind: (*names(kind), *(made if kind == "metric" else ())))
    monkeypatch.setattr(catalog, "load", lambda kind, name: made.get(name) or load(kind, name))
    metrics.cache_clear()
    yield
    metrics.cache_clear()


@pytest.mark.parametrize("name", GALLERY)
def test_every_experiment_of_the_gallery_can_say_its_claim(name, faked, tmp_path, write):
    """Each claim of the gallery can be written, and every cell that it names exists."""
    write("w.py", WORK)
    head, claims = GALLERY[name]
    text = "name: gallery\n" + head + HEAD + "claims:\n" + "".join(f"  - {claim}\n" for claim in claims)
    spec = parse_text(text, str(tmp_path / "x.yaml"))
    assert len(spec.claims) == len(claims)
    assert make_plan(spec, 4).runnable


def test_the_whole_gallery_is_there():
    """All 32 experiments, in order."""
    assert list(GALLERY) == [f"E{number:02d}" for number in range(1, 33)]
