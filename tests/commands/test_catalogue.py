"""What `list`, `show` and `plan` tell, to people and to programs."""

import json

import pytest

from concexp import catalog, experiment
from concexp.commands import catalogue, plan_text
from concexp.errors import ConcexpError
from concexp.experiment import expressions
from concexp.plan.planner import make_plan
from concexp.plan.support import absent
from concexp.run.forecast import forecast

TRIPLES = catalogue.support()


@pytest.fixture
def planned(write, tmp_path):
    """(spec, plan, forecast) of a text, on two CPUs, before any run."""

    def planned(text):
        found = experiment.load(write("x.yaml", text))
        plan = make_plan(found, 2)
        return found, plan, forecast(found, plan, tmp_path / "none", "host")

    return planned


@pytest.mark.parametrize("kind", catalogue.SHOWN_KINDS)
def test_the_list_names_every_plug_in(kind):
    """Data and text hold every name, with a sentence; the data goes into JSON."""
    (entries,) = catalogue.catalogue(kind).values()
    assert [entry["name"] for entry in entries] == list(catalog.names(kind))
    assert all(entry["summary"].endswith((".", ".)")) for entry in entries), entries
    text = catalogue.catalogue_text({kind: entries})
    assert all(f"  {entry['name']} " in text for entry in entries)
    json.dumps(entries)


def test_parameters_have_unit_range_default_and_meaning():
    """A program finds all that it needs to offer a parameter."""
    (echo,) = [entry for entry in catalogue.catalogue("workload")["workload"] if entry["name"] == "echo"]
    delay = {p["name"]: p for p in echo["parameters"]}["delay"]
    assert (delay["type"], delay["unit"], delay["default"]) == ("duration", "s", 0.0)
    assert delay["meaning"]


@pytest.mark.parametrize("kind", catalogue.SHOWN_KINDS)
def test_every_plug_in_can_be_shown(kind):
    """`show KIND/NAME` tells what it is and each parameter with its meaning."""
    for name in catalog.names(kind):
        text = catalogue.described(f"{kind}/{name}")
        cls = catalog.load(kind, name)
        assert text.startswith(f"{kind}/{name}\n\n{catalog.summary(cls)[:20]}")
        for parameter in catalog.parameters(cls).values():
            assert f"\n  {parameter.name}: " in text
            assert parameter.meaning
            assert parameter.meaning in text


def test_a_bare_name_shows_every_kind_that_has_it():
    """A name that two kinds have is shown for both; one that none has gets a suggestion."""
    assert catalogue.described("counter").startswith("workload/counter")
    for wrong, right in [("cuonter", "counter"), ("modle/threads", "model"), ("model/thraeds", "threads")]:
        with pytest.raises(ConcexpError, match=right):
            catalogue.described(wrong)


def test_an_unknown_kind_gets_a_suggestion():
    """`list modle` is a mistake with a cure."""
    with pytest.raises(ConcexpError, match="model"):
        catalogue.catalogue("modle")


def test_the_support_matrix_is_whole():
    """Every triple is there once, with a reason or without."""
    names = [catalog.names(kind) for kind in ("workload", "model", "sync")]
    assert len(TRIPLES) == len(names[0]) * len(names[1]) * len(names[2])
    reasons = {(t["workload"], t["model"], t["sync"]): t["reason"] for t in TRIPLES}
    assert len(reasons) == len(TRIPLES)
    assert reasons["counter", "threads", "lock"] == ""
    assert reasons["counter", "asyncio", "rlock"] == "asyncio has no RLock"


def test_the_support_text_tells_what_runs_and_each_reason_once():
    """One line per pair of workload and model; a reason is told once, with how many triples it concerns and which."""
    text = catalogue.support_text(TRIPLES)
    runs, _, reasons = text.partition("\n\nCannot run:\n")
    assert len(runs.splitlines()) == len(catalog.names("workload")) * len(catalog.names("model"))
    told = reasons.splitlines()[::2]
    assert len(told) == len(set(told))
    counts = [int(line.partition(":")[0]) for line in reasons.splitlines()[1::2]]
    assert sum(counts) == sum(bool(t["reason"]) for t in TRIPLES)
    every = len(catalog.names("workload"))
    assert f"  asyncio has no RLock\n      {every}: every workload × asyncio × rlock\n" in reasons
    assert "  this works with none or guard or shards, not with this\n" in reasons


