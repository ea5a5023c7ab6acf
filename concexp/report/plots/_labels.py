"""What pictures call cells and quantities: nothing that never varies is in a label."""

from __future__ import annotations

from concexp.report.phrases import AXES, baseline_text
from concexp.report.plots import _style
from concexp.report.points import Point
from concexp.report.text.labels import one_line
from concexp.report.text.language import counted, say
from concexp.report.text.markdown import plain
from concexp.report.text.numbers import plural, rate_unit, sentence_case
from concexp.report.view import View


def cell_label(view: View, point: Point, marked: bool = True) -> str:
    """`threads ×2, lock †`, `lock ×2`, `2 workers`: what varies in the run, the model where nothing does.

    A sign of trust stands behind it if `marked`.
    """
    name, primitive = name_part(view, point), _style.short(primitive_part(view, point))
    first, second = (name, primitive) if name else (primitive, "")
    name = ", ".join(filter(None, [" ".join(filter(None, [first, workers_part(view, point)])), second]))
    if name == workers_part(view, point) and name:
        name = plural(point.parallelism, "worker")
    name = name or _style.short(view.series_name(point))
    return f"{name} {point.mark}".rstrip() if marked else name


def name_part(view: View, point: Point) -> str:
    """The model if several were measured, and its parameters that vary."""
    name = view.series_name(point)
    if "model" not in view.varying_axes:
        name = name.removeprefix(one_line(point.model)).strip()
    return _style.short(name) if name else ""


def workers_part(view: View, point: Point) -> str:
    """`×4` where numbers of workers vary."""
    return f"×{point.workers}" if "workers" in view.varying_axes and point.workers is not None else ""


def primitive_part(view: View, point: Point) -> str:
    """The primitive if several were measured, unless the work decides which one it is."""
    conditions = [key for key in view.axes if key in view.varying_axes and not view.is_choice(key)]
    decided = any(view.determines(key, "sync") for key in conditions) if "sync" in view.axes else False
    return "" if decided else view.primitive(point)


def axis_name(view: View, key: str) -> str:
    """The last part of an axis' name, unless another varying axis ends the same way."""
    last = key.rpartition(".")[2]
    alike = [other for other in view.varying_axes if other.rpartition(".")[2] == last]
    if key in AXES and len(alike) <= 1:
        return say(AXES[key])
    return _style.short(last if len(alike) <= 1 else key, 40)


def quantity_label(view: View, metric: str, prefix: str, operation: str = "") -> str:
    """A metric with its unit, on an axis: `throughput, k sums/s`; `p99 service time, ms`; `speedup over serial`."""
    unit, name = view.metrics[metric].unit if metric in view.metrics else view.metric.unit, view.called(metric)
    if metric == view.relative:
        over = _style.short(plain(baseline_text(view)), 60)
        return say("{metric} over {baseline}, ×", metric=name, baseline=over) if over else with_unit(name, "×")
    if unit == "1/s":
        return with_unit(name, rate_unit(prefix, _style.short(operation)))
    if unit == "bytes":
        return with_unit(name, f"{prefix}B")
    text = prefix if unit in ("s", "x", "CPUs", "") else f"{prefix} {unit}".strip()
    return with_unit(name, text) if text else name


def better_text(quantity: str, better: str | None) -> str:
    """A quantity on an axis with the direction in which it is better, if known: `throughput, k sums/s (more is better)`."""
    if better is None:
        return quantity
    note = say("more is better") if better == "higher" else say("less is better")
    return say("{text} ({note})", text=quantity, note=note)


def with_unit(name: str, unit: str) -> str:
    """A quantity with its unit: `p99 service time, ms`."""
    return say("{title}, {unit}", title=name, unit=unit)


def titled(title: str, text: str) -> str:
    """A sentence about a panel behind its title, or by itself."""
    return say("{word}: {text}", word=title, text=text) if title else sentence_case(text)


def panels_left(left: int) -> list[str]:
    """How many panels are not drawn."""
    texts = counted(left, "{count} more panel is not drawn.", "{count} more panels are not drawn.")
    return [texts] if left > 0 else []


def comparisons_left(left: int) -> list[str]:
    """How many comparisons are not drawn."""
    text = counted(left, "{count} more comparison is not drawn.", "{count} more comparisons are not drawn.")
    return [text] if left > 0 else []


def value_text(text: str, prefix: str, metric_unit: str) -> str:
    """A figure with the unit in which it is drawn: `1.96x`, `508 k/s`, `3.1 ms`."""
    if metric_unit == "x":
        return f"{text}x"
    unit = {"1/s": f"{prefix}/s", "bytes": f"{prefix}B"}.get(metric_unit, prefix)
    return text if not unit else f"{text}{unit}" if unit == "/s" else f"{text} {unit}"
