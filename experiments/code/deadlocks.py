"""Two ways to wait for ever that have no circle of locks."""

import multiprocessing
import threading


def send(channel):
    channel.put(b"x" * (1 << 20))  # more than a pipe holds: the process ends only when it has been read


def send_and_join(first="drain"):
    """Takes a message from a process and waits for its end, in this order or in the other."""
    context = multiprocessing.get_context("fork")
    channel = context.Queue()
    process = context.Process(target=send, args=(channel,))
    process.start()
    if first == "join":
        process.join()
    size = len(channel.get())
    process.join()
    return size


def notified(looks=True):
    """Waits for something that has happened already, and looks whether it has before it waits, or not."""
    changed, happened = threading.Condition(), []

    def happen():
        with changed:
            happened.append(True)
            changed.notify_all()

    thread = threading.Thread(target=happen)
    thread.start()
    thread.join()
    with changed:
        if looks:
            changed.wait_for(lambda: happened)
        else:
            changed.wait()
    return len(happened)
