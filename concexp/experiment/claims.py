"""`claims:` -> Claims: expressions whose metrics, axes and labels all exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from concexp import catalog
from concexp.errors import did_you_mean, meant
from concexp.experiment import expressions, keys, selections, units
from concexp.experiment.axis_values import LOAD
from concexp.experiment.expressions import ExpressionError, Tree
from concexp.experiment.outcomes import metric_of
from concexp.experiment.problems import Problems, inside, items, parsed, text, unknown_keys
from concexp.experiment.selections import Names
from concexp.experiment.spec import Claim, Grid
from concexp.experiment.statuses import STATUSES
from concexp.experiment.swept import Value
from concexp.experiment.yaml_mistakes import quoted
from concexp.experiment.yaml_nodes import Node

EXAMPLE = "{says: threads gain nothing, of: {model: threads}, expect: speedup < 1.1}"
FACTS = ("cpus", "effective_cpus", "status")  # names that every cell has, beside axes and metrics
VARIABLE = {"name", "at", "curve", "first"}  # kinds of trees that are no constants
CONDITIONS = ("compare", "and", "or", "not")


@dataclass(frozen=True)
class ClaimScope:
    """The names that claims may use.

    names        the axes, and the labels that are words
    labels       each axis's labels; None where only a plan knows them
    parameters   those of plug-ins and of the load
    outcomes     the metrics of the outcomes that user code declares
    open_loop    whether operations arrive at a rate anywhere
    baseline     whether there is a baseline
    """

    names: Names
    labels: Mapping[str, Sequence[Any] | None]
    parameters: frozenset[str]
    open_loop: bool
    baseline: bool
    outcomes: frozenset[str] = frozenset()

    @property
    def words(self) -> set[str]:
        """All names that have a value, and all labels that stand for themselves."""
        return {*catalog.names("metric"), *self.names.axes, *self.names.words, *self.parameters, *FACTS, *STATUSES}

    @property
    def measurable(self) -> list[str]:
        """The metrics that this experiment can have."""
        return [name for name, metric in catalog.classes("metric").items() if self.open_loop or not metric.open_loop]

    def cure(self, name: str) -> str:
        """What to write for an unknown name: a metric that is known by it, a cell's metric, or a similar name."""
        if found := catalog.meaning("metric", name, self.measurable):
            return meant(found)
        parts = name.split(".")
        metric = [part for part in parts if part in metrics()]
        label = [part for part in parts if part in self.names.words]
        if len(parts) == 2 and metric and label:
            return f"write {metric[0]}[{label[0]}] for the {metric[0]} of the cell with {label[0]}"
        if ours := units.spelt(name):
            return f"the unit is written {ours}, right behind its number: 5ms, 100/s"
        close = did_you_mean(name, sorted(self.words))
        if close.startswith("did"):
            return close
        here = ", ".join(dict.fromkeys([*self.names.axes, *sorted(self.names.words)]))
        return f"`concexp list metric` has the metrics; axes and labels here: {here}"


def claim_scope(grids: Sequence[Grid], names: Names, open_loop: bool, baseline: bool) -> ClaimScope:
    """The scope of an experiment's claims."""
    labels: dict[str, list[Any] | None] = {}
    for grid in grids:
        for axis in grid.axes:
            for number, key in enumerate(axis.keys):
                values = [point[number] for point in axis.points]
                computed = axis.range is not None or any(v.formula or isinstance(v.raw, dict | list) for v in values)
                _add_labels(labels, key, None if computed else [v.raw if v.label is None else v.label for v in values])
        if not any("workers" in axis.keys for axis in grid.axes):
            _add_labels(labels, "workers", None)  # one per CPU
    labels.update({key: sorted(words) for key, words in names.labels.items()})
    entries = [e for g in grids for e in (*g.workload, *g.model, *g.sync, g.background) if e is not None]
    parameters = {f"{owner}.{name}" for e in entries for owner in (e.kind, e.label) for name in e.accepts()}
    loads = {f"load.{name}" for name in LOAD}
    outcomes = frozenset(metric_of(name) for entry in entries for name in entry.outcomes)
    return ClaimScope(names, labels, frozenset({*parameters, *loads, "startup"}), open_loop, baseline, outcomes)


def _add_labels(labels: dict[str, list[Any] | None], key: str, more: list[Any] | None) -> None:
    """Adds the labels that one grid has on an axis; they stay unknown once those of any grid are."""
    known = labels.get(key, [])
    labels[key] = None if known is None or more is None else [*known, *more]


