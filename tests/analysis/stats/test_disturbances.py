"""What single cells cannot know, the trials of all cells show together."""

import math

import numpy as np
import pytest

from concexp.analysis.stats.disturbances import disturbances


def run(rng, effect, cells=12, blocks=5, noise=0.03):
    """Cells of trials by block; `effect` is added to the logarithms, an array of cells x blocks."""
    logs = rng.normal(0, noise, (cells, blocks)) + effect + np.arange(cells)[:, None]
    return {str(cell): dict(enumerate(np.exp(row).tolist())) for cell, row in enumerate(logs)}


@pytest.mark.parametrize("blocks", [5, 6, 8, 10])
def test_white_noise_disturbs_nothing(blocks):
    """Of 300 quiet runs at most 5 % are called disturbed."""
    rng = np.random.default_rng(blocks)
    assert sum(disturbances(run(rng, 0.0, blocks=blocks)).unknowable for _ in range(300)) <= 15


def test_rare_slow_trials_are_found_in_all_cells_together():
    """Two of 60 trials are 1.85 times slower: hardly any cell could know."""
    effect = np.zeros((12, 5))
    effect[3, 2] = effect[7, 0] = math.log(1.85)
    found = disturbances(run(np.random.default_rng(1), effect))
    assert (found.trials, found.apart) == (60, 2)
    assert found.slower == pytest.approx(1.85, rel=0.1)
    assert found.unknowable
    assert not found.blocks_differ


def test_blocks_that_differ_are_found():
    """A slow block is slow for all cells."""
    effect = np.array([0.0, 0.0, 0.08, 0.05, 0.0])
    found = disturbances(run(np.random.default_rng(2), effect))
    assert found.blocks_differ
    assert found.block_spread == pytest.approx(np.std(effect, ddof=1), rel=0.5)
    assert not found.apart


def test_how_rare_what_was_not_seen_can_be():
    """With 95 % confidence: 45 % of 5 trials, 26 % of 10, 5 % of 58; with 90 % fewer, with 99 % more."""
    for trials, share in ((5, 0.451), (10, 0.259), (58, 0.0503)):
        found = disturbances({"a": dict.fromkeys(range(trials), 1.0)})
        assert found.unseen() == pytest.approx(share, abs=0.001)
    assert [found.unseen(level) for level in (0.9, 0.99)] == pytest.approx([0.0389, 0.0763], abs=0.0001)


@pytest.mark.parametrize("cells", [{}, {"a": {}}, {"a": {0: 1.0, 1: 2.0}}, {"a": dict.fromkeys(range(5), 1.0)}])
def test_nothing_to_tell_from(cells):
    """No cells, too few trials, or equal values: nothing is disturbed, and nothing fails."""
    assert not disturbances(cells).unknowable


@pytest.mark.parametrize("blocks", [5, 8, 12])
def test_a_noisy_cell_among_quiet_ones_is_no_disturbance(blocks):
    """Its trials lie far from each other by its own nature: of 100 such runs at most 10 are called disturbed for it."""
    rng = np.random.default_rng(blocks)
    wild = np.zeros((12, blocks))
    found = 0
    for _ in range(100):
        wild[4] = rng.normal(0, 0.3, blocks)
        found += disturbances(run(rng, wild, blocks=blocks)).apart > 0
    assert found <= 10


@pytest.mark.parametrize(("trials", "few"), [(3, True), (4, True), (5, False)])
def test_of_three_trials_nobody_knows_which_was_disturbed(trials, few):
    """Below 5 trials a cell the page says that it cannot tell, whatever they are."""
    found = disturbances(run(np.random.default_rng(1), 0.0, blocks=trials))
    assert found.few is few
    assert found.unknowable is few
