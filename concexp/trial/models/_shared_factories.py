"""Factories that several models lend beside their library's own primitives. Each imports its module when it is called."""

from concexp.trial.plugin import module_of


class WhenAsked:
    """Factories by name that `load()` returns, called when the first is asked for: most trials make no primitive at all."""

    def __init__(self, load):
        self.load = load

    def __contains__(self, name):
        return name in self.load()

    def __getitem__(self, name):
        return self.load()[name]

    def __iter__(self):
        return iter(self.load())


def start_tracker(module="multiprocessing.resource_tracker"):
    """Start multiprocessing's resource tracker so that the end of the trial's parent does not end it too.

    It removes semaphores and memory from /dev/shm when all others are gone, so it must outlive the SIGIO that ends them
    (see `concexp.trial.__main__`). It inherits a blocked signal, and keeps it blocked. `module` is where it lives: a
    library may have one of its own.
    """
    import signal

    tracker = module_of(module)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGIO})
    try:
        tracker.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def pipe(duplex):
    """The two ends of a pipe: multiprocessing's, which is for threads as well."""
    from multiprocessing import Pipe

    return Pipe(duplex)


def socket_pair():
    """Two connected sockets."""
    from socket import socketpair

    return socketpair()


def shared_memory(size):
    """A new block of named shared memory, `size` bytes."""
    from multiprocessing.shared_memory import SharedMemory

    start_tracker()
    return SharedMemory(create=True, size=size)


def manager():
    """A started manager: a process of its own that holds objects for others."""
    from multiprocessing import Manager

    return Manager()
