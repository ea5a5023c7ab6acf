"""A container of dependencies as small as can be, of which threads share more and more."""

ROUNDS = 2_000  # resolutions for each call
RUNGS = ("nothing", "globals", "provider", "container", "value", "dict")


class Provider:
    """Knows how to make one thing, and by which name the container keeps it."""

    def __init__(self, name):
        self.name = name

    def make(self):
        return [self.name]


class Container:
    """Keeps what providers have made."""

    def __init__(self):
        self.made = {}

    def resolve(self, provider):
        value = self.made.get(provider.name)
        if value is None:
            value = self.made[provider.name] = provider.make()
        return value


PROVIDERS = [Provider(f"thing {number}") for number in range(64)]
CONTAINER = Container()
VALUES = {"thing": ["shared"]}


class Resolving:
    """Each worker makes one: what is not shared is its own."""

    def __init__(self, shared="nothing"):
        self.shared = shared
        self.provider = PROVIDERS[0] if shared in ("provider", "value") else Provider(f"own {id(self)}")
        self.container = CONTAINER if shared in ("container", "value") else Container()
        self.work = {"nothing": self.compute, "dict": self.look_up}.get(shared, self.resolve)

    def run(self):
        return self.work()

    def compute(self):
        """Arithmetic on numbers of its own."""
        total = 0
        for number in range(10 * ROUNDS):
            total += number & 7
        return total

    def look_up(self):
        """One value that all have in common."""
        get, found = VALUES.get, 0
        for _ in range(4 * ROUNDS):
            found += get("thing") is not None
        return found

    def resolve(self):
        """The same value each time, from the container that was made or given."""
        container, provider, found = self.container, self.provider, 0
        for _ in range(ROUNDS):
            found += container.resolve(provider) is not None
        return found
