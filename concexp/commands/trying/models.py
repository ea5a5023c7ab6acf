"""The models that `concexp try` measures, by what they are and never by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from concexp import catalog
from concexp.errors import UnknownName
from concexp.experiment import Entry

ALONE, THREADS, PROCESSES, COROUTINES, INTERPRETERS = "one", "threads", "processes", "coroutines", "interpreters"


@dataclass(frozen=True)
class Candidate:
    """A model, the group of those that run work in the same way, and whether it hands over calls one by one, as executors do."""

    name: str
    group: str
    pool: bool


def candidates(wanted: Sequence[str] = ()) -> list[Candidate]:
    """The models of the standard library, or those wanted, in order: of each group first what people write first.

    UnknownName if a wanted one does not exist.
    """
    for name in wanted:
        if not catalog.exists("model", name):
            raise UnknownName("model", name, catalog.names("model"))
    found = []
    for name in wanted or catalog.names("model"):
        model = Entry.default("model", name).build()
        if wanted or not (model.simulated or model.packages or model.missing()):
            found.append((model, Candidate(name, _group(model), model.opens and not model.lasting)))
    if not wanted:
        found.sort(key=lambda one: _rank(one[0]))
    return [candidate for _, candidate in found]


def of_group(models: Sequence[Candidate], group: str) -> list[Candidate]:
    """The models of one group."""
    return [model for model in models if model.group == group]


def _group(model: object) -> str:
    if not getattr(model, "needs_workers", True):
        return ALONE
    return COROUTINES if getattr(model, "asynchronous", False) else str(getattr(model, "parallel", ALONE))


def _rank(model: object) -> tuple[bool, ...]:
    """Plain workers and executors before what is derived from them: models with a module of their own name come first."""
    cls = type(model)
    derived = any(
        base.__name__ == cls.__name__ and base.__module__ != "concexp.trial.plugin" for base in cls.__mro__[1:]
    )
    return derived, bool(getattr(model, "daemonic", False))
