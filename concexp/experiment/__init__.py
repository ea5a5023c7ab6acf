"""YAML text -> Spec: all names and parameters in it exist, and each error has a line and a column."""

from concexp.experiment.blocks import Answer, Measure
from concexp.experiment.reader import load, of_data, parse_text
from concexp.experiment.spec import Entry, Grid, Spec
from concexp.experiment.swept import Axis, Range, Value

__all__ = ["Answer", "Axis", "Entry", "Grid", "Measure", "Range", "Spec", "Value", "load", "of_data", "parse_text"]
