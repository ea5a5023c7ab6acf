"""YAML text -> Spec: every name exists, every parameter is a field of its plug-in, every error has a line and a column."""

from concexp.experiment.reader import load, parse_text
from concexp.experiment.spec import Axis, Entry, Grid, Measure, Range, Spec, Value

__all__ = ["Axis", "Entry", "Grid", "Measure", "Range", "Spec", "Value", "load", "parse_text"]
