"""Habits of two safe steps each, that are not safe together; each function returns how often each of its outcomes came.

Between the two steps lies a moment, as when a file is read or a line is logged. Without it things go wrong as well, but seldom.
"""

import contextlib
import threading
import time

THREADS = 4
TIMES = 200
SINGLETONS = 20


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
    """Makes what is missing for each key: once is right, twice is not."""
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
    once = sum(made.count(key) == 1 for key in range(TIMES))
    return {"made_once": once, "made_again": TIMES - once}


def shared_generator(safe=False):
    """Takes all numbers of one generator: it raises ValueError where two ask at once."""
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
    return {"taken": len(taken), "already_executing": len(errors), "never_taken": TIMES - len(taken)}


def look_then_pop(safe=False):
    """Fills a list with one item after the other, which the threads that find it pop: it may be empty by then."""
    popped, errors, lock, items = [], [], guard(safe), []

    def body():
        for _ in range(TIMES):
            items.append(1)
            with lock:
                try:
                    while items:
                        moment()
                        popped.append(items.pop())
                except IndexError as error:
                    errors.append(error)

    together(body)
    return {"popped": len(popped), "popped_from_empty": len(errors)}


def first_use(safe=False):
    """Makes a singleton on first use: there should be one. Safe is to look, to take the lock, and to look again."""
    single, lock = 0, threading.Lock()
    for _ in range(SINGLETONS):
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
        single += len(made) == 1
    return {"one_object": single, "several_objects": SINGLETONS - single}
