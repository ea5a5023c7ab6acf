"""Replaces the native locks by the stand-ins."""

from concexp.trial.diagnostics.lock_watch.registry import STATE, start_watching


def install():
    """Replace the locks of `threading`, `multiprocessing` and `asyncio`. More than once does no harm."""
    if STATE.get("installed"):
        return
    STATE["installed"] = True
    start_watching()
    from concexp.trial.diagnostics.lock_watch import coroutines, processes, threads

    for part in (threads, processes, coroutines):
        part.install()
