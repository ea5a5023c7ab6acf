"""What a user's calls returned, added up: numbers, seconds, outcomes, and what a check found wrong."""

from concexp.trial.passes import summary_of
from concexp.trial.workloads._user_code import Unusable, done

NAN = float("nan")


def number(value):
    """A returned value as a float, NaN if it is one without a finite value, None if it is no number."""
    if not isinstance(value, (int, float)) and not hasattr(type(value), "__float__"):
        return None
    try:
        found = float(value)
    except OverflowError:
        return NAN
    except (TypeError, ValueError):
        return None
    return found if found - found == 0 else NAN  # neither an average nor JSON has a place for infinity


def named_numbers(value):
    """The numbers of a dict whose keys are all names and whose values are all numbers or None; else an empty dict.

    None is a number that is missing, and becomes NaN.
    """
    if not all(isinstance(key, str) and key.isidentifier() for key in value):
        return {}
    found = {key: NAN if one is None else number(one) for key, one in value.items()}
    return {} if None in found.values() else found


def is_count(pair):
    """Whether a name and a number say how often an outcome was seen."""
    name, n = pair
    return isinstance(name, str) and isinstance(n, int) and not isinstance(n, bool) and n >= 0


class Tally:
    """What several calls came to; adds up, also to a plain number of calls.

    sums     by name ("" for a plain number): [sum, how many, how many more were NaN, infinite or missing]
    seconds  the sum of what a function says that it took, None where it does not time itself
    wrong    how many values the user's check refused, and why the first
    outcomes  how often each outcome was named, where the experiment declares some
    """

    def __init__(self):
        self.calls = 0
        self.sums = {}
        self.outcomes = {}
        self.seconds = None
        self.wrong = 0
        self.reason = ""

    def taker(self, returns, check, names_outcomes=False):
        """What is done with each returned value: a function of one argument. Outcomes are named by the check, or by the value."""
        take = {"seconds": self.time, "nothing": self.ignore}.get(returns, self.keep)
        if check is None:
            return self.count if names_outcomes else take
        if names_outcomes:

            def counted(value):
                self.count_named(check, value)
                take(value)

            return counted

        def checked(value):
            self.judge(check, value)
            take(value)

        return checked

    def ignore(self, value):
        """What is not looked at."""

    def keep(self, value):
        """Add a number, or each of a dict of named numbers; nothing else is looked at."""
        if value is None:
            return
        if isinstance(value, dict):
            for name, one in named_numbers(value).items():
                self.add(name, one)
        else:
            one = number(value)
            if one is not None:
                self.add("", one)

    def add(self, name, one):
        held = self.sums.setdefault(name, [0.0, 0, 0])
        if one == one:
            held[0] += one
            held[1] += 1
        else:
            held[2] += 1

    def time(self, value):
        """Add the seconds that one operation took, by the function's own clock."""
        one = None if isinstance(value, bool) else number(value)
        if one is None or not one >= 0:
            raise Unusable("`returns: seconds`, and it returned %.100r" % (value,))
        self.seconds = (self.seconds or 0.0) + one

    def count(self, named):
        """Add one outcome by its name, or several with their numbers."""
        counts = {named: 1} if isinstance(named, str) else named
        if not isinstance(counts, dict) or not all(map(is_count, counts.items())):
            raise Unusable(
                "it declares `outcomes:`, and what should name one, or map names to numbers, is %.100r" % (named,)
            )
        for name, n in counts.items():
            self.outcomes[name] = self.outcomes.get(name, 0) + n

    def count_named(self, check, value):
        """Add the outcomes that the check names; an exception of it means wrong."""
        try:
            named = check(value)
        except Exception as error:
            self.refuse(summary_of(error))
        else:
            self.count(named)

    def judge(self, check, value):
        """False, a text or an exception of the check means wrong; an empty text, like None, that there is nothing to say."""
        try:
            verdict = check(value)
        except Exception as error:
            verdict = summary_of(error)
        if verdict is None or verdict is True:
            return
        done(verdict)  # a coroutine or a generator is true, whatever it would come to
        if verdict == "" or (verdict and not isinstance(verdict, str)):
            return
        self.refuse(verdict if isinstance(verdict, str) else "%.100r" % (value,))

    def refuse(self, reason):
        """Count a value that is wrong."""
        self.wrong += 1
        self.reason = self.reason or reason[:200]

    def of(self, calls):
        """After this number of calls: itself, or only their number where it has recorded nothing else."""
        if not self.sums and self.seconds is None and not self.wrong and not self.outcomes:
            return calls
        self.calls = calls
        return self

    def __add__(self, other):
        both = Tally()
        for one in (self, other):
            both += one
        return both

    __radd__ = __add__

    def __iadd__(self, other):
        if not isinstance(other, Tally):
            self.calls += other
            return self
        self.calls += other.calls
        for name, more in other.sums.items():
            held = self.sums.get(name, (0.0, 0, 0))
            self.sums[name] = [one + another for one, another in zip(held, more)]
        for name, n in other.outcomes.items():
            self.outcomes[name] = self.outcomes.get(name, 0) + n
        if other.seconds is not None:
            self.seconds = (self.seconds or 0.0) + other.seconds
        self.wrong += other.wrong
        self.reason = self.reason or other.reason
        return self
