"""What goes back to the caller after a call of a user's function, where its worker is another process."""

RECEIVED = []  # the latest value that came back, of the current pass


class Sent:
    """What a process sends back: pickled with the value and the function, and received as the tally alone.

    So an executor's own way of sending results is what carries them, and a function or a value that cannot be pickled fails
    as it would in `executor.submit`. Several that add up send the last value.
    """

    def __init__(self, tally, value, target):
        self.tally = tally
        self.value = value
        self.target = target

    def __reduce__(self):
        return received, (self.tally, self.value, self.target)

    def __radd__(self, other):
        return Sent(other + self.tally, self.value, self.target)

    def __add__(self, other):
        return self.__radd__(other) if not isinstance(other, Sent) else other.__radd__(self.tally)


def received(tally, value, target=None):
    """The tally of a call whose value has come back; the latest value is kept, for its size."""
    RECEIVED[:] = [value]
    return tally


def pickled_size():
    """{"pickled_bytes": length of the latest value as a pickle}; empty where there is none, or it cannot be pickled."""
    from multiprocessing.reduction import ForkingPickler

    try:
        return {"pickled_bytes": len(ForkingPickler.dumps(RECEIVED[0]))}
    except Exception:  # whatever a value's own __reduce__ raises
        return {}
