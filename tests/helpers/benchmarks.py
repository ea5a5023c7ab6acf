"""The scripts of `benchmarks/` as modules: they are in no package."""

import contextlib
import importlib.util
import sys

from tests.helpers.program import ROOT


@contextlib.contextmanager
def loaded(name):
    """`with loaded("coverage") as module:` the script of that name."""
    spec = importlib.util.spec_from_file_location(f"{name}_benchmark", ROOT / "benchmarks" / f"{name}.py")
    module, before = importlib.util.module_from_spec(spec), sys.modules.get(spec.name)
    sys.modules[spec.name] = module  # its dataclasses look themselves up there
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        del sys.modules[spec.name]
        if before is not None:
            sys.modules[spec.name] = before
