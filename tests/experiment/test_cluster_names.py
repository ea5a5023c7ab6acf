"""Names of clusters, and `execution:` in the YAML."""

import pytest

from concexp.experiment import parse_text
from concexp.experiment.cluster_names import ClusterName, checked, parsed
from tests.helpers.sweeps import SHORT, problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tcp://host:8786", ClusterName(address="tcp://host:8786")),
        ("tls://10.0.0.1:8786", ClusterName(address="tls://10.0.0.1:8786")),
        ("local:4", ClusterName(workers=4)),
        ("my_cluster:make", ClusterName(module="my_cluster", function="make")),
        ("package.slurm:cluster", ClusterName(module="package.slurm", function="cluster")),
    ],
)
def test_the_forms_of_a_name(text, expected):
    """An address, a number of workers here, a function of a module."""
    assert parsed(text) == expected
    assert checked(text) == text


@pytest.mark.parametrize("text", ["host:8786", "local:0", "local:", "local:x y", "my.py:make:er", "", 4, None])
def test_what_names_no_cluster(text):
    """The error lists the forms."""
    with pytest.raises(ValueError, match="tcp://host:8786"):
        checked(text)


def test_where_an_experiment_runs_is_not_what_it_asks():
    """A cluster's address changes from day to day: the same run is completed from another one."""
    here = parse_text(SHORT, "x.yaml")
    there = parse_text(f"{SHORT}execution: {{engine: dask, cluster: 'tcp://host:1'}}\n", "x.yaml")
    assert there.execution.strategy == "spread"
    assert here.asked() == there.asked()
    assert here.on_cluster("local:2").execution.cluster == "local:2"
    assert here.on_cluster("local:2").execution.engine == "dask"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("execution: {engine: dask, cluster: nowhere}", "'nowhere' names no cluster"),
        ("execution: {cluster: local:2}", "this machine has no cluster and no strategy"),
        ("execution: {engine: ray}", "expected 'local' or 'dask'"),
        ("execution: {engine: dask, strategy: all}", "expected 'spread' or 'replicate'"),
    ],
)
def test_mistakes_have_a_place(text, words):
    """Each is one problem at its key."""
    (problem,) = problems(f"{SHORT}{text}\n")
    assert words in problem.message
    assert problem.path.startswith("execution")
    assert problem.line == 5
