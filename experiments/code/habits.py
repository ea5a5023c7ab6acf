"""Habits of two safe steps each, that are not safe together; each function returns how often something went wrong.

Between the two steps lies a moment, as when a file is read or a line is logged. Without it things go wrong as well, but seldom.
"""

import contextlib
import threading
import time

THREADS = 4
TIMES = 200


def moment():
    """Something that lets go of the GIL for a moment."""
    time.sleep(0.00005)


def together(body):
    """Runs `body` in all threads at once."""
    gate = threading.Barrier(THREADS)

    def begin():
        gate.wait()
        body()

    crew = [threading.Thread(target=begin) for _ in range(THREADS)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()


def guard(safe):
    """A lock, or nothing in its place."""
    return threading.Lock() if safe else contextlib.nullcontext()


def check_then_act(safe=False):
    """Makes what is missing for each key: anything that is made twice is wrong."""
    known, made, lock = {}, [], guard(safe)

    def make(key):
        made.append(key)
        moment()
        return key

    def body():
        for key in range(TIMES):
            with lock:
                if key not in known:
                    known[key] = make(key)

    together(body)
    return {"wrong": len(made) - TIMES}


def shared_generator(safe=False):
    """Takes all numbers of one generator: an exception for two that ask at once is wrong, and a missing number."""
    taken, errors, lock = [], [], guard(safe)

    def generate():
        for number in range(TIMES):
            moment()
            yield number

    numbers = generate()

    def body():
        while True:
            try:
                with lock:
                    taken.append(next(numbers))
            except StopIteration:
                return
            except ValueError as error:  # generator already executing
                errors.append(error)
                moment()

    together(body)
    return {"wrong": len(errors) + TIMES - len(taken)}


def look_then_pop(safe=False):
    """Fills a list with one item after the other, which the threads that find it pop: an exception is wrong."""
    errors, lock, items = [], guard(safe), []

    def body():
        for _ in range(TIMES):
            items.append(1)
            with lock:
                try:
                    while items:
                        moment()
                        items.pop()
                except IndexError as error:
                    errors.append(error)

    together(body)
    return {"wrong": len(errors)}


def first_use(safe=False):
    """Makes a singleton on first use: a second one is wrong. Safe is to look, to take the lock, and to look again."""
    wrong, lock = 0, threading.Lock()
    for _ in range(20):
        made, kept = [], []

        def make(made=made):
            made.append(object())
            moment()
            return made[-1]

        def use(kept=kept, make=make):
            if not kept:
                if safe:
                    with lock:
                        if not kept:
                            kept.append(make())
                else:
                    kept.append(make())

        together(use)
        wrong += len(made) - 1
    return {"wrong": wrong}
