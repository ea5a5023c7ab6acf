"""`load:` and axes of the load: parts that fit together, and parts that contradict each other."""

import pytest

from tests.helpers.sweeps import axes, problem


@pytest.mark.parametrize(
    ("sweep", "more", "says"),
    [
        ("{workers: [1, 2]}", "load: {ops: 5}\n", "say which scaling is meant"),
        ("{workers: [1, 2], load.ops: [5, 6]}", "", "say which scaling is meant"),
        ("{zip: [{workers: [1, 2], load.ops: [5, 6]}]}", "", "say which scaling is meant"),
        ("{workers: {from: 1, to: 8, times: 2}, load: [{ops: 5}]}", "", "say which scaling is meant"),
        ("{load.duration: [1s]}", "load: {ops: 5}\n", "both `ops` and `duration`"),
        ("{load.duration: [1s], load.ops: [5]}", "", "both `ops` and `duration`"),
        ("{load.scaling: [weak]}", "load: {duration: 1s}\n", "`scaling` is for counted operations"),
        ("{load.scaling: [weak], load.duration: [1s]}", "", "`scaling` is for counted operations"),
        ("{load: [{ops: 5}], load.scaling: weak}", "", "both `load` and a part of it are axes"),
        ("{workers: 1}", "load: {scaling: weak}\n", "neither `ops` nor `duration`"),
        ("{workers: 1}", "load: {ops: 5, duration: 1s}\n", "both `ops` and `duration`"),
        ("{workers: 1}", "load: {duration: 1s, until: overloaded}\n", "`until` searches for a rate"),
        ("{workers: 1}", "load: {rate: 9/s, duration: 1s, within: 5%}\n", "`within` is for a search"),
        ("{load.rate: [9/s]}", "load: {duration: 1s, until: overloaded}\n", "`load.rate` is an axis"),
        ("{workers: 1}", "load: {rate: 9/s, duration: 1s, until: late}\n", "expected overloaded, or a limit such as"),
        (
            "{workers: 1}",
            "load: {rate: 9/s, duration: 1s, until: latency_p98_s > 1s}\n",
            "expected overloaded, or a limit",
        ),
        ("{workers: 1}", "load: {rate: 9/s, duration: 1s, until: latency_p99_s > 0s}\n", "expected a limit above 0"),
        ("{workers: 1}", "load: {rate: 9/s, duration: 1s, until: latency_p99_s > 9}\n", "expected"),
        ("{workers: 1}", "load: {rate: 9/s, duration: 1s, until: overloaded, within: 5}\n", "expected a percentage"),
        (
            "{workers: 1}",
            "load: {rate: 999/s, duration: 1s, until: latency_p99_s > 9ms}\n",
            "99 % of 999 operations in a step is a matter of chance: rate times duration must be 1000",
        ),
        ("{load: [{duration: 1s, until: overloaded}]}", "", "`until` searches for a rate"),
        ("{load: [{rate: 9/s, duration: 1s, until: latency_p50_s > 1ms}]}", "", "50 % of 9 operations in a step"),
        ("{workers: 1}", "load: {duration: 5s, scaling: weak}\n", "`scaling` is for counted operations"),
        ("{workers: 1}", "load: [{ops: 5}]\n", "expected a map, not a list"),
        ("{workers: 1}", "load: 5\n", "expected a map, not 5"),
        ("{workers: 1}", "load: null\n", "expected a map, not nothing"),
    ],
)
def test_a_load_that_is_not_clear(sweep, more, says):
    """Scaling must be said where workers vary and operations are counted, wherever they are; loads don't contradict."""
    found = problem(sweep, more)
    assert says in found.message
    assert found.line in (3, 4)


@pytest.mark.parametrize(
    ("sweep", "more"),
    [
        ("{workers: [1, 2]}", "load: {ops: 5, scaling: weak}\n"),
        ("{workers: 2}", "load: {ops: 5}\n"),
        ("{workers: [1, 2]}", "load: {duration: 1s}\n"),
        ("{workers: [1, 2], load.ops: [5]}", "load: {scaling: weak}\n"),
        ("{workers: [1, 2], load.scaling: [strong, weak], load.ops: [5]}", ""),
        ("{workers: [1, 2], load: [{ops: 5, scaling: strong}]}", ""),
    ],
)
def test_a_load_that_is_clear(sweep, more):
    """… and where it is said, or cannot matter, nothing is asked."""
    assert axes(sweep, more)
