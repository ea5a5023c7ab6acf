"""The search for the highest rate that can be served: one step after the other, each a pass at a rate of its own.

The rate doubles until a step is too much, or halves until one is not; then the step between the highest that was served and the
lowest that was not is tried, until these are close. Too much is a step in which the line grows to the end (`growth`), or one
whose percentile of the latency is beyond a limit, as `until` says.
"""

FEWEST = 5  # operations by which the line must have grown: a few may stand in it by chance at any moment
FEWEST_BEYOND = 10  # operations beyond a percentile, without which it is a matter of chance
OVERLOAD = 0.05  # growth of the latency beyond which less than 95 % of what arrives is served
HALVINGS = 10  # of the first rate, before the search is given up
OCTAVE = 64  # classes of a histogram in which values double


def growth(floors, duration, ops, fewest=FEWEST):
    """Seconds by which the latency grew per second, from its shortest in equal parts of the time; None unless each has one.

    The middle of the steps from the second part on. 0 where the line grew by fewer than `fewest` of the `ops` operations.
    """
    known = [floor for floor in floors or () if floor is not None]
    if not floors or len(known) < len(floors):
        return None
    steps = sorted(known[part + 1] - known[part] for part in range(1, len(known) - 1))
    middle = (steps[(len(steps) - 1) // 2] + steps[len(steps) // 2]) / 2
    found = middle * len(known) / duration
    return found if found * ops >= fewest else 0.0


def objective(until):
    """(share, seconds) of a limit such as `latency_p99_s > 0.05`; None for `overloaded`."""
    if until == "overloaded":
        return None
    name, _, limit = until.partition(" > ")
    digits = name[len("latency_p") : -len("_s")]
    return int(digits) / 10 ** len(digits), float(limit)


def too_short_a_step(rate, duration, until):
    """Why a step has too few operations for the percentile of its limit, or an empty text."""
    limit = objective(until)
    operations = rate * duration
    if limit is None or (1 - limit[0]) * operations >= FEWEST_BEYOND - 1e-6:
        return ""
    needed = round(FEWEST_BEYOND / (1 - limit[0]))
    return "%g %% of %g operations in a step is a matter of chance: rate times duration must be %d" % (
        100 * limit[0],
        operations,
        needed,
    )


def quantile_class(histogram, share):
    """The class of a quantile of a histogram, a sorted list of (class, count)."""
    wanted = share * sum(count for _, count in histogram) * (1 - 1e-12)
    seen = 0
    for index, count in histogram:
        seen += count
        if seen >= wanted:
            return index
    return 0


class Search:
    """The rates to try, from `rate` on, in steps of `duration` seconds, to within a share of the highest that is served.

    By chance, which `seed` decides, the first rate is up to that share higher: on the same grid all trials would find the same
    rate, and seem surer than the grid is fine.
    """

    def __init__(self, rate, duration, until, within, seed):
        from random import Random

        if too_short_a_step(rate, duration, until):
            raise ValueError(too_short_a_step(rate, duration, until))
        self.rate = self.first = rate * (1 + within) ** Random(seed).random()
        self.duration = duration
        self.limit = objective(until)
        self.within = within
        self.served = self.too_much = None  # the highest rate that was served, the lowest that was not
        self.steps = []  # the facts of each step
        self.best = None  # the iteration at the highest rate that was served

    def note(self, iteration):
        """Take in the facts of the step that was made; returns whether another one is needed."""
        grown = growth(iteration["latency_floor_s"], self.duration, iteration["ops"])
        too_much = self.is_too_much(iteration, grown)
        self.steps.append(
            {
                "rate": self.rate,
                "ops": iteration["ops"],
                "wall_s": iteration["wall_s"],
                "growth": grown,
                "too_much": too_much,
            }
        )
        if too_much:
            self.too_much = self.rate
        else:
            self.served, self.best = self.rate, dict(iteration, offered_rate=self.rate)
        return self.advance()

    def is_too_much(self, iteration, grown):
        """Whether a step was more than can be served; an error where it was more than can be sent."""
        latency, lateness = iteration["latency"], iteration["lateness"]
        if (grown or 0.0) > OVERLOAD:
            if quantile_class(lateness, 0.5) > quantile_class(latency, 0.5) - OCTAVE:
                raise RuntimeError("the load generator cannot send %.6g arrivals per second" % self.rate)
            return True
        if self.limit is None:
            return False
        from concexp.trial.probes.latency import histogram

        share, seconds = self.limit
        (limit,) = histogram([int(seconds * 1e9)])
        return quantile_class(latency, share) > limit

    def advance(self):
        """Set the next rate; False where the search is over."""
        if self.too_much is None:
            self.rate = 2 * self.served
        elif self.served is None:
            if self.rate <= self.first / 2**HALVINGS:
                raise RuntimeError("even %.6g operations per second are more than can be served" % self.rate)
            self.rate = self.too_much / 2
        elif self.too_much <= self.served * (1 + self.within):
            return False
        else:
            self.rate = (self.served * self.too_much) ** 0.5
        return True
