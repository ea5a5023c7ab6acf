"""Put the stand-ins in the place of the native locks."""

from concexp.trial.diagnostics.lock_watch.registry import STATE, start_watching


def install():
    """Put our own in the place of the native ones."""
    if STATE.get("installed"):
        return
    STATE["installed"] = True
    start_watching()
    from concexp.trial.diagnostics.lock_watch import coroutines, processes, threads

    for part in (threads, processes, coroutines):
        part.install()
