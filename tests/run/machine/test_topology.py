"""How CPUs are built: made-up trees as the kernel shows them, trees without tables, and this machine's own."""

import pytest

from concexp.run.machine import topology


@pytest.fixture
def system(tmp_path):
    """Write a tree of `/sys/devices/system`; its path."""

    def system(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{text}\n")
        return tmp_path

    return system


def cpus(cores):
    """The tables of CPUs, given the CPUs of each core and its socket."""
    files = {}
    for core, socket in cores:
        for cpu in topology.numbers(core):
            files[f"cpu/cpu{cpu}/topology/thread_siblings_list"] = core
            files[f"cpu/cpu{cpu}/topology/physical_package_id"] = socket
    return files


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("0-3,8", [0, 1, 2, 3, 8]), ("0", [0]), ("", []), ("0,4", [0, 4]), ("all", []), ("3-", [3]), ("0-x", [])],
)
def test_lists_of_the_kernel(text, numbers):
    """`0-3,8` is five numbers; what is no list is none."""
    assert topology.numbers(text) == numbers


def test_hyper_threads_on_two_sockets(system):
    """Four cores of two threads on two sockets with a memory node each."""
    tree = cpus([("0,4", 0), ("1,5", 0), ("2,6", 1), ("3,7", 1)])
    tree |= {"cpu/online": "0-7", "node/node0/cpulist": "0-1,4-5", "node/node1/cpulist": "2-3,6-7"}
    assert topology.topology(system(tree)) == {
        "sockets": 2,
        "cores": 4,
        "threads_per_core": 2,
        "siblings": [[0, 4], [1, 5], [2, 6], [3, 7]],
        "numa_nodes": [[0, 1, 4, 5], [2, 3, 6, 7]],
    }


@pytest.mark.parametrize(("allowed", "siblings"), [([0, 1], []), ([0, 4, 1], [[0, 4]]), (None, [[0, 4], [1, 5]])])
def test_only_usable_siblings_count(system, allowed, siblings):
    """Two CPUs of one core matter only where this process may use both."""
    tree = cpus([("0,4", 0), ("1,5", 0)]) | {"cpu/online": "0-1,4-5"}
    assert topology.topology(system(tree), allowed)["siblings"] == siblings


def test_a_system_without_tables(system):
    """Nothing is known, and nothing is guessed."""
    names = ("sockets", "cores", "threads_per_core", "siblings", "numa_nodes")
    assert topology.topology(system({})) == dict.fromkeys(names)
    tree = system({})
    assert (topology.governor(tree), topology.turbo(tree), topology.clock_source(tree)) == (None, None, None)


def test_without_a_list_of_cpus_the_folders_tell(system):
    """Each CPU has a folder; others beside them, as cpufreq's, are none."""
    tree = system(cpus([("0", 0), ("10", 0)]) | {"cpu/cpufreq/boost": "1"})
    assert topology.topology(tree)["cores"] == 2
    assert topology.turbo(tree) is True


@pytest.mark.parametrize(
    ("files", "turbo"),
    [
        ({"cpu/intel_pstate/no_turbo": "0"}, True),
        ({"cpu/intel_pstate/no_turbo": "1", "cpu/cpufreq/boost": "1"}, False),
        ({"cpu/cpufreq/boost": "0"}, False),
    ],
)
def test_turbo(system, files, turbo):
    """Intel's switch is upside down and goes before the general one."""
    assert topology.turbo(system(files)) is turbo


def test_this_machine():
    """Whatever this system tells fits together: usable siblings are usable CPUs, and cores are no more than CPUs."""
    allowed = topology.affinity()
    found = topology.topology(allowed=allowed)
    shared = [cpu for core in found["siblings"] or [] for cpu in core]
    assert len(shared) == len(set(shared))
    assert allowed is None or set(shared) <= set(allowed)
    nearest = [cpu for node in found["numa_nodes"] or [] for cpu in node]
    assert len(nearest) == len(set(nearest))
    assert (found["cores"] is None) == (found["threads_per_core"] is None)
