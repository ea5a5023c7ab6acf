"""YAML text -> Spec: all names and parameters in it exist, and each error has a line and a column."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concexp.experiment.blocks import Answer, Measure
    from concexp.experiment.reader import load, of_data, parse_text
    from concexp.experiment.spec import Entry, Grid, Spec
    from concexp.experiment.swept import Axis, Range, Value

__all__ = ["Answer", "Axis", "Entry", "Grid", "Measure", "Range", "Spec", "Value", "load", "of_data", "parse_text"]
_HOMES = {
    "blocks": ("Answer", "Measure"),
    "reader": ("load", "of_data", "parse_text"),
    "spec": ("Entry", "Grid", "Spec"),
    "swept": ("Axis", "Range", "Value"),
}


def __getattr__(name: str) -> Any:
    """What this package offers, imported on first use: a single module of it then costs no more than itself."""
    import importlib

    for home, offered in _HOMES.items():
        if name in offered:
            return vars(importlib.import_module(f"{__name__}.{home}"))[name]
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
