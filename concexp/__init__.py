"""concexp: which concurrency model suits a Python workload, and how sure can one be?

From Python: `concexp.load("reports/x")` reads a run, `concexp.compare(a, b)` compares stored runs, and
`concexp.Experiment("x.yaml")` plans and runs an experiment.
"""

__version__ = "0.1.0"
__all__ = ["Experiment", "__version__", "compare", "load"]


def __getattr__(name: str) -> object:
    """Return `load`, `compare` or `Experiment`, imported on first use so that `import concexp` stays fast."""
    if name not in ("Experiment", "compare", "load"):
        raise AttributeError(f"module 'concexp' has no attribute '{name}'")
    # By name (PEP 562): `concexp.commands` takes the version from here, and an import statement would close a circle.
    import importlib

    return vars(importlib.import_module("concexp.commands.api"))[name]


def __dir__() -> list[str]:
    return __all__
