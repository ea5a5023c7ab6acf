"""Why a combination cannot run, asked of the interpreter that is to run it: nothing is started and nothing is built."""

from concexp.trial.plugin import load_plugin
from concexp.trial.tools import background_refusal, unsupported


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
            load_plugin("workloads", combination["workload"]),
            load_plugin("models", combination["model"]),
            load_plugin("sync", combination["sync"]),
            combination["workers"],
            combination["load"],
            second
            and (
                load_plugin("workloads", second["workload"]),
                load_plugin("models", second["model"]),
                second["workers"],
            ),
        )
    except ImportError as error:  # a part of the standard library that this interpreter was built without
        return "%s: %s" % (type(error).__name__, error)


def refusal(workload, model, sync, workers, load, background=None):
    """The same for plug-in objects; `background` is (workload, model, workers) of the second role, if there is one."""
    return unsupported(workload, model, sync, workers, load) or (background_refusal(*background) if background else "")
