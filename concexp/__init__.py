"""concexp: which concurrency model suits a Python workload, and how sure can one be?

From Python: `concexp.load("reports/x")` reads a run, `concexp.Experiment("x.yaml")` plans and runs an experiment.
"""

__version__ = "0.1.0"
__all__ = ["Experiment", "__version__", "load"]


def __getattr__(name: str) -> object:
    """`load` and `Experiment`, fetched when they are asked for: `import concexp` costs nothing."""
    if name not in ("Experiment", "load"):
        raise AttributeError(f"module 'concexp' has no attribute '{name}'")
    from concexp.commands import api

    found: object = getattr(api, name)
    return found


def __dir__() -> list[str]:
    return __all__
