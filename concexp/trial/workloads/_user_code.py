"""A user's own code in the child: a name -> what it is, and one worker's use of it.

It may be code that was not written for concexp. Nothing of it is pickled: each worker imports the module by itself and finds
the target by its name there, so a closure or a lambda does as well.
"""

import importlib.util
import os
import sys
from functools import partial
from itertools import islice
from types import AsyncGeneratorType, GeneratorType

from concexp.trial.diagnostics import LOCK_WATCH

# Bits of co_flags, as `inspect` names them; importing it would double the start of a trial.
GENERATOR, COROUTINE, ASYNC_GENERATOR = 0x20, 0x80, 0x200
SETUPS, TEARDOWNS = ("setup", "set_up", "setUp"), ("teardown", "tear_down", "tearDown")
# Types of values that compute when they are iterated; an iterator as such may be a file or a cursor, whose work is done.
LAZY = (GeneratorType, AsyncGeneratorType, map, filter, zip, enumerate, type(iter(int, 1)))
# Attributes of types whose values stand for work of others, and what gives its result.
LATER = (
    (("add_done_callback",), "return its result()"),  # a future
    (("successful", "ready", "get"), "return its get()"),  # of multiprocessing's pools and their like
    (("__dask_graph__",), "return its compute()"),
    (("collect", "explain"), "return its collect()"),  # a lazy frame
)
CONTAINERS, LOOKED_AT = (list, tuple, set, frozenset, dict), 16  # of what these hold, the first may be put off as well
FUNCTIONS = ("function", "coroutine function")
ASYNCHRONOUS = ("coroutine function", "asynchronous class", "asynchronous context manager")


class Unusable(Exception):
    """What was named cannot be a workload; the text says why."""


class Beside:
    """Finds the user's files whose own names belong to other modules, such as numbers.py: under names that belong to none."""

    files = {}

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        file = cls.files.get(name)
        return None if file is None else importlib.util.spec_from_file_location(name, file)

    @classmethod
    def name_of(cls, top, file):
        """The name under which a file is found from now on."""
        name = "concexp_user_" + top.replace(".", "_")
        while cls.files.setdefault(name, file) != file:
            name += "_"
        if cls not in sys.meta_path:
            sys.meta_path.append(cls)
        return name


def place_of(path):
    """(folder, names) of a file: where its imports start, and the packages on the way to it, its own name last."""
    folder, file = os.path.split(path)
    names = [os.path.splitext(file)[0]]
    while os.path.isfile(os.path.join(folder, "__init__.py")) and os.path.basename(folder).isidentifier():
        folder, package = os.path.split(folder)
        names.insert(0, package)
    return folder, names[:-1] if names[1:] and names[-1] == "__init__" else names


def load(path, module="", home="", tree=None):
    """The module of a user's file, or a module by its name; imported once per process. `tree` is of a version of the code.

    The folder in which the file's imports start and `home`, that of the experiment, are appended to the path, not put first:
    `numbers` is the standard library's, also for the standard library, whatever lies beside the experiment.
    """
    if LOCK_WATCH in os.environ:  # a process that was started anew: the locks that it makes are to be seen as well
        from concexp.trial.diagnostics.lock_watch import install

        install.install()
    if tree:
        from concexp.trial.workloads import _version_finder

        _version_finder.install(tree)
    folder, names = place_of(path)
    for one in (folder, home):
        if one and one not in sys.path:
            sys.path.append(one)
    if not module:
        top = path if len(names) == 1 else os.path.join(folder, names[0], "__init__.py")
        if origin_of(names[0]) != os.path.realpath(top):
            names = [Beside.name_of(names[0], top), *names[1:]]
    return importlib.import_module(module or ".".join(names))


def origin_of(name):
    """The real path of the file that a name is imported from; "" if there is none."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):  # a name with a dot; a module that was made by hand, such as __main__
        return ""
    return os.path.realpath(spec.origin) if spec is not None and spec.has_location else ""


def resolve(function, path="", module="", home="", tree=None, **more):
    """(object, method) of a target as a request names it: the object in the user's module, and the name after the dot."""
    loaded = load(path, module, home, tree)
    name, _, method = function.partition(".")
    if not hasattr(loaded, name):
        raise Unusable("%s has no '%s' once it is imported" % (module or os.path.basename(path), name))
    return getattr(loaded, name), method


def items_of(function, **where):
    """The items that a request names, as a list: what stands there, or what a call of it returns."""
    found, _ = resolve(function, **where)
    items = list(found() if callable(found) else found)
    if not items:
        raise Unusable("%s holds no items" % function)
    return items


def flags(thing):
    """The co_flags of what a call of `thing` runs; 0 where there is no Python code."""
    while isinstance(thing, partial):
        thing = thing.func
    code = getattr(thing, "__code__", None) or getattr(
        getattr(type(thing), "__call__", None),  # noqa: B004  it is the code that is wanted, not whether there is any
        "__code__",
        None,
    )
    return getattr(code, "co_flags", 0)


