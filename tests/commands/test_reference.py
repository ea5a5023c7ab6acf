"""What `show TOPIC` prints: all keys of the topic, each as the tables describe it."""

import pytest

from concexp import catalog
from concexp.commands import reference
from concexp.experiment import environment, expressions, files, keys

TABLES = {"measure": keys.of_block("measure"), "load": keys.of_block("load"), "report": keys.of_block("report"),
          "sweep": keys.of_sweep() | keys.VALUE | keys.RANGE, "yaml": keys.ROOT | keys.ENTRY, "claims": keys.CLAIM,
          "environment": {"environment": keys.ROOT["environment"], "sweep.env.NAME": keys.ENV} | keys.VARIABLE,
          "files": {"files": keys.ROOT["files"]},
          "metrics": {name: keys.ROOT[name] for name in ("metrics", "primary")},
          "execution": {name: keys.ROOT[name] for name in ("startup", "background")}}  # fmt: skip


def flat(text):
    return " ".join(text.split())


@pytest.mark.parametrize("topic", TABLES)
def test_a_topic_has_all_its_keys(topic):
    """Each with what it takes, its unit, its default, its meaning and its example."""
    text = reference.topic(topic)
    for name, key in TABLES[topic].items():
        assert f"{name}: {key.values}".split(" (")[0][:60] in flat(text)
        for part in (key.meaning, key.default and key.default != "required" and f"default: {key.default}", key.example):
            assert flat(part or "") in flat(text)
        assert f"({key.unit})" in text or not key.unit


@pytest.mark.parametrize("topic", reference.names())
def test_a_topic_fits_a_terminal(topic):
    """No line is longer than 132 characters; no plug-in is called like a topic."""
    assert max(map(len, reference.topic(topic).splitlines())) <= 132
    assert not any(topic in catalog.names(kind) for kind in catalog.KINDS)


def test_metrics_and_plots_are_listed():
    """`show metrics` has each metric with its unit, `show report` each picture."""
    metrics, pictures = reference.topic("metrics"), reference.topic("report")
    for name in catalog.names("metric"):
        assert f"\n{name}: {catalog.load('metric', name).unit or 'no unit'}, " in metrics
    assert all(f"\n  {name}\n" in pictures for name in catalog.names("plot"))


def test_execution_has_what_is_set_of_interpreters():
    """The axes that belong to no block of the YAML."""
    text = reference.topic("execution")
    for name in ("env.NAME", "python", "gil", "jit", "switch_interval", "pin", "workers"):
        assert f"\nsweep.{name}: " in text


def test_a_key_of_the_root_is_shown_alone():
    """`show baseline` is about that key; a word that is none has no topic."""
    assert reference.topic("baseline").startswith("baseline: map of labels")
    assert reference.topic("counter") is None


def test_the_language_of_claims_is_shown():
    """`show claims` has the reference of the language, with every function and every curve."""
    text = reference.topic("claims")
    for word in (*expressions.FUNCTIONS, *expressions.CURVES, "first", "within 10%", "effective_cpus", "valid: any"):
        assert word in text


def test_what_user_code_may_need_is_shown():
    """`show environment` names each variable that cannot be set, `show files` the limits."""
    assert all(name in reference.topic("environment") for name in (*environment.REFUSED, environment.RESERVED))
    text = reference.topic("files")
    assert f"{files.COPY_LIMIT >> 20} MiB" in text
    assert f"{files.FILES_LIMIT:,} files" in text
