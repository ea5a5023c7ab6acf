"""The garbage collector of this interpreter: how it is set, and what is done with garbage before a pass.

`SURVIVORS` has what happens to the objects that survive: frozen, so that no pass pays for those of the last one, unless an
experiment asks for a collector that looks at all of them. Each process and each interpreter has a setting of its own.
"""

import gc

FROZEN, SEEN = "frozen", "seen"
SURVIVORS = [FROZEN]
# CPython 3.12 puts its immortal objects, some 400, among the frozen ones whenever it collects; to freeze takes thousands at least.
MOST_IMMORTAL = 1000
KEPT = 701, 11, 9  # thresholds that no interpreter has by itself


def settle():
    """Collect garbage, and freeze the survivors unless the collector is to see them.

    Whether it is on stays as it is: its cost belongs to the work.
    """
    gc.collect()
    if SURVIVORS[0] == FROZEN and hasattr(gc, "freeze"):  # PyPy has none
        gc.freeze()


def apply(wanted):
    """Set the collector: "on", "off", "freeze" (on, and survivors are frozen before each pass), or a list of thresholds."""
    SURVIVORS[:] = [SEEN if wanted == "on" else FROZEN]
    if wanted == "on" and hasattr(gc, "unfreeze"):
        gc.unfreeze()
    if wanted == "off":
        gc.disable()
    else:
        gc.enable()
    if isinstance(wanted, (list, tuple)):
        gc.set_threshold(*wanted)


def state():
    """[whether it is on, its thresholds, whether objects are frozen], None for what this interpreter does not have."""
    thresholds = list(gc.get_threshold()) if hasattr(gc, "get_threshold") else None
    frozen = gc.get_freeze_count() > MOST_IMMORTAL if hasattr(gc, "get_freeze_count") else None
    return [gc.isenabled(), thresholds, frozen]


def thresholds_kept():
    """How many thresholds this interpreter heeds: those that it still has after they were set."""
    if not hasattr(gc, "set_threshold"):
        return 0
    before = gc.get_threshold()
    gc.set_threshold(*KEPT)
    after = gc.get_threshold()
    gc.set_threshold(*before)
    return next((number for number, pair in enumerate(zip(KEPT, after)) if pair[0] != pair[1]), len(KEPT))
