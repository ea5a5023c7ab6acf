"""The pause of the garbage collector."""

import gc

from concexp.plan.gc_pause import gc_paused


def test_the_collector_is_as_it_was():
    """It is off inside, and afterwards as before, also where it was off."""
    with gc_paused():
        assert not gc.isenabled()
        with gc_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