def test_a_plan_for_people(planned):
    """The cells as a table, how many trials and how long, and what cannot run with the reason."""
    text = plan_text.plan_text(
        *planned(
            "workload: counter\nmodel: [threads, asyncio]\nsync: [lock, rlock]\nsweep: {workers: [1, 2]}\n"
            "load: {duration: 500ms}\nmeasure: {repetitions: 5, iterations: 2, warmup: 1}\n"
        )
    )
    assert text.count("\ncounter  ") == 6
    assert "\n6 cells × 5 repetitions + " in text
    assert "5 control" in text
    assert "5 sentinel" in text
    assert " = 40 trials\ntakes about " in text
    assert "2 cells cannot run:\n  2 × asyncio has no RLock" in text


def test_a_plan_tells_what_looking_on_costs(planned):
    """Trials that are added to look at something are told apart, and their time is counted."""
    text = plan_text.plan_text(
        *planned(
            "workload: counter\nmodel: threads\nsync: [none, lock]\nsweep: {workers: 2}\nload: {duration: 500ms}\n"
            "measure: {repetitions: 5, iterations: 2, warmup: 1}\nmetrics: [throughput, wait_share]\n"
        )
    )
    assert "2 cells × 5 repetitions + " in text
    assert "5 observed" in text
    assert " = 25 trials\n" in text
    assert "foreseen: 25 trials from their loads" in text


def test_a_plan_over_interpreters_tells_whose_reasons_they_are(write, tmp_path):
    """A reason stands with the interpreters that it holds for; who was not asked is told, for people and programs."""
    text = "workload: sleep\nmodel: serial\nsweep: {python: [current, '3.98', '3.99', {is: ./python, as: mine}]}\n"
    found = experiment.load(write("x.yaml", text))
    plan = make_plan(found, 2, "", {label: absent("it is not there") for label in ("3.98", "3.99")})
    foreseen = forecast(found, plan, tmp_path / "none", "host")
    shown = plan_text.plan_text(found, plan, foreseen)
    assert "  2 × it is not there (python 3.98, 3.99)" in shown
    assert "1 cells of python mine: asked at run" in shown
    asked = {
        cell["axes"]["python"]: cell["asked_at_run"] for cell in plan_text.plan_data(found, plan, foreseen)["cells"]
    }
    assert asked == {"current": False, "3.98": False, "3.99": False, "mine": True}


def test_a_plan_for_programs(planned):
    """Cells with axes, parameters, load and reason; the trials in the order in which they would run."""
    found, plan, foreseen = planned("workload: sleep\nmodel: [serial, threads]\nmeasure: {repetitions: 3}\n")
    data = json.loads(json.dumps(plan_text.plan_data(found, plan, foreseen)))
    assert {cell["axes"]["model"] for cell in data["cells"]} == {"serial", "threads"}
    assert [trial["trial"] for trial in data["trials"]] == [trial.id for trial in plan.trials]
    measured = [trial for trial in data["trials"] if trial["role"] == "measured"]
    assert [trial["block"] for trial in measured] == [0, 0, 1, 1, 2, 2]
    assert data["forecast"]["seconds"] == pytest.approx(foreseen.seconds, abs=1e-3)


def test_a_plan_says_until_when(planned):
    """A precision: what more may come after the first trials, what it is for, and who gets none."""
    text = plan_text.plan_text(
        *planned("workload: sleep\nmodel: [serial, threads]\nmeasure: {precision: 2.5%, max_repetitions: 30}\n")
    )
    said = "= 40 trials; then more, until throughput is known to ±2.5 %, or a cell has 30; none for cells whose trials end badly\n"
    assert said in text


def test_a_plan_tells_its_claims(planned):
    """Each claim with the number of its cases, for people and for programs."""
    found, plan, foreseen = planned(
        "workload: sleep\nmodel: [serial, threads]\nsweep: {workers: [1, 2]}\n"
        "claims:\n  - {says: it grows, of: {model: threads}, expect: speedup > 0.9}\n"
        "  - expect: throughput[serial] < 2 * throughput[threads]\n"
    )
    assert plan_text.plan_text(found, plan, foreseen).splitlines()[-3:] == [
        "Claims:",
        "  it grows: `speedup > 0.9`, 2 cases",
        "  throughput[serial] < 2 * throughput[threads], 2 cases",
    ]
    assert plan_text.plan_data(found, plan, foreseen)["claims"][0] == {
        "says": "it grows",
        "expect": "speedup > 0.9",
        "cases": 2,
    }


def test_the_language_of_claims_is_shown():
    """`show claims` is its reference, and every function and curve of the language is in it."""
    text = catalogue.described("claims")
    for word in (*expressions.FUNCTIONS, *expressions.CURVES, "first", "within 10%", "effective_cpus", "valid: any"):
        assert word in text
    assert max(map(len, text.splitlines())) <= 130