def read(node: Node, known: ClaimScope, problems: Problems) -> tuple[Claim, ...]:
    """The claims that could be read; a problem for each mistake in the others."""
    claims = []
    for number, item in enumerate(items(node)):
        path = f"claims[{number}]" if isinstance(node.value, list) else "claims"
        if isinstance(item.value, dict):
            claim = _claim(item, path, known, problems)
            if claim is not None:
                claims.append(claim)
        else:
            cure = f"write claims: [{{expect: {quoted(item.value)}}}]" if isinstance(item.value, str) else EXAMPLE
            problems.at(item, path, f"expected a claim, not {units.for_message(item.value)}", cure)
    return tuple(claims)


def of_data(data: Any) -> tuple[Claim, ...]:
    """The claims of a resolved experiment; they were checked when it was read."""
    listed = data if isinstance(data, list) else [data] if data else []
    return tuple(
        Claim(
            str(item.get("says") or item["expect"]),
            Value(item["of"], None, True) if isinstance(item.get("of"), str) else item.get("of"),
            item.get("when") or "",
            Value(item["expect"], None, True),
            item.get("valid") == "any",
            f"claims[{number}]",
            str(item.get("published") or ""),
            str(item.get("source") or ""),
        )
        for number, item in enumerate(listed)
    )


def _claim(node: Node, path: str, known: ClaimScope, problems: Problems) -> Claim | None:
    """One claim; None if there is any problem with it."""
    before = len(problems)
    given = node.value
    if len(given) == 1 and not set(given) & set(keys.CLAIM):
        ((key, only),) = given.items()
        if isinstance(only.value, str) and key not in keys.CLAIM["expect"].also:
            cure = f"write {{says: {quoted(key)}, expect: {quoted(only.value)}}}"
            problems.at(node, path, "`expect:` is missing", cure)
            return None
    unknown_keys(node, path, list(keys.CLAIM), problems)
    if "expect" not in given:
        if not any(key in keys.CLAIM["expect"].also for key in given):
            problems.at(node, path, "`expect:` is missing", EXAMPLE)
        return None
    words = {
        key: text(given[key], f"{path}.{key}", problems) for key in ("says", "published", "source") if key in given
    }
    if "valid" in given and given["valid"].value != "any":
        cure = "valid: any lets the times of trials with a wrong outcome count; leave it out otherwise"
        problems.at(
            given["valid"], f"{path}.valid", f"expected any, not {units.for_message(given['valid'].value)}", cure
        )
    of = _of(given["of"], f"{path}.of", known, problems) if "of" in given else None
    when = _expression(given["when"], f"{path}.when", known, problems) if "when" in given else ""
    expect = _expression(given["expect"], f"{path}.expect", known, problems)
    if len(problems) == before and expect is not None and not any(is_metric(part) for part in _parts(expect)):
        cure = f"metrics: {', '.join(catalog.names('metric'))}; or status"
        problems.at(given["expect"], f"{path}.expect", f"`{expect}` speaks of no metric", cure)
    if len(problems) > before:
        return None
    place = given["expect"]
    value = Value(expect, None, True, place.file, place.line, place.column + place.quoted)
    published, source = words.get("published") or "", words.get("source") or ""
    return Claim(words.get("says") or str(expect), of, when or "", value, "valid" in given, path, published, source)


def _of(node: Node, path: str, known: ClaimScope, problems: Problems) -> Mapping[str, Any] | Value | None:
    """The selection of the cells that a claim is about, as in `exclude`."""
    if isinstance(node.value, dict):
        selections.check_labels(node, path, known.names, (), problems)
        return node.plain()  # type: ignore[no-any-return]
    if isinstance(node.value, str):
        selections.check_condition(node, path, known.names, problems)
        return Value(node.value, None, True, node.file, node.line, node.column)
    cure = "{model: threads}, or a condition such as workers > 1"
    problems.at(node, path, f"expected a selection, not {units.for_message(node.value)}", cure)
    return None


def _expression(node: Node, path: str, known: ClaimScope, problems: Problems) -> str | None:
    """The text of a condition, with a problem for each mistake in it; None if it is no text, or compares nothing."""
    written = node.value
    if not isinstance(written, str):
        problems.at(
            node, path, f"expected a condition, not {units.for_message(node.plain())}", "such as speedup[threads] < 1.1"
        )
        return None
    if written.lstrip()[:1] in ("<", ">", "=", "!"):
        cure = f"begin with a metric: throughput {written.strip()}"
        problems.at(node, path, f"`{written}` compares nothing", cure)
        return None
    tree = parsed(written, node, path, problems, claim=True)
    if tree is not None:
        mistakes = list(_mistakes(tree, known))
        if not mistakes and tree.kind not in CONDITIONS:
            mistakes = [(tree.position, f"`{written}` is no condition", f"compare it: {written} > 1")]
        for position, message, cure in mistakes:
            problems.at(inside(node, position), path, f"in `{written}`: {message}", cure)
    return written


