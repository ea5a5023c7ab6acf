"""The keys of the YAML: each is described, its example validates, and one at a wrong level gets its place."""

import pytest
import yaml

from concexp.experiment import keys, parse_text, yaml_nodes
from tests.helpers.sweeps import SHORT, problems

BASE = {"workload": "cpu_sum", "model": ["serial", "threads"]}
OTHERS = [
    (f"{kind}.{name}", key)
    for kind, table in {
        "entry": keys.ENTRY,
        "value": keys.VALUE,
        "range": keys.RANGE,
        "variable": keys.VARIABLE,
    }.items()
    for name, key in table.items()
]
KEYS = [*keys.everywhere(), *OTHERS]
NAMES = [path for path, _ in KEYS]
NOT_A_QUANTITY = {"measure.seed", "sweep.seed", "sweep.hash_seed"}


@pytest.mark.parametrize(("path", "key"), KEYS, ids=NAMES)
def test_every_key_is_described(path, key):
    """A meaning and what the key takes, in a few words."""
    assert key.meaning
    assert key.values
    assert not key.meaning.endswith(".")


@pytest.mark.parametrize(("path", "key"), KEYS, ids=NAMES)
def test_every_quantity_has_a_unit(path, key):
    """What is read as a number, a duration, a size, a rate or a share has a unit; a word has none."""
    number = key.values.startswith(("whole number", "duration", "size", "rate", "percentage"))
    assert bool(key.unit) == (number and path not in NOT_A_QUANTITY)


@pytest.mark.parametrize(("path", "key"), KEYS, ids=NAMES)
def test_every_example_validates(path, key, tmp_path):
    """The example, with a workload and a model where it names none, is an experiment that has the key."""
    (tmp_path / "common.yaml").write_text("question: Q\n")
    (tmp_path / "data.csv").write_text("1\n")
    (tmp_path / "my.py").write_text("def parse(): pass\n")
    given = yaml_nodes.parse(key.example, "x.yaml").plain()
    rest = yaml.dump({name: value for name, value in BASE.items() if name not in given}, Dumper=yaml_nodes.Dumper)
    parse_text(f"{rest}{key.example}\n", str(tmp_path / "x.yaml"))
    assert f"{key.name.removesuffix('NAME')}" + ("" if key == keys.ENV else ":") in key.example


@pytest.mark.parametrize("name", keys.BLOCKS)
def test_blocks_have_the_keys_of_their_models(name):
    """What is shown is what is validated: a new field of the model is shown without another edit."""
    assert list(keys.of_block(name)) == list(keys.BLOCKS[name].model_fields)


@pytest.mark.parametrize(
    ("more", "path", "cure"),
    [
        ("repetitions: 5", "repetitions", "it belongs below `measure:`: write `measure: {repetitions: 5}`"),
        ("workers: [1, 2]", "workers", "it belongs below `sweep:`: write `sweep: {workers: [1, 2]}`"),
        ("expect: speedup > 1", "expect", "it belongs below `claims:`: write `claims: [{expect: speedup > 1}]`"),
        ("plots: [scaling]", "plots", "it belongs below `report:`: write `report: {plots: [scaling]}`"),
        ("duration: 1s", "duration", "it belongs below `load:`: write `load: {duration: 1s}`"),
        ("env: {A: b}", "env", "did you mean 'environment'?"),
        ("trials: 5", "trials", "it belongs below `measure:`: write `measure: {repetitions: 5}`"),
        ("n_jobs: 5", "n_jobs", "it belongs below `sweep:`: write `sweep: {workers: 5}`"),
        ("measure: {reps: 5}", "measure.reps", "did you mean 'repetitions'?"),
        ("measure: {ops: 5}", "measure.ops", "it belongs below `load:`: write `load: {ops: 5}`"),
        ("measure: {model: threads}", "measure.model", "it belongs at the root: write `model: threads`"),
        ("measure: {repetitons: 5}", "measure.repetitons", "did you mean 'repetitions'?"),
        ("seed: 7", "seed", "it belongs below `measure:`: write `measure: {seed: 7}` or `sweep: {seed: 7}`"),
    ],
)
def test_a_key_at_a_wrong_level_gets_its_place(more, path, cure):
    """The cure has the value as it was written, at its place."""
    (found,) = problems(f"{SHORT}{more}\n")
    assert (found.path, found.hint) == (path, cure)


@pytest.mark.parametrize(
    ("axis", "cure"),
    [
        ("iterations: [3, 5]", "did you mean 'measure.iterations'?"),
        ("repetitions: [3, 5]", "it belongs below `measure:`: write `measure: {repetitions: 3}`"),
        ("model: [serial]", "it belongs at the root: write `model: [serial]`"),
        ("rate: [1/s]", "did you mean 'load.rate'?"),
    ],
)
def test_what_is_no_axis_gets_its_place(axis, cure):
    """A key of a block is an axis by its longer name; what cannot vary stands where it has one value."""
    (found,) = problems(f"workload: sleep\nmodel: serial\nsweep: {{{axis}}}\n")
    assert found.hint == cure
