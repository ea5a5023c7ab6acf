"""Whether the servers that workloads need can be used, asked in the environment that the trials will have."""

from concexp.trial.plugin import load_plugin


def answer(request):
    """The answer to {"verb": "reach", "workloads": [entry, …]}: {"reasons": […], "versions": {server: version}}.

    The reason is an empty text for what can be used.
    """
    reasons, versions = [], {}
    for entry in request["workloads"]:
        workload = load_plugin("workloads", entry)
        reasons.append(workload.absence())
        if not reasons[-1]:
            versions[workload.external_server] = workload.server_version()
    return {"reasons": reasons, "versions": versions}
