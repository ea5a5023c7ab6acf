"""Settings of interpreters: their values, what an interpreter lacks for them, and what tells that a worker has another one."""

import pytest

from concexp.experiment import interpreter_settings as settings

CPYTHON = {"implementation": "CPython", "version": "3.14.10", "freezes": True, "gc_thresholds": 2, "hash_seeds": True,
           "allocators": ["malloc", "pymalloc"]}  # fmt: skip
PYPY = {"implementation": "PyPy", "version": "3.11.17", "freezes": False, "gc_thresholds": 0, "allocators": [],
        "hash_seeds": False}  # fmt: skip


@pytest.mark.parametrize(
    ("read", "written", "value"),
    [
        (settings.hash_seed, 0, 0),
        (settings.hash_seed, 2**32 - 1, 2**32 - 1),
        (settings.hash_seed, "random", "random"),
        (settings.collector, "off", "off"),
        (settings.collector, True, "on"),
        (settings.collector, 2000, [2000]),
        (settings.collector, [700, 10, 10], [700, 10, 10]),
        (settings.flags, "none", ""),
        (settings.flags, "-O", "-O"),
        (settings.flags, "-X dev  -W error", "-Xdev -Werror"),
        (settings.flags, "-Xfrozen_modules=off", "-Xfrozen_modules=off"),
    ],
)
def test_a_value_is_read(read, written, value):
    """In the form that the child takes."""
    assert read(written) == value


@pytest.mark.parametrize(
    ("read", "written", "words"),
    [
        (settings.hash_seed, 2**32, "expected a whole number from 0 to"),
        (settings.hash_seed, "some", "or random, not 'some'"),
        (settings.collector, "fast", "expected on, off, freeze, a threshold"),
        (settings.collector, [1, 2, 3, 4], "a list of up to 3"),
        (settings.collector, -1, "expected on, off, freeze"),
        (settings.flags, 3, "expected flags in quotes"),
        (settings.flags, "-c pass", "cannot be started with -c"),
        (settings.flags, "-I", "cannot be started with -I"),
        (settings.flags, "-E", "cannot be started with -E"),
        (settings.flags, "-X", "-X  is not an option"),
        (settings.flags, "-X gil=0", "-X gil is an axis"),
        (settings.flags, "'-O", "cannot be split into flags"),
    ],
)
def test_a_wrong_value_says_what_would_be_right(read, written, words):
    """ValueError with the cure."""
    with pytest.raises(ValueError, match=r"(?s).*") as error:
        read(written)
    assert words in str(error.value)


def test_thresholds_have_a_label_of_one_line():
    """Without brackets."""
    assert [settings.collector_label(one) for one in ("off", 2000, [2000, 20])] == ["off", "2000", "2000, 20"]


@pytest.mark.parametrize(
    ("unsupported", "value", "facts", "reason"),
    [
        (settings.collector_unsupported, "freeze", CPYTHON, ""),
        (settings.collector_unsupported, "freeze", PYPY, "PyPy 3.11.17 has no gc.freeze"),
        (settings.collector_unsupported, "off", PYPY, ""),
        (settings.collector_unsupported, [2000, 10], CPYTHON, ""),
        (settings.collector_unsupported, [2000, 10, 5], CPYTHON, "the collector of CPython 3.14.10 heeds 2 of the 3 thresholds"),
        (settings.collector_unsupported, [2000], PYPY, "the collector of PyPy 3.11.17 has no thresholds"),
        (settings.hash_seed_unsupported, 7, CPYTHON, ""),
        (settings.hash_seed_unsupported, 7, PYPY, "PyPy 3.11.17 hashes texts without a seed"),
        (settings.allocator_unsupported, "malloc", CPYTHON, ""),
        (settings.allocator_unsupported, "mimalloc", CPYTHON, "this build of CPython 3.14.10 has no mimalloc"),
        (settings.allocator_unsupported, "malloc", PYPY, "PyPy 3.11.17 does not choose its allocator by PYTHONMALLOC"),
    ],
)  # fmt: skip
def test_what_an_interpreter_lacks(unsupported, value, facts, reason):
    """The reason names the interpreter with its full version."""
    assert unsupported(value, facts) == reason


SEEN = {"flags": {"optimize": 1}, "options": {"dev": True, "frozen_modules": "off"}, "warnings": ["error"]}


@pytest.mark.parametrize(
    ("differs", "wanted", "found", "words"),
    [
        (settings.flag_differs, False, [False, None], ""),
        (settings.flag_differs, False, [False, True], "on"),
        (settings.switch_interval_differs, 0.001, [0.001], ""),
        (settings.switch_interval_differs, 0.001, [0.001, 0.005], "0.005 s"),
        (settings.pin_differs, "spread", [[0], [1]], ""),
        (settings.pin_differs, "spread", [[0], [0, 1]], "CPUs 0, 1"),
        (settings.pin_differs, "one", [[1], [1]], ""),
        (settings.pin_differs, "one", [[1], [0]], "CPU 0, another than the first one's"),
        (settings.hash_seed_differs, 7, [[True, "12"], [True, "12"]], ""),
        (settings.hash_seed_differs, 7, [[True, "12"], [True, "13"]], "other hashes than another worker"),
        (settings.hash_seed_differs, 7, [[False, "12"]], "hashes that are not random"),
        (settings.hash_seed_differs, 0, [[False, "12"]], ""),
        (settings.hash_seed_differs, 0, [[True, "12"]], "random hashes"),
        (settings.hash_seed_differs, 7, [[None, "12"], [None, "12"]], ""),
        (settings.hash_seed_differs, 7, [[None, "12"], [None, "13"]], "other hashes than another worker"),
        (settings.hash_seed_differs, "random", [[True, "12"], [True, "13"]], ""),
        (settings.collector_differs, "off", [[False, [700, 10, 10], True]], ""),
        (
            settings.collector_differs,
            "off",
            [[True, [700, 10, 10], True]],
            "on, thresholds [700, 10, 10], frozen objects",
        ),
        (settings.collector_differs, "on", [[True, [700, 10, 10], False]], ""),
        (settings.collector_differs, "on", [[True, [700, 10, 10], True]], "frozen objects"),
        (settings.collector_differs, "freeze", [[True, [700, 10, 10], True]], ""),
        (settings.collector_differs, [2000], [[True, [2000, 10, 10], True]], ""),
        (settings.collector_differs, [2000], [[True, [700, 10, 10], True]], "thresholds [700, 10, 10]"),
        (settings.collector_differs, "on", [[True, None, None]], ""),
        (settings.allocator_differs, "malloc", ["malloc", None], ""),
        (settings.allocator_differs, "malloc", ["pymalloc"], "pymalloc"),
        (settings.flags_differ, "", [SEEN], ""),
        (settings.flags_differ, "-O -Xdev -Werror -Xfrozen_modules=off", [SEEN], ""),
        (settings.flags_differ, "-OO", [SEEN], "not -OO"),
        (settings.flags_differ, "-Xutf8", [SEEN], "not -Xutf8"),
    ],
)
def test_what_a_worker_has_instead(differs, wanted, found, words):
    """An empty text if all workers have what was asked for; what could not be read back proves nothing."""
    other = differs(wanted, found)
    assert (words in other) if words else other == ""
