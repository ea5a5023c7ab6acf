"""What connects workers: every channel carries messages of every size whole, on every model that has it."""

import multiprocessing
import pickle
import queue
import threading
import time

import pytest

from concexp import catalog
from concexp.trial import tools
from concexp.trial.workloads import _messages
from tests.helpers.forks import trial
from tests.helpers.interpreters import tried
from tests.helpers.plugins import HERE, build, runs, selected

CHANNELS = [name for name in catalog.names("sync") if build("sync", name).interface in ("channel", "stream")]
STATES = [name for name in catalog.names("sync") if build("sync", name).interface == "state"]
SIZES = [1, 1024, 1 << 20, 16 << 20]
CARRIED = [(model, channel) for model in HERE for channel in CHANNELS if runs("bulk_transfer", model, channel, 2)]
METHODS = ("fork", "forkserver", "spawn")
MANY = [(model, channel) for model, channel in CARRIED if build("sync", channel).ends == "many"]


@pytest.mark.parametrize(
    ("model", "channel", "size"), selected([(*carried, size) for carried in CARRIED for size in SIZES])
)
def test_messages_of_every_size_arrive_whole(model, channel, size):
    """From 1 B to 16 MiB: what is taken is what was put, byte by byte, and it is timed with its size."""
    ending = trial(
        ("bulk_transfer", {"size": size}), model, channel,
        load={"ops": _messages.KINDS, "scaling": "strong"}, warmup=0, probes=["rusage"],
    )  # fmt: skip
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    assert ending.answer["iterations"][0]["counts"]["message_bytes"] == size


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channel", ["interpreter_queue", "queue"])
def test_interpreters_carry_them_too(channel, size):
    """The queue of interpreters, by both its names."""
    load = {"ops": _messages.KINDS, "scaling": "strong"}
    ending = tried(("bulk_transfer", {"size": size}), "interpreters", channel, load=load, warmup=0, probes=[])
    assert (ending.status, ending.left_behind) == ("ok", 0), ending


@pytest.mark.parametrize("form", ["pickled", "raw"])
@pytest.mark.parametrize("duplex", [False, True])
@pytest.mark.parametrize(
    "model", ["threads", *(("processes", {"start_method": method}) for method in METHODS)], ids=str
)
def test_pipes_of_every_form(model, duplex, form):
    """Simplex or duplex, pickled or raw, between threads and processes however these were started."""
    sync = "pipe", {"form": form, "duplex": duplex}
    ending = trial(("ping_pong", {"size": 100}), model, sync, load={"ops": 10, "scaling": "strong"}, iterations=2)
    assert (ending.status, ending.left_behind) == ("ok", 0), ending


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", [*CHANNELS, *STATES])
def test_it_travels_to_processes_however_they_are_started(name, method):
    """What is shared reaches the workers of every start method; a lost or a doubled message would show."""
    workload = "shared_state" if name in STATES else "bulk_transfer"
    if not runs(workload, "processes", name, 2):
        assert name in ("lifo_queue", "priority_queue", "interpreter_queue")
        return
    model = "processes", {"start_method": method}
    ending = trial(workload, model, name, load={"ops": 20, "scaling": "strong"}, iterations=2, startup="each")
    assert (ending.status, ending.left_behind) == ("ok", 0), ending


@pytest.mark.parametrize("workload", ["bulk_transfer", "fan_in", "fan_out"])
@pytest.mark.parametrize(("model", "channel"), MANY)
def test_many_may_share_it(workload, model, channel):
    """n:n, n:1 and 1:n: each message is taken once, by somebody."""
    ending = trial(workload, model, channel, workers=4, load={"ops": 41, "scaling": "strong"})
    assert (ending.status, ending.left_behind) == ("ok", 0), ending


@pytest.mark.parametrize("channel", [name for name in CHANNELS if build("sync", name).ends == "one"])
def test_what_has_two_ends_is_for_two(channel):
    """More workers than ends are refused with the reason."""
    ending = trial("bulk_transfer", "threads", channel, workers=3, load={"ops": 41, "scaling": "strong"})
    assert (ending.status, "one writer and one reader" in ending.reason) == ("unsupported", True)


@pytest.mark.parametrize("workers", [2, 3, 5])
@pytest.mark.parametrize("model", ["threads", "processes", "asyncio"])
def test_a_pipeline_of_any_length(model, workers):
    """What leaves the last stage is what entered the first, and every stage has computed."""
    channel = "queue" if model == "asyncio" else "pipe"
    ending = trial(("pipeline", {"busy": 1e-5}), model, channel, workers=workers, load={"ops": 10, "scaling": "strong"})
    assert (ending.status, ending.left_behind) == ("ok", 0), ending


def test_a_message_longer_than_the_ring():
    """Messages of any length pass through slots of any number: shorter, as long, and longer than the whole ring."""
    for slots, slot, size in [(1, 16, 1), (1, 16, 8), (1, 16, 9), (2, 16, 24), (2, 16, 25), (3, 20, 1000)]:
        sync = "shared_memory_ring", {"slots": slots, "slot": slot}
        ending = trial(("bulk_transfer", {"size": size}), "threads", sync, load={"ops": 7, "scaling": "strong"})
        assert ending.status == "ok", (slots, slot, size, ending)


