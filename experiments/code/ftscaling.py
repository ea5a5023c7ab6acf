"""Small things that every program does, each many times over: what scales with threads where there is no GIL?

A name that ends in `_shared` uses one object that all threads have in common, one that ends in `_own` makes its own; else
the two are alike. Where there is no GIL, what threads share has to be counted and locked, even to be read.
"""

ROUNDS = 2_000
MORE = 3 * ROUNDS  # of what is so quick that a thousand calls would end before the GIL has gone round often enough


class Point:
    """Something with attributes and a method."""

    def __init__(self, x=0, y=0):
        self.x = x
        self.y = y

    def norm(self):
        return self.x * self.x + self.y * self.y


class Compact:
    """The same in slots."""

    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


SHARED_POINT = Point(3, 4)
SHARED_LIST = list(range(100))
SHARED_DICT = {f"key{number}": number for number in range(100)}


def create_objects():
    """Make instances and let go of them."""
    for number in range(ROUNDS):
        Point(number, number)


def create_compact():
    """Make instances with slots."""
    for number in range(ROUNDS):
        Compact(number, number)


def create_tuples():
    """Make tuples that hold something new."""
    for number in range(MORE):
        (number, number + 1)


def create_closures():
    """Make functions that remember something, and call them."""
    for number in range(ROUNDS):

        def remembered(value=number):
            return value

        remembered()


def read_attributes(point):
    for _ in range(MORE):
        point.x + point.y


def attributes_own():
    """Read attributes of an object of one's own."""
    read_attributes(Point(3, 4))


def attributes_shared():
    """Read attributes of an object that all have in common."""
    read_attributes(SHARED_POINT)


def call_methods(point):
    for _ in range(ROUNDS):
        point.norm()


def methods_own():
    """Call a method of an object of one's own."""
    call_methods(Point(3, 4))


def methods_shared():
    """Call a method of an object that all have in common."""
    call_methods(SHARED_POINT)


def read_list(items):
    size = len(items)
    for number in range(MORE):
        items[number % size]


def list_own():
    """Read items of a list of one's own."""
    read_list(list(range(100)))


def list_shared():
    """Read items of a list that all have in common."""
    read_list(SHARED_LIST)


def read_dict(found):
    for _ in range(MORE):
        found["key7"]


def dict_own():
    """Look up a key in a dict of one's own."""
    read_dict({f"key{number}": number for number in range(100)})


def dict_shared():
    """Look up a key in a dict that all have in common."""
    read_dict(SHARED_DICT)


def append_and_pop():
    """Let a list of one's own grow and shrink."""
    items = []
    for number in range(ROUNDS):
        items.append(number)
    while items:
        items.pop()


def fill_dict():
    """Put keys into a dict of one's own."""
    found = {}
    for number in range(ROUNDS):
        found[number] = number


def call_functions():
    """Call a function of the module with positional and named arguments."""
    for number in range(ROUNDS):
        added(number, more=1)


def added(number, more):
    return number + more


def format_strings():
    """Make strings out of numbers."""
    for number in range(ROUNDS):
        f"{number}:{number + 1}"


def catch_exceptions():
    """Raise and catch."""
    for _ in range(ROUNDS):
        try:
            raise KeyError
        except KeyError:
            pass
