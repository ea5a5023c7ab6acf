"""How busy the machine is: made-up files of the kernel, files that are not there, and this machine's own."""

import pytest

from concexp.run.machine import load


@pytest.fixture
def proc(tmp_path):
    """Write files below a made-up /proc; its path."""

    def proc(files):
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
        return tmp_path

    return proc


def test_pressure_is_the_share_of_the_last_minute(proc):
    """The line `some`, field avg60, in percent; a resource without a file is None."""
    cpu = "some avg10=1.00 avg60=12.34 avg300=9.00 total=5\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
    files = {"pressure/cpu": cpu, "pressure/io": "", "pressure/memory": "some avg10=0.00 total=0\n"}
    assert load.pressure(proc(files)) == {"cpu": 0.1234, "io": None, "memory": None}
    assert set(load.pressure(proc({}) / "none").values()) == {None}


@pytest.mark.parametrize(
    ("stat", "share"),
    [
        ("cpu  50 0 20 20 0 0 0 10 7 7\ncpu0 1 1 1 1 1 1 1 1\n", 0.1),  # guest time is counted in user time already
        ("cpu  50 0 20\n", None),
        ("cpu  0 0 0 0 0 0 0 0\n", None),
        ("", None),
    ],
)
def test_stolen_time_is_a_share_of_all(proc, stat, share):
    """Steal over all ticks of the first line; old kernels have no such number."""
    assert load.stolen(proc({"stat": stat})) == share


def test_this_machine():
    """All that is told of this machine is a share or a number of bytes, and no more is used than there is."""
    found = load.now()
    assert 0 < found["memory_available_bytes"] <= found["memory_bytes"]
    assert 0 <= found["swap_used_bytes"] <= found["swap_bytes"]
    shares = [found["steal_share"], *found["pressure"].values()]
    assert all(share is None or 0 <= share <= 1 for share in shares)
    assert found["load_1m"] >= 0
