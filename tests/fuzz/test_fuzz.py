"""A little fuzzing with the same inputs in every run of the suite; `make fuzz` does much more."""

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concexp.errors import ConcexpError
from concexp.experiment import parse_text, yaml_nodes
from concexp.run.storage import journal
from concexp.trial import wire
from tests.fuzz import strategies, targets
from tests.helpers import journal_builder, scenarios
from tests.helpers.schema_errors import rejected_keys

few = settings(derandomize=True, max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The bytes of a journal."""
    folder = tmp_path_factory.mktemp("fuzzed")
    return (journal_builder.write(folder, repetitions=2, **scenarios.bad()).folder / journal.NAME).read_bytes()


@few
@given(strategies.yamls())
def test_an_experiment_is_read_or_refused_with_its_place(text):
    """Any text, however broken, is an experiment or gives a list of mistakes."""
    targets.experiment(text)


@few
@given(strategies.yamls())
def test_what_the_reader_accepts_the_schema_accepts(text):
    """An editor must not underline what runs."""
    with contextlib.suppress(ConcexpError):
        parse_text(text, "x.yaml")
        assert rejected_keys(yaml_nodes.parse(text, "x.yaml").plain()) == set()


@settings(few, max_examples=20)
@given(draw=st.data())
def test_a_changed_journal_is_read_or_refused_with_its_line(tmp_path_factory, data, draw):
    """A journal with other values and fitting checksums gives tables, or an error that names the line and the key."""
    lines = [journal.decode(line) for line in data.splitlines()]
    folder = tmp_path_factory.getbasetemp()
    targets.journal_bytes(folder / "changed.jsonl", draw.draw(strategies.changed(lines)))


@few
@given(draw=st.data())
def test_a_torn_journal_gives_what_was_written_or_names_its_line(tmp_path_factory, data, draw):
    """From a journal with lines reordered, bytes changed or its end cut off, only records that were written are read."""
    whole = [journal.decode(line) for line in data.splitlines()]
    targets.prefix(tmp_path_factory.getbasetemp() / "torn.jsonl", draw.draw(strategies.torn(data)), whole)


@few
@given(strategies.literals, st.integers(0, 200), st.binary(max_size=20))
def test_an_answer_is_a_map_or_no_answer(value, cut, rubbish):
    """Whole, cut or followed by rubbish: an answer, the beginning of one, or an error with a reason."""
    message = wire.encode_answer(value)
    assert wire.body_of(message + rubbish) == message[wire.DIGITS :]
    targets.sent(message + rubbish)
    targets.sent(message[:cut] + rubbish)