class Wrong:
    """A channel that gives back something else than what was put."""

    def __init__(self, spoil):
        self.spoil, self.items = spoil, []

    def put(self, message):
        self.items.append(self.spoil(message))

    def get(self):
        return self.items.pop(0)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda message: message[:-1], "a message of 9 bytes came, not of 10"),
        (lambda message: message[:7] + b"?" + message[8:], "byte 7 of a message is 63, not"),
    ],
)
def test_a_damaged_message_is_told(spoil, words):
    """One byte less, or one byte else, is found, and where."""
    channel, found = Wrong(spoil), _messages.payloads(10)
    _messages.put(channel, found, 0, 1, False)
    with pytest.raises(_messages.Damaged, match=words):
        _messages.take(channel, found, 1, False)


@pytest.mark.parametrize("size", [1, 2, 3, 4096, 4097, 10_000])
def test_payloads_differ_and_are_as_long_as_asked(size):
    """Each has its own first byte and its own number; what is added up tells which were taken."""
    found = _messages.payloads(size)
    assert [len(payload) for payload in found] == [size] * _messages.KINDS
    assert [payload[0] for payload in found] == list(range(_messages.KINDS))
    assert len(set(_messages.numbers(found))) == _messages.KINDS
    assert _messages.expected(size, 4) == sum(_messages.numbers(found)) + _messages.numbers(found)[0]


def test_a_message_that_was_taken_twice_shows():
    """A doubled message and a lost one do not make up for each other."""
    channel, found = Wrong(lambda message: message), _messages.payloads(10)
    _messages.put(channel, found, 0, 3, False)
    channel.items[1] = channel.items[0]
    assert _messages.take(channel, found, 3, False) != _messages.expected(10, 3)


def test_what_was_put_is_done_with_when_the_pass_ends():
    """A joinable queue's giver waits for the takers to be done with all."""
    done = threading.Event()

    class Joined(Wrong):
        def join(self):
            done.set()

    _messages.put(Joined(lambda message: message), _messages.payloads(1), 0, 2, True)
    assert done.is_set()


@pytest.mark.parametrize("name", STATES)
def test_unguarded_updates_between_processes_may_get_lost(name):
    """Without its guard an update is no longer whole: what gets lost is counted, and the numbers are kept as invalid."""
    ending = trial("shared_state", "processes", (name, {"guarded": False}), load={"duration": 0.3}, warmup=0)
    lost = ending.answer["iterations"][0]["counts"]["lost_updates"]
    assert ending.status == ("invalid" if lost else "ok"), ending
    guarded = trial("shared_state", "processes", name, load={"duration": 0.05}, warmup=0)
    assert guarded.answer["iterations"][0]["counts"] == {"lost_updates": 0}


@pytest.mark.parametrize("stride", [1, 8])
@pytest.mark.parametrize("model", ["threads", "processes"])
def test_numbers_side_by_side_are_nobody_elses(model, stride):
    """Each worker's number has all of its increments and no other's, near or far."""
    ending = trial(("false_sharing", {"stride": stride}), model, workers=3, load={"ops": 100, "scaling": "weak"})
    assert ending.status == "ok", ending
    assert ending.answer["iterations"][0]["ops"] == 300


def test_a_manager_is_one_process_and_ends_with_the_trial():
    """All that a trial asks of managers is held by one process, which is part of the model: no server of the workload's."""
    lent = tools.Tools(*build("model", "processes").primitives())
    first, second = (build("sync", "manager_queue").build(lent, 1) for _ in range(2))
    (pid,) = lent.pids
    assert first is not second
    lent.end()
    assert pid not in {child.pid for child in multiprocessing.active_children()}
    ending = trial("ping_pong", "processes", "manager_queue", load={"ops": 20, "scaling": "strong"}, workers=4)
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    assert ending.answer["iterations"][0]["server_cpu_s"] is None


def test_ends_travel():
    """A pair of Ends reaches a started process with what it speaks through."""
    model = build("model", "processes", start_method="spawn")
    lent = tools.Tools(*model.primitives())
    one, other = build("sync", "pipe").pair(lent)
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=answer, args=(other,))
    child.start()
    one.put(b"there?")
    assert one.get() == b"here: there?"
    child.join()


def answer(ends):
    """One answer to one message."""
    ends.put(b"here: " + ends.get())


def test_held_states_are_described_by_their_parameters():
    """Whether a guard is taken is a parameter that identity and journal know."""
    for name in STATES:
        assert catalog.parameters(catalog.load("sync", name))["guarded"].default is True
    assert pickle.loads(pickle.dumps(tools.Ends(len, abs))).put is len


SIZED = [(model, channel) for model, channel in CARRIED if build("sync", channel).sized]


@pytest.mark.parametrize(("model", "channel"), SIZED)
def test_the_depth_of_a_channel_can_be_looked_at(model, channel):
    """It lies between nothing and all that was put, in trials whose outcome is right all the same."""
    load = {"ops": 300, "scaling": "strong"}
    ending = trial(("bulk_transfer", {"capacity": 8}), model, channel, load=load, probes=["rusage", "depth"])
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    assert 0 <= ending.answer["iterations"][0]["depth_mean"] <= 300


def test_the_depth_is_that_of_the_channel():
    """Looks at a queue that nobody touches find what is in it."""
    probe = build("probe", "depth")
    held = queue.Queue()
    for item in range(5):
        held.put(item)
    kit = probe.kit(tools.Kit(None, None, held, 2, ""), None)
    assert kit.primitive is held
    probe.begin([], [])
    while len(probe.seen) < 3:
        time.sleep(0.001)
    assert probe.end([], []) == {"depth_mean": 5}
    assert build("probe", "depth").applies_to(build("sync", "queue"))
    assert not build("probe", "depth").applies_to(build("sync", "pipe"))