def form_of(target, method=""):
    """What it is, in the words of the page; Unusable if a call of it, or of that method, would do nothing."""
    if method and not (isinstance(target, type) and hasattr(target, method)):
        raise Unusable("it is no class with a method '%s'" % method)
    if isinstance(target, type):
        methods = ((method,) if method else ("__call__", "run")) + SETUPS + TEARDOWNS
        found = {name: flags(getattr(target, name, None)) for name in methods}
        for name, bits in found.items():
            refuse_generator(bits, "its `%s`" % name)
        waits = any(bits & COROUTINE for bits in found.values())
        return "asynchronous class" if waits or hasattr(target, "__aenter__") else "class"
    if not callable(target):
        raise Unusable("it is of type %s, which cannot be called" % type(target).__name__)
    wrapped = getattr(target, "__wrapped__", None)
    if (
        wrapped is not None
        and getattr(target, "__code__", None)
        and target.__code__.co_filename.endswith("contextlib.py")
    ):
        return "asynchronous context manager" if flags(wrapped) & ASYNC_GENERATOR else "context manager"
    refuse_generator(flags(target), "it")
    return "coroutine function" if flags(target) & COROUTINE else "function"


def refuse_generator(bits, what):
    """Unusable if these co_flags are those of a generator function."""
    if bits & (GENERATOR | ASYNC_GENERATOR):
        raise Unusable("%s is a generator function: a call of it would run nothing" % what)


def done(value):
    """The type of what an operation returned; Unusable if it, or one of the first things in it, is work that was put off.

    It depends on the type, so that callers ask once for values of one type; what a list holds is known by the first of them.
    """
    kind = type(value)
    refuse_put_off(kind, "it returned")
    if kind in CONTAINERS:
        for one in islice(value.values() if kind is dict else value, LOOKED_AT):
            refuse_put_off(type(one), "it returned a %s with" % kind.__name__)
    return kind


def refuse_put_off(kind, what):
    """Unusable if values of this type stand for work that is not done."""
    name = kind.__name__
    if hasattr(kind, "__await__"):
        cure = "await it in an `async def`, or name the coroutine function itself"
        raise Unusable("%s an awaitable that is never awaited (%s): %s" % (what, name, cure))
    for attributes, cure in LATER:
        if all(hasattr(kind, attribute) for attribute in attributes):
            raise Unusable("%s a %s, whose work may not be done yet: %s" % (what, name, cure))
    if kind in LAZY or kind.__module__ == "itertools":
        raise Unusable("%s a %s, whose work is not done yet: return list(...) of it" % (what, name))


def plainly(coroutine):
    """What a coroutine comes to that awaits nothing."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise Unusable("its set-up or tear-down awaits, and it is not asynchronous")


class Part:
    """One worker's own use of a target. `call()` is one operation, awaited if `awaits`; `loop` is for those without one."""

    def __init__(self, target, method, form, arguments, check, times_itself):
        self.target = target
        self.method = method
        self.form = form
        self.arguments = arguments
        self.check = check
        self.times_itself = times_itself
        self.items = None
        self.loop = None

    def given(self, number):
        """What the call of this number gets by position: its item, where there are items."""
        return () if self.items is None else (self.items[number % len(self.items)],)

    async def begin(self):
        """An object of a class is made here and set up, a context manager is entered."""
        if self.form in FUNCTIONS:
            self.call = partial(self.target, **self.arguments) if self.arguments else self.target
        else:
            self.thing = thing = self.target() if self.method else self.target(**self.arguments)
            kind, inner = type(thing), None
            if hasattr(kind, "__aenter__"):
                inner = await kind.__aenter__(thing)
            elif hasattr(kind, "__enter__"):
                inner = kind.__enter__(thing)
            else:
                await called(thing, SETUPS)
            if self.method:
                bound = getattr(inner if hasattr(inner, self.method) else thing, self.method)
                self.call = partial(bound, **self.arguments) if self.arguments else bound
            else:
                self.call = operation(inner) or operation(thing)
            if self.call is None:
                raise Unusable("it gives nothing to call: `run` or `__call__` is one operation")
        refuse_generator(flags(self.call), "what it gives to call")
        self.awaits = bool(flags(self.call) & COROUTINE)
        if self.awaits and self.form not in ASYNCHRONOUS:
            raise Unusable("what this %s gives is a coroutine function: let it be asynchronous itself" % self.form)

    async def end(self):
        """The other way: tear down, leave."""
        if self.form in FUNCTIONS:
            return
        kind = type(self.thing)
        if hasattr(kind, "__aexit__"):
            await kind.__aexit__(self.thing, None, None, None)
        elif hasattr(kind, "__exit__"):
            kind.__exit__(self.thing, None, None, None)
        else:
            await called(self.thing, TEARDOWNS)


def operation(thing):
    """What of an object is one operation, or None."""
    if thing is None or isinstance(thing, type):
        return None
    return thing if callable(thing) else getattr(thing, "run", None)


async def called(thing, names):
    """Call the first of these methods that there is."""
    method = next((getattr(thing, name) for name in names if hasattr(thing, name)), None)
    value = method() if method is not None else None
    if hasattr(value, "__await__"):
        await value
