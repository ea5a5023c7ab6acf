"""Why a combination cannot run, asked of the interpreter that is to run it: nothing is started and nothing is built."""

from concexp.trial.plugin import load_plugin
from concexp.trial.tools import background_refusal, package_missing, unsupported


class NotHere(Exception):
    """Why a plug-in cannot be loaded by this interpreter."""


def answer(request):
    """The answer to {"verb": "refuse", "combinations": […]}: {"reasons": […]}, with an empty text for what can run.

    A combination is a dict with `workload`, `model`, `sync`, `workers`, `load` and maybe `background`, as in `measure`.
    """
    return {"reasons": [reason_of(combination) for combination in request["combinations"]]}


def reason_of(combination):
    """Why this combination cannot run here, or an empty text."""
    try:
        second = combination.get("background")
        return refusal(
            loaded("workloads", combination["workload"]),
            loaded("models", combination["model"]),
            loaded("sync", combination["sync"]),
            combination["workers"],
            combination["load"],
            second and (loaded("workloads", second["workload"]), loaded("models", second["model"]), second["workers"]),
        )
    except NotHere as reason:
        return str(reason)


def loaded(kind, entry):
    """The plug-in of an entry; NotHere if this interpreter cannot load it."""
    missing = package_missing(entry["name"], entry.get("packages", ()))
    if missing:  # its module may import it at once
        raise NotHere(missing)
    try:
        return load_plugin(kind, entry)
    except ImportError as error:  # a part of the standard library that this interpreter was built without
        cure = ": a plug-in names in `packages` what it needs" if "reference" in entry else ""
        raise NotHere("%s cannot be imported: %s: %s%s" % (entry["name"], type(error).__name__, error, cure)) from error
    except Exception as error:
        if "reference" not in entry:
            raise
        raise NotHere("%s cannot be imported: %s: %s" % (entry["name"], type(error).__name__, error)) from error


def refusal(workload, model, sync, workers, load, background=None):
    """The same for plug-in objects; `background` is (workload, model, workers) of the second role, if there is one."""
    return unsupported(workload, model, sync, workers, load) or (background_refusal(*background) if background else "")
