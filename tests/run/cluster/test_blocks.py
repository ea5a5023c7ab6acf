"""Blocks: each belongs to the host that begins it, and its rest to another one only if that host is gone."""

from dataclasses import replace

import pytest

from concexp.run.cluster.blocks import Blocks
from tests.helpers.lab import Lab


@pytest.fixture(scope="module")
def trials():
    """Three blocks of three cells."""
    models = "sweep: {workers: [1, 2, 3]}\nmodel: simulated\n"
    return Lab("repetitions: 3, control: off", models, "baseline: {}\n").plan.trials


def of_block(trials, number):
    return [trial.id for trial in trials if trial.block == number]


def record(trial, host, block=None):
    return {"trial": trial.id, "host": host, "block": trial.block if block is None else block}


def test_each_host_gets_a_block_of_its_own(trials):
    """Blocks are handed out in their order, none twice, until none is left."""
    blocks = Blocks(trials, [])
    given = [blocks.take(host, {"a", "b", "c", "d"}) for host in "abcd"]
    assert [[trial.id for trial in own] for own, _ in given[:3]] == [
        of_block(trials, block) for block in sorted({trial.block for trial in trials})
    ]
    assert given[3] == ([], "")


def test_a_host_goes_on_with_the_block_that_it_began(trials):
    """It comes before new blocks, without the trials that are done, and keeps its number."""
    blocks = Blocks(trials, [])
    own, _ = blocks.take("a", {"a"})
    blocks.done(own[0].id, "a", own[0].block)
    blocks.release("a")
    rest, begun_by = blocks.take("a", {"a"})
    assert [trial.id for trial in rest] == [trial.id for trial in own[1:]]
    assert {trial.block for trial in rest} == {own[0].block}
    assert begun_by == ""


def test_a_block_of_a_host_that_may_come_back_is_left_to_it(trials):
    """As long as its host is here, or may come back, nobody else gets the rest."""
    done = [record(trial, "a") for trial in trials if trial.id in of_block(trials, trial.block)[:2]]
    blocks = Blocks(trials, done)
    assert blocks.take("b", {"a", "b"}) == ([], "")


def test_the_rest_of_a_lost_hosts_block_is_a_block_of_its_own(trials):
    """Another host gets it with a number that no block has, so that no comparison pairs trials of two hosts."""
    first = trials[0].block
    blocks = Blocks(trials, [record(trials[0], "a")])
    others = [blocks.take("b", {"b"})[0] for _ in range(2)]
    assert {trial.block for own in others for trial in own} == {trial.block for trial in trials} - {first}
    rest, begun_by = blocks.take("b", {"b"})
    assert begun_by == "a"
    assert [trial.id for trial in rest] == of_block(trials, first)[1:]
    (number,) = {trial.block for trial in rest}
    assert number > max(trial.block for trial in trials)


def test_a_block_that_was_given_away_is_found_again(trials):
    """After a resume the rest of the rest keeps its number, and further ones get other numbers."""
    rest = of_block(trials, trials[0].block)[1:]
    by_id = {trial.id: trial for trial in trials}
    done = [record(trials[0], "a"), record(by_id[rest[0]], "b", 17)]
    blocks = Blocks(trials, done)
    own, begun_by = blocks.take("b", {"b"})
    assert ([trial.id for trial in own], {trial.block for trial in own}, begun_by) == (rest[1:], {17}, "")
    blocks.release("b")
    blocks = Blocks(trials, [*done, *(record(t, "x") for t in trials if t.block != trials[0].block)])
    other, begun_by = blocks.take("c", {"c"})
    assert begun_by == "b"
    assert {trial.block for trial in other} == {18}


def test_a_host_that_was_lost_before_its_first_trial_began_nothing(trials):
    """Its block is as new, and keeps its number."""
    blocks = Blocks(trials, [])
    own, _ = blocks.take("a", {"a", "b"})
    blocks.release("a")
    again, begun_by = blocks.take("b", {"b"})
    assert ([t.id for t in again], begun_by) == ([t.id for t in own], "")
    assert {t.block for t in again} == {own[0].block}


def test_to_take_a_block_looks_at_few_others(trials):
    """Each of a thousand blocks is found without a look at all that are left, so that long runs cost no more per trial."""

    class Counted(dict):
        looks = 0

        def __iter__(self):
            for block in super().__iter__():
                Counted.looks += 1
                yield block

    blocks = Blocks([replace(trials[0], id=str(number), block=number) for number in range(1000)], [])
    blocks.left = Counted(blocks.left)
    for number in range(1000):
        ((trial,), _) = blocks.take("a", {"a"})
        assert trial.block == number
        blocks.done(trial.id, "a", number)
        blocks.release("a")
    assert Counted.looks < 3000
