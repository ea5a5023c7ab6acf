"""Text and numbers -> SI units."""

import pytest

from concexp.catalog import Parameter
from concexp.experiment import units


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("60s", 60.0),
        ("0.5 ms", 0.0005),
        ("0.1ms", 0.0001),
        ("10us", 1e-5),
        ("10µs", 1e-5),
        ("10μs", 1e-5),
        ("250ns", 2.5e-7),
        ("2m", 120.0),
        ("2min", 120.0),
        ("1h", 3600.0),
        ("1e3s", 1000.0),
        ("1_000 ms", 1.0),
        (".5s", 0.5),
        ("+1s", 1.0),
        (" 1s ", 1.0),
        (0, 0.0),
        (0.0, 0.0),
        ("-0s", 0.0),
    ],
)
def test_durations(written, seconds):
    """Durations are seconds, without a trace of the unit's factor and without a minus zero; 0 needs no unit."""
    assert repr(units.duration(written)) == repr(seconds)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (60, "not 60: the unit is missing"),
        (0.5, "not 0.5: the unit is missing"),
        ("60", "a duration such as 10us, 5ms, 60s or 2m, not '60'"),
        ("-1s", "it cannot be negative"),
        ("1e999s", "it is too large"),
        ("1 S", "a duration such as"),
        ("5 sec", "a duration such as"),
        ("1m30s", "a duration such as"),
        ("1__0s", "a duration such as"),
        ("s", "a duration such as"),
        ("", "a duration such as"),
        (None, "not nothing"),
        (True, "not true"),
        (False, "not false"),
        ([], "not a list"),
        ({}, "not a map"),
        ("x" * 5000, "x…'"),
    ],
)
def test_durations_that_are_none(written, says):
    """What is no duration says what would be right, and is shown short."""
    with pytest.raises(ValueError, match="expected a duration") as caught:
        units.duration(written)
    assert says in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("64B", 64),
        ("4KiB", 4096),
        ("4 kB", 4000),
        ("4KB", 4000),
        ("1MiB", 2**20),
        ("1.5MiB", 3 * 2**19),
        ("2GiB", 2**31),
        ("1GB", 10**9),
        (512, 512),
        (1e3, 1000),
        (0, 0),
    ],
)
def test_sizes(written, size):
    """Sizes are whole bytes; a bare number is bytes."""
    found = units.size(written)
    assert (found, type(found)) == (size, int)


@pytest.mark.parametrize("written", ["1.3B", "4kib", "1e999GiB", "-1B", 1.5, True, None, "KiB", [1], "1e300KiB" * 2])
def test_sizes_that_are_none(written):
    """Parts of a byte, unknown units and endless numbers are no sizes."""
    with pytest.raises(ValueError, match="expected"):
        units.size(written)


@pytest.mark.parametrize(("written", "rate"), [("100/s", 100.0), ("5/ms", 5000.0), ("60/m", 1.0), ("0.5 / s", 0.5)])
def test_rates(written, rate):
    """Rates are per second."""
    assert units.rate(written) == pytest.approx(rate, rel=1e-12)


@pytest.mark.parametrize("written", [100, "100", "/s", "100/x", "s/100", "1e999/s", None, True])
def test_rates_that_are_none(written):
    """A rate without its unit is none."""
    with pytest.raises(ValueError, match="expected a rate such as 100/s"):
        units.rate(written)


@pytest.mark.parametrize(("written", "share"), [("50%", 0.5), ("3 %", 0.03), (0.25, 0.25), (1, 1.0), ("100%", 1.0)])
def test_fractions(written, share):
    """Shares are given as such or in percent, and are floats."""
    assert repr(units.fraction(written)) == repr(share)


@pytest.mark.parametrize(("written", "flag"), [("on", True), ("off", False), (True, True), ("false", False)])
def test_flags(written, flag):
    """Flags take on, off, true and false."""
    assert units.flag(written) is flag


@pytest.mark.parametrize("written", ["yes", 1, 0, None, "", [True]])
def test_flags_that_are_none(written):
    """Nothing else is a flag, numbers least of all."""
    with pytest.raises(ValueError, match="expected on or off"):
        units.flag(written)


@pytest.mark.parametrize(("written", "number"), [(3, 3), ("1e4", 10000), ("20_000", 20000), (1e5, 100000), (-2, -2)])
def test_integers(written, number):
    """Whole numbers may be written as 1e4 and 20_000."""
    found = units.integer(written)
    assert (found, type(found)) == (number, int)


@pytest.mark.parametrize(
    "written", [1.5, "1.5", True, None, "x", "", [], float("inf"), float("nan"), "1e999", 2**63, "1__0", 10**400]
)
def test_integers_that_are_none(written):
    """Neither parts nor flags nor numbers that no counter holds."""
    with pytest.raises(ValueError, match="expected a whole number"):
        units.integer(written)


@pytest.mark.parametrize(
    ("parameter", "written", "value"),
    [
        (Parameter("x", "int", 1, "", minimum=1.0), 3, 3),
        (Parameter("x", "float", 1.0, ""), 1000, 1000.0),
        (Parameter("x", "size", 1, "", minimum=1.0), "1KiB", 1024),
        (Parameter("x", "choice", "on", "", choices=("on", "off")), True, "on"),
        (Parameter("x", "choice", "on", "", choices=("on", "off")), False, "off"),
        (Parameter("x", "choice", "a", "", choices=("a", "b")), "b", "b"),
        (Parameter("x", "any", None, ""), {"a": [1]}, {"a": [1]}),
        (Parameter("x", "str", "", ""), "10us", "10us"),
    ],
)
def test_a_parameter_is_converted_by_its_type(parameter, written, value):
    """A parameter's declared type decides; 1000 and 1000.0 are the same float."""
    assert repr(units.convert(parameter, written)) == repr(value)


@pytest.mark.parametrize(
    ("parameter", "written", "says"),
    [
        (Parameter("x", "int", 1, "", minimum=1.0), 0, "expected int >= 1, not 0"),
        (Parameter("x", "duration", 1.0, "", minimum=0.0, exclusive=True), 0, "expected duration > 0, not 0"),
        (Parameter("x", "fraction", 0.0, "", minimum=0.0, maximum=1.0), "120%", "fraction >= 0 <= 1, not '120%'"),
        (Parameter("x", "choice", "a", "", choices=("a", "b")), "c", "expected one of a, b, not 'c'"),
        (Parameter("x", "choice", "a", "", choices=("a", "b")), ["a"], "expected one of a, b, not a list"),
        (Parameter("x", "rate", 1.0, "", minimum=0.0), "-5/s", "expected rate >= 0, not '-5/s'"),
        (Parameter("x", "str", "", ""), 3, "expected text, not 3: put it in quotes"),
    ],
)
def test_a_parameter_out_of_its_range(parameter, written, says):
    """The message names the range."""
    with pytest.raises(ValueError, match="expected") as caught:
        units.convert(parameter, written)
    assert says in str(caught.value)
