"""`diagnose:`: which probes it takes."""

import pytest

from concexp.errors import InputError
from concexp.experiment import parse_text

HEAD = "workload: cpu_sum\nmodel: threads\n"


def test_one_name_or_a_list():
    """Each once; without the key, none."""
    assert parse_text(f"{HEAD}diagnose: profile\n", "x.yaml").diagnose == ("profile",)
    assert parse_text(f"{HEAD}diagnose: [profile, profile]\n", "x.yaml").diagnose == ("profile",)
    assert parse_text(HEAD, "x.yaml").diagnose == ()


def test_it_turns_on_the_probe_and_no_metric():
    """A profile has no number."""
    spec = parse_text(f"{HEAD}diagnose: profile\n", "x.yaml")
    assert "profile" in spec.probes
    assert spec.requested_metrics == parse_text(HEAD, "x.yaml").requested_metrics


@pytest.mark.parametrize(
    ("name", "meant"),
    [("memory", "allocations"), ("tracemalloc", "allocations"), ("energy", "counters"), ("perf", "counters"),
     ("contentions", "switches"), ("profil", "profile"), ("py-spy", "gil")],
)  # fmt: skip
def test_other_words_lead_to_a_diagnoser(name, meant):
    """`memory` is a probe of another kind, which metrics turn on."""
    with pytest.raises(InputError) as caught:
        parse_text(f"{HEAD}diagnose: [{name}]\n", "x.yaml")
    assert f"did you mean '{meant}'?" in str(caught.value.problems[0])


@pytest.mark.parametrize("name", ["waits", "profil", "timeline"])
def test_another_probe_is_refused(name):
    """Metrics and pictures turn on the others."""
    with pytest.raises(InputError, match=rf"x\.yaml:3:\d+: diagnose: there is no diagnoser '{name}'"):
        parse_text(f"{HEAD}diagnose: [{name}]\n", "x.yaml")
