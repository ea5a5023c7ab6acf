"""Where the keys of a grid stand: in its own item of `sweep:`, or at the root for all grids."""

from __future__ import annotations

from dataclasses import dataclass

from concexp.experiment.axis_table import AXES
from concexp.experiment.yaml_nodes import Node

GRID_KEYS = ("workload", "model", "sync", "background", "load", "startup", "exclude")


@dataclass(frozen=True)
class Scope:
    """One grid in the file.

    node     the map with its axes: `sweep:`, or one item of it
    listed   whether `sweep:` is a list; then the item may also hold the keys that otherwise stand at the root
    """

    root: Node
    node: Node
    path: str
    listed: bool

    def is_local(self, key: str) -> bool:
        """Whether the grid itself sets the key, instead of sweeping it."""
        if not self.listed or key not in GRID_KEYS or key not in self.node.value:
            return False
        return not (key in AXES and _is_swept(self.node.value[key]))

    def get(self, key: str) -> tuple[Node | None, str]:
        """The value of a key and its path, from the grid or else from the root; None if neither has it."""
        if self.is_local(key):
            return self.node.value[key], f"{self.path}.{key}"
        return self.root.value.get(key), key

    @property
    def swept(self) -> Node:
        """The axes of the grid: its map without the keys that it sets."""
        axes = {key: node for key, node in self.node.value.items() if not self.is_local(key)}
        return Node(axes, self.node.file, self.node.line, self.node.column, keys=self.node.keys)


def _is_swept(node: Node) -> bool:
    """Whether a value is one of an axis: a list, or one with a label."""
    return isinstance(node.value, list) or (isinstance(node.value, dict) and "is" in node.value)
