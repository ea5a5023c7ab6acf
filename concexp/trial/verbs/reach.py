"""Whether the servers that workloads need can be used, asked in the environment that the trials will have."""

from concexp.trial.plugin import load_plugin


def answer(request):
    """The answer to {"verb": "reach", "workloads": [entry, …]}: {"reasons": […]}, with an empty text for what can be used."""
    return {"reasons": [load_plugin("workloads", entry).absence() for entry in request["workloads"]]}