Mistake = tuple[int, str, str]  # the character, what is wrong, the cure


def _parts(written: str) -> Iterator[Tree]:
    return expressions.walk(expressions.parse(written, claim=True))


@cache
def metrics() -> frozenset[str]:
    """The names of all metrics; cached, since each word is looked up, and the catalogue lists a folder each time."""
    return frozenset(catalog.names("metric"))


def is_metric(part: Tree) -> bool:
    """Whether a part of an expression is a metric, or the status of a cell."""
    if part.kind not in ("name", "at"):
        return False
    known = part.value in metrics() or part.value == "status"
    return known or ("." in part.value and catalog.exists("metric", part.value))  # one of a family: `returned.hits`


def _mistakes(tree: Tree, known: ClaimScope, over: str = "") -> Iterator[Mistake]:
    """The mistakes in an expression that could be parsed; `over` is the function of the curve around it, or ""."""
    if tree.kind == "name":
        if tree.value not in known.words and not is_metric(tree):
            yield tree.position, f"there is no metric, axis or label '{tree.value}'", known.cure(tree.value)
        yield from _measurable(tree, known)
    elif tree.kind == "at":
        yield from _at(tree, known)
    elif tree.kind in ("curve", "first"):
        inner, axis = tree.parts if tree.kind == "curve" else reversed(tree.parts)
        if over:
            yield tree.position, f"a curve cannot stand inside of `{over}`", "take them apart into two claims"
        if axis.value not in known.names.axes:
            cure = did_you_mean(axis.value, known.names.axes)
            yield axis.position, f"there is no axis '{axis.value}'", cure
        yield from _mistakes(inner, known, tree.value or "first")
        if (inner.kind in CONDITIONS) != (tree.kind == "first"):
            wanted = "a condition" if tree.kind == "first" else "a number"
            yield inner.position, f"`{tree.value or 'first'}` needs {wanted} here", ""
    else:
        for part in tree.parts:
            yield from _mistakes(part, known, over)
        yield from _kinds(tree)
        if tree.kind == "compare":
            yield from _comparison(tree, known)
        yield from _constant(tree)


def _constant(tree: Tree) -> Iterator[Mistake]:
    """Constants that cannot be computed: a division by 0, the root of -1."""
    known = [part for part in tree.parts if {inner.kind for inner in expressions.walk(part)}.isdisjoint(VARIABLE)]
    if tree.kind == "/" and tree.parts[-1] in known:
        tree = replace(tree, parts=(Tree("number", 1, (), tree.position), tree.parts[-1]))
    elif tree.kind != "call" or len(known) < len(tree.parts):
        return
    try:
        expressions.evaluate(tree, {})
    except ExpressionError as error:
        yield tree.position, str(error), ""


def _kinds(tree: Tree) -> Iterator[Mistake]:
    """Conditions where a number is needed, and numbers where a condition is needed."""
    logic = tree.kind in ("and", "or", "not")
    for part in tree.parts:
        if logic and part.kind not in CONDITIONS:
            yield part.position, f"`{tree.kind}` joins conditions, and this is none", "compare it with something"
        if not logic and part.kind in CONDITIONS:
            yield part.position, "a condition cannot be computed with or compared", "join conditions by and, or"


def _measurable(tree: Tree, known: ClaimScope) -> Iterator[Mistake]:
    """Metrics that this experiment cannot measure."""
    if tree.value.startswith(metric_of("")) and is_metric(tree) and tree.value not in known.outcomes:
        cure = did_you_mean(tree.value, sorted(known.outcomes)) or "declare it: call: {target: …, outcomes: {…}}"
        yield tree.position, f"no workload declares the outcome '{tree.value.partition('.')[2]}'", cure
    if tree.value in metrics():
        metric = catalog.load("metric", tree.value)
        if metric.open_loop and not known.open_loop:
            yield tree.position, *closed_loop(tree.value)
        if metric.level == "cell" and not known.baseline:
            yield tree.position, f"{tree.value} is relative to a baseline, and there is none", "baseline: {workers: 1}"


def closed_loop(name: str) -> tuple[str, str]:
    """(message, cure) for a latency where no operation arrives at a rate."""
    other = name.replace("latency", "service_time")
    cure = f"take {other}, or give the load a rate: load: {{rate: 100/s, duration: 5s}}"
    return f"{name} needs an open loop: nothing here arrives at a time of its own", cure


