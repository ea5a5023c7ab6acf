"""A returned value -> its form: small, the same for equal values in every process, and such that floats can be compared.

Equal means what a user means: 0.1 + 0.2 is 0.3, NaN is NaN, and the order of a dict or a set does not matter. Where an
object lies in memory is no part of its value, and what cannot be looked into (a lock, a socket) is equal to its like.
"""

import hashlib
import math
import re
import sys
from reprlib import Repr

FLOATS = 64  # floats of a value that are kept one by one; the rest are three sums
PARTS = 20_000  # parts of a value that are looked at; of what follows only the number is
DEPTH = 40
TOLERANCE = 1e-9  # relative; of floats of 8 bytes
TOLERANCE_SHORT = 1e-5  # of shorter ones
SHOWN = 60  # characters
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def form_of(value):
    """[digest of all but the floats, the floats (finite), their relative tolerance, the value in short] of a value."""
    look = Look()
    token, floats = look.at(value, 0)
    return [digest(token).hex(), summarized(floats), look.tolerance, shown(value)]


def digest(token):
    """16 bytes that stand for a token."""
    return hashlib.blake2b(token, digest_size=16).digest()


def summarized(floats, numpy=None):
    """At most FLOATS floats: all, or the first ones, and of the others their sum, that of their sizes, and one that depends on
    their order. With `numpy`, of an array of it, which may be large.
    """
    if len(floats) <= FLOATS:
        return list(floats)
    first, rest = floats[: FLOATS - 3], floats[FLOATS - 3 :]
    n = len(rest)
    if numpy is not None:
        first, weights = first.tolist(), numpy.arange(1, n + 1) / n
        sums = [float(rest.sum()), float(numpy.abs(rest).sum()), float((rest * weights).sum())]
    else:
        try:
            sums = [math.fsum(rest), math.fsum(map(abs, rest)), math.fsum(i / n * x for i, x in enumerate(rest, 1))]
        except OverflowError:
            sums = []
    return first + [one for one in sums if math.isfinite(one)]


def shown(value):
    """A value in at most `SHOWN` characters, without addresses."""
    short = Repr()
    short.maxstring = short.maxother = short.maxlong = SHOWN
    try:
        text = " ".join(ADDRESS.sub("", short.repr(value)).split())
    except Exception:  # an object's own repr; an int of too many digits
        text = "<%s>" % type(value).__name__
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def name_of(thing):
    """Package and qualified name of a class or a function, as a token: pathlib has moved its classes within itself."""
    module, name = str(getattr(thing, "__module__", None)).partition(".")[0], getattr(thing, "__qualname__", None)
    return ("%s.%s" % (module, name or getattr(thing, "__name__", ""))).encode("utf-8", "surrogatepass")


class Look:
    """One look at a value; `at` gives (token, floats) of a part."""

    def __init__(self):
        self.parts = 0
        self.inside = set()  # ids of what is being looked at: a value may hold itself
        self.tolerance = TOLERANCE

    def at(self, value, depth):
        kind = type(value)
        self.parts += 1
        if value is None or kind is bool or kind is int:
            return b"%x" % value if kind is int else repr(value).encode(), []
        if isinstance(value, float):
            return real(value)
        if isinstance(value, (str, bytes, bytearray)):
            data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else bytes(value)
            return name_of(kind) + digest(data), []
        if depth > DEPTH or self.parts > PARTS or id(value) in self.inside:
            return name_of(kind), []
        self.inside.add(id(value))
        try:
            return self.into(value, kind, depth + 1)
        except Exception:  # what cannot be pickled; an object's own methods
            return name_of(kind), []
        finally:
            self.inside.discard(id(value))

    def into(self, value, kind, depth):
        """The same for what may have parts; any exception if it cannot be looked into."""
        numpy = sys.modules.get("numpy")
        if numpy is not None and hasattr(kind, "__array__"):
            return self.array(numpy, value, depth)
        if isinstance(value, complex):
            return self.joined(b"complex", [value.real, value.imag], depth)
        if isinstance(value, int):
            return b"%x" % int(value), []  # True and the members of IntEnum are not looked at here
        if isinstance(value, (list, tuple)):
            return self.joined(name_of(kind), value, depth)
        if isinstance(value, dict):
            return self.unordered(name_of(kind), value.items(), depth)
        if isinstance(value, (set, frozenset)):
            return self.unordered(name_of(kind), value, depth)
        if isinstance(value, BaseException):
            return self.joined(name_of(kind), value.args, depth)
        if isinstance(value, type) or hasattr(value, "__qualname__"):
            return name_of(value), []
        # What Python's versions pickle in different ways: paths, and fractions.
        if hasattr(kind, "__fspath__"):
            return self.joined(name_of(kind), [value.__fspath__()], depth)
        if hasattr(kind, "denominator"):
            return self.joined(name_of(kind), [value.numerator, value.denominator], depth)
        if isinstance(value, memoryview):
            return b"memoryview" + digest(value.tobytes()), []
        return self.pickled(value, kind, depth)

    def pickled(self, value, kind, depth):
        """What pickle would keep of an object; TypeError and others if it can keep nothing."""
        reduced = value.__reduce_ex__(2)
        if isinstance(reduced, str):
            return name_of(kind) + reduced.encode(), []
        made_by, arguments, state, items, pairs = (*reduced, None, None, None)[:5]
        parts = [arguments, state, None if items is None else list(items), None if pairs is None else dict(pairs)]
        return self.joined(name_of(kind) + name_of(made_by), parts, depth)

    def joined(self, tag, values, depth):
        """A part whose own parts have an order."""
        tokens, floats = [tag, b"%d" % len(values)], []
        for value in values:
            if self.parts > PARTS:
                break
            token, more = self.at(value, depth)
            tokens.append(digest(token))
            floats += more
        return b"/".join(tokens), floats

    def unordered(self, tag, values, depth):
        """A part whose own parts have none."""
        if len(values) > PARTS:  # it would depend on their order which of them are looked at
            return tag + b"%d" % len(values), []
        looks = sorted((digest(token), floats) for token, floats in (self.at(value, depth) for value in values))
        return b"/".join([tag, *(one for one, _ in looks)]), [x for _, floats in looks for x in floats]

    def array(self, numpy, value, depth):
        """An array, or what becomes one: that of numpy, of torch, of pandas."""
        found = numpy.asarray(value)
        tag = b"array%d %s %s" % (found.ndim, repr(found.shape).encode(), found.dtype.kind.encode())
        if found.dtype.kind == "O":
            return self.joined(tag, found.ravel().tolist(), depth)
        if found.dtype.kind not in "fc":
            return tag + digest(found.tobytes()), []
        if found.dtype.itemsize < (16 if found.dtype.kind == "c" else 8):
            self.tolerance = TOLERANCE_SHORT
        flat = numpy.ravel(found)
        if found.dtype.kind == "c":
            flat = numpy.concatenate([flat.real, flat.imag])
        flat = flat.astype(float)
        finite = numpy.isfinite(flat)
        others = numpy.nan_to_num(numpy.where(finite, 0.0, flat), nan=2.0, posinf=1.0, neginf=-1.0)
        numbers = numpy.where(finite, flat, 0.0)
        few = numbers.tolist() if flat.size <= PARTS else summarized(numbers, numpy)
        return tag + digest(others.astype("i1").tobytes()), few


def real(value):
    """(token, floats) of a float: what is not finite is no number to compare."""
    if value - value == 0:
        return b"float", [float(value) + 0.0]  # -0.0 is 0.0
    return b"nan" if value != value else (b"inf" if value > 0 else b"-inf"), []
