"""Why a combination cannot be, told by the interpreter that is to run it: nothing is started and nothing is built."""

from concexp.trial.tools import DryTools, Unsupported, name_of


def refuse(request):
    """The answer to {"verb": "refuse", "combinations": […]}: {"reasons": […]}, with an empty text for what can run.

    A combination is a dict with `workload`, `model`, `sync`, `workers`, `load` and maybe `background`, as in `measure`.
    """
    return {"reasons": [reason_of(combination) for combination in request["combinations"]]}


def reason_of(combination):
    """Why this combination cannot run here, or an empty text."""
    from concexp.trial.measure import load_plugin

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


def unsupported(workload, model, sync, workers, load):
    """Why this combination cannot run on any machine, or an empty text; starts and builds nothing."""
    try:
        if sync is not None:
            sync.build(DryTools(*model.lends(), model.asynchronous, workers=workers), 0)
    except Unsupported as reason:
        return str(reason)
    if sync is not None and sync.role not in workload.takes and name_of(sync) not in workload.takes:
        if workload.takes == ("none",):
            return "%s shares nothing between its workers: there is nothing to guard or to connect" % (
                name_of(workload).lstrip("_")
            )
        return "%s works with %s, not with %s" % (
            name_of(workload).lstrip("_"),
            " or ".join(workload.takes),
            name_of(sync),
        )
    for package in workload.packages:
        from importlib.util import find_spec

        if find_spec(package) is None:
            return "%s needs %s, which this interpreter does not have" % (name_of(workload), package)
    if "rate" in load:
        if workload.shape == "workers":
            return "an open loop needs operations that do not wait for each other; %s has workers that share state" % (
                name_of(workload)
            )
        if not model.opens:
            return "%s has no open loop" % name_of(model)
    return model.refuses(workload, sync, workers, load) or workload.refuses(model, sync, workers, load)


def background_refusal(workload, model, workers):
    """Why this cannot be the second role of a trial, or an empty text."""
    if workload.shape == "workers" or workload.takes != ("none",):
        return "%s cannot run in the background: its workers share state" % name_of(workload)
    if not model.lasting:
        return "%s cannot carry a background: it has no workers that stay" % name_of(model)
    if workers > 1 and not model.needs_workers:
        return "%s has one worker, so it cannot carry a background of %d" % (name_of(model), workers)
    return unsupported(workload, model, None, workers, {"duration": 1.0})
