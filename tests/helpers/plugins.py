"""What the contracts ask of every plug-in, and how they find them: a new file is under test by itself."""

import itertools

from concexp import catalog
from concexp.trial import tools
from concexp.trial.tools import unsupported

SMALL = {"ops": 20, "scaling": "strong"}
TIMED = {"duration": 0.005}
# Those that run trials with nothing installed. For the others see tests/trial/models/test_engines.py.
REAL_MODELS = [
    name
    for name in catalog.names("model")
    if not catalog.load("model", name).simulated and not catalog.load("model", name).packages
]


def build(kind, name, **parameters):
    """A plug-in object with its defaults."""
    return catalog.load(kind, name)(**parameters)


# What goes wrong on purpose, and how it goes well; and what moves more memory than it takes to see that it works.
WELL = {"faulty": {"at": 1 << 62}, "triad": {"size": 1 << 20}}


def well(workload):
    """(name, parameters) of a workload that is to do what it does without a fault."""
    return workload, WELL.get(workload, {})


def runs(workload, model, sync, workers, load=SMALL):
    """Whether this combination exists for so many workers; a model that has none runs one."""
    model = build("model", model)
    workers = workers if model.needs_workers else 1
    return not unsupported(build("workload", workload), model, build("sync", sync), workers, load)


def races(workload, model, sync):
    """Whether nothing guards what workers share while they really run at the same time: lost updates are data then."""
    shares = "guard" in build("workload", workload).takes
    return shares and sync == "none" and build("model", model).parallel != "one"


def triples(workers):
    """(workload, model, sync) of every combination that really runs with so many workers."""
    every = itertools.product(catalog.names("workload"), REAL_MODELS, catalog.names("sync"))
    return [triple for triple in every if runs(*triple, workers)]


def assert_described(kind, name):
    """A docstring whose first line is a sentence; every parameter with a type, a meaning and a default that fits."""
    cls = catalog.load(kind, name)
    assert cls.__doc__, "a plug-in is described by its docstring"
    first = catalog.summary(cls)
    assert first == first.strip()
    assert first[0].isupper()
    assert first.rstrip()[-1] in ".:?;,", "the first line is the summary: a sentence"
    for parameter in catalog.parameters(cls).values():
        assert parameter.meaning, f"the docstring of {name} does not tell what {parameter.name} means"
        assert parameter.type != "any", f"{name}.{parameter.name} has a type that cannot be validated"
        assert not parameter.required, f"{name}.{parameter.name} needs a default"
        if parameter.choices:
            assert parameter.default in parameter.choices
        if parameter.minimum is not None:
            assert parameter.default >= parameter.minimum
            assert not (parameter.exclusive and parameter.default == parameter.minimum)
        if parameter.maximum is not None:
            assert parameter.default <= parameter.maximum


# The models that this interpreter can run at all.
HERE = [name for name in REAL_MODELS if runs("cpu_sum", name, "none", 2)]


METHODS = ("fork", "spawn", "forkserver")


def lent(model, folder="", workers=1, **parameters):
    """The tools that a model lends."""
    model = build("model", model, **parameters)
    return tools.Tools(*model.primitives(), model.asynchronous, str(folder), workers)
