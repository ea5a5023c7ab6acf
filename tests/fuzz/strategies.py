"""The inputs of the fuzzers: valid and broken experiments, changed and torn journals, answers of children."""

import json

from hypothesis import strategies as st

from concexp import catalog
from concexp.run.storage import journal

WORDS = ("cpus", "workers", "threads", "none", "lock", "on", "5ms", "1e4", "10%", "2*cpus", "cpus/0", "x", "é", "", "-1", "0",
         "1e999", "9" * 120, "null", "~", "current", "3.13", "./p", "a: b", ">= 2", "<<", "*a", "&a 1", "!!python/name:os.system x",
         "'", '"', "[", "]", "{", "}", "\t", "#", "- ", ": ", "? ", "| ", "> ", "%", "@", "`", "\x00", "\u2028")  # fmt: skip


def plugins(kind):
    return st.sampled_from(catalog.names(kind))


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 10),
    st.integers(),
    st.floats(),
    st.sampled_from(WORDS),
    st.text(max_size=12),
)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.one_of(st.sampled_from(WORDS), st.text(max_size=6)), inner, max_size=4)
    ),
    max_leaves=12,
)


def entries(kind):
    """Plug-ins of a kind: each its name, or a map with existing parameters and values that may fit."""

    @st.composite
    def one(draw):
        name = draw(plugins(kind))
        known = list(catalog.parameters(catalog.load(kind, name)))
        if not known or draw(st.booleans()):
            return name
        chosen = draw(st.dictionaries(st.sampled_from(known), scalars, max_size=2))
        return {name: chosen, "as": draw(st.sampled_from(["a", "b", "c d", "<b>", "=1"]))}

    return st.lists(one(), min_size=1, max_size=2, unique_by=repr)


conditions = st.sampled_from(
    [
        "workers > 1",
        "model == threads",
        "throughput > 1",
        "speedup[serial] < 2 within 5%",
        "cpus",
        "(((",
        "1+" * 300,
        "a b",
    ]
)
axes = st.dictionaries(
    st.sampled_from(
        [
            "workers",
            "seed",
            "gil",
            "switch_interval",
            "load.ops",
            "load.rate",
            "pin",
            "startup",
            "python",
            "zip",
            "workload.size",
        ]
    ),
    st.one_of(
        st.lists(st.integers(0, 4), max_size=4),
        st.fixed_dictionaries({"from": st.integers(-1, 3), "to": st.integers(0, 10**9), "step": st.integers(0, 3)}),
        st.fixed_dictionaries(
            {"from": st.integers(-1, 3), "to": st.sampled_from(["cpus", 8]), "times": st.integers(0, 3)}
        ),
        st.sampled_from(["cpus", "2*cpus", "workers+1", [1, "workers"], ["on", "off"], "5ms", ["1/s"]]),
        trees,
    ),
    max_size=4,
)
# Maps that are or resemble experiments: each key may be missing, and has a value that suits it or any value.
specs = st.fixed_dictionaries(
    {"workload": entries("workload"), "model": entries("model")},
    optional={
        "sync": entries("sync"),
        "sweep": st.one_of(axes, st.lists(axes, max_size=2), trees),
        "load": st.one_of(st.sampled_from([{"ops": 10, "scaling": "weak"}, {"duration": "1ms"}]), trees),
        "measure": st.one_of(
            st.dictionaries(st.sampled_from(["repetitions", "precision", "timeout"]), scalars, max_size=2), trees
        ),
        "exclude": st.lists(st.one_of(conditions, trees), max_size=2),
        "claims": st.lists(
            st.one_of(st.fixed_dictionaries({"expect": conditions, "of": conditions}), trees), max_size=2
        ),
        "metrics": st.one_of(st.lists(plugins("metric"), max_size=3), trees),
        "baseline": trees,
        "background": st.one_of(plugins("workload"), trees),
        "allow": trees,
        "name": scalars,
        "tags": trees,
        "author": trees,
        "license": scalars,
        "report": trees,
    },
)


@st.composite
def yamls(draw):
    """The text of an experiment: JSON, which is YAML, every second time broken at one place; or random text."""
    if draw(st.integers(0, 9)) == 0:
        return "".join(
            draw(st.lists(st.one_of(st.sampled_from([*WORDS, "\n", "  ", "a"]), st.text(max_size=5)), max_size=40))
        )
    data = draw(specs)
    text = "\n".join(f"{key}: {json.dumps(value, ensure_ascii=draw(st.booleans()))}" for key, value in data.items())
    if draw(st.booleans()):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.sampled_from(WORDS)) + text[place + draw(st.integers(0, 3)) :]
    return text


@st.composite
def changed(draw, lines):
    """The bytes of a journal in which one to three values were replaced or removed; its checksums fit."""
    found = [json.loads(json.dumps(line)) for line in lines]
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.sampled_from(found))
        while True:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(at[key], dict | list) and at[key] and draw(st.integers(0, 3)):
                at = at[key]
                continue
            if draw(st.integers(0, 3)) == 0:
                del at[key]
            else:
                at[key] = draw(trees.filter(writable))
            break
    return b"".join(map(journal.encode, found))


def writable(value):
    """True if a line of a journal can hold the value."""
    try:
        journal.encode({"value": value})
    except ValueError:
        return False
    return True


@st.composite
def torn(draw, data):
    """The bytes of a journal with lines reordered, left out or repeated, bytes changed, or the end cut off."""
    lines = data.splitlines(keepends=True)
    lines = (
        draw(st.lists(st.sampled_from(lines), min_size=1, max_size=len(lines) + 2)) if draw(st.booleans()) else lines
    )
    found = bytearray(b"".join(lines))
    for _ in range(draw(st.integers(0, 3))):
        found[draw(st.integers(0, len(found) - 1))] = draw(st.integers(0, 255))
    return bytes(found[: draw(st.integers(0, len(found)))])


literals = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(),
    ),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.one_of(st.text(), st.integers()), inner) | st.tuples(inner, inner)
    ),
    max_leaves=10,
)
