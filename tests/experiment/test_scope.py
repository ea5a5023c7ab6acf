"""Where a grid's keys stand: its own item of `sweep:` comes first, then the root."""

import pytest

from concexp.experiment import yaml_nodes
from concexp.experiment.scope import Scope

FILE = """\
background: cpu_sum
load: {ops: 10}
sweep:
  - workers: [1, 2]
    background: sleep
    load: [{ops: 1}, {ops: 2}]
    startup: each
"""


@pytest.fixture
def root():
    return yaml_nodes.parse(FILE, "x.yaml")


def test_a_key_of_the_grid_comes_before_the_root(root):
    """A value has its own path in both places; a key that is nowhere has none."""
    scope = Scope(root, root.value["sweep"].value[0], "sweep[0]", True)
    node, path = scope.get("background")
    assert (node.plain(), path) == ("sleep", "sweep[0].background")
    assert scope.get("startup")[1] == "sweep[0].startup"
    assert scope.get("model") == (None, "model")


def test_a_list_is_an_axis_and_no_setting(root):
    """`load: [...]` in a grid is swept; its setting is that of the root."""
    scope = Scope(root, root.value["sweep"].value[0], "sweep[0]", True)
    node, path = scope.get("load")
    assert (node.plain(), path) == ({"ops": 10}, "load")
    assert list(scope.swept.value) == ["workers", "load"]


def test_one_map_of_axes_has_no_settings(root):
    """Without a list all keys of `sweep:` are axes."""
    scope = Scope(root, root.value["sweep"].value[0], "sweep", False)
    assert scope.get("background")[1] == "background"
    assert list(scope.swept.value) == ["workers", "background", "load", "startup"]