def _at(tree: Tree, known: ClaimScope) -> Iterator[Mistake]:
    """Mistakes in a metric of another cell: the metric, the axes and their labels have to exist."""
    if not is_metric(tree):
        yield tree.position, f"there is no metric '{tree.value}'", catalog.cure("metric", tree.value, known.measurable)
    yield from _measurable(tree, known)
    for place in tree.parts:
        (value,) = place.parts
        if place.value and place.value not in known.names.axes:
            cure = did_you_mean(place.value, known.names.axes)
            yield place.position, f"there is no axis '{place.value}'", cure
        elif value.kind in ("number", "text", "name") and value.value not in ("cpus", *known.names.axes):
            yield from _label(place, label_of(value), known)
        else:
            computed = expressions.names(value).items()
            names = {*known.names.axes, "cpus"}
            for name, position in computed:
                if name not in names:
                    yield position, f"there is no '{name}' to compute with", did_you_mean(name, sorted(names))
            if not place.value:
                yield place.position, "a computed value needs its axis", f"{tree.value}[workers=2*cpus], for example"


def label_of(value: Tree) -> Any:
    """The label that a value in brackets stands for: a number as written, since 3.10 is not 3.1."""
    return value.written if value.kind == "number" else value.value


def _label(place: Tree, label: str, known: ClaimScope) -> Iterator[Mistake]:
    """A label that its axis, or exactly one of all axes, does not have; labels that only a plan knows are checked there."""
    if place.value:
        labels = known.labels.get(place.value)
        if labels is not None and not any(same_label(one, label) for one in labels):
            cure = selections.label_cure(label, [str(one) for one in labels])
            yield place.parts[0].position, f"the axis '{place.value}' has no value '{label}'", cure
        return
    axes = axes_of(label, known.labels)
    if len(axes) > 1:
        yield place.position, *ambiguous(label, axes)
    elif not axes and all(labels is not None for labels in known.labels.values()):
        every = sorted({str(one) for labels in known.labels.values() for one in labels or ()})
        yield place.position, f"no axis has the value '{label}'", selections.label_cure(label, every)


def axes_of(label: Any, labels: Mapping[str, Iterable[Any] | None]) -> list[str]:
    """The axes that have a label."""
    return [axis for axis, known in labels.items() if any(same_label(one, label) for one in known or ())]


def ambiguous(label: Any, axes: Sequence[str]) -> tuple[str, str]:
    """(message, cure) for a value that several axes have."""
    return f"the axes {' and '.join(axes)} have the value '{label}'", f"say which: [{axes[0]}={label}]"


def same_label(label: Any, wanted: Any) -> bool:
    """Whether a label is the wanted value: the same text, the same flag, or the same quantity in another unit."""
    if label is None or wanted is None or label == wanted:
        return label is wanted or label == wanted
    if isinstance(label, bool):
        return units.FLAGS.get(str(wanted).lower()) is label
    if str(label) == str(wanted):
        return True
    quantity = expressions.quantity(label) if isinstance(label, str) else label
    other = expressions.quantity(wanted) if isinstance(wanted, str) else wanted
    if other is None and not isinstance(label, str):
        try:
            other = units.number(wanted)
        except ValueError:
            return False
    return quantity is not None and quantity == other


def _comparison(tree: Tree, known: ClaimScope) -> Iterator[Mistake]:
    """Times that are compared exactly, though no measured time is exactly a number; and words that are not a status."""
    for sign, left, right in zip(tree.value, tree.parts, tree.parts[1:], strict=False):
        exact = sign in ("!=", "in") or (sign == "==" and tree.tolerance is None)
        times = [name for side in (left, right) for name in _times(side)]
        if exact and times:
            cure = f"{times[0]} == … within 10%, or within 2x"
            yield left.position, f"`{sign}` of {times[0]}: what is measured is never exactly the same", cure
        sides = [list(expressions.walk(side)) for side in (left, right)]
        if any(part.value == "status" and is_metric(part) for side in sides for part in side):
            words = [part for side in (left, right) for part in (side, *side.parts) if part.kind in ("name", "text")]
            for part in words:
                if part.value not in (*STATUSES, "status") and (part.kind == "text" or part.value in known.words):
                    cure = did_you_mean(part.value, STATUSES)
                    yield part.position, f"there is no status '{part.value}'", cure


def _times(tree: Tree) -> Iterator[str]:
    """The metrics that depend on time, except those that are rounded to whole steps before they are compared."""
    if tree.kind == "first" or tree.value in ("ceil", "floor"):
        return
    if is_metric(tree) and tree.value != "status" and catalog.load("metric", tree.value).is_timed():
        yield tree.value
    for part in tree.parts:
        yield from _times(part)
