"""How this interpreter is set: what is changed for a moment is as it was afterwards."""

import sys

import pytest

from concexp.trial import runtime


@pytest.mark.parametrize("kept", [lambda seconds: int(seconds * 1e6) / 1e6, lambda seconds: seconds],
                         ids=["cut to microseconds, as CPython does", "exactly, as PyPy does"])  # fmt: skip
@pytest.mark.parametrize("interval", [0.005, 0.000123, 0.000122])
def test_the_switch_interval_is_restored(monkeypatch, kept, interval):
    """Neither a microsecond less nor half of one more: a trial would be doubted for it."""
    set_to = [interval]
    monkeypatch.setattr(sys, "getswitchinterval", lambda: set_to[-1])
    monkeypatch.setattr(sys, "setswitchinterval", lambda seconds: set_to.append(kept(seconds)))
    with runtime.PromptSwitches():
        assert set_to[-1] < 2e-6
    assert set_to[-1] == interval
