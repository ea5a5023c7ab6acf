"""Where each worker ran, and how its interpreter was set, as the worker itself sees it after a pass."""

from concexp.trial import in_force, runtime, tools


class Watcher(tools.Watcher):
    """Looks at the worker's own thread and interpreter."""

    name = "placement"
    names = ()

    def around(self, work, me):
        self.names = () if me.setting is None else me.setting.read_back
        return work

    around_async = around

    def seen(self):
        return in_force.cpus(), runtime.switch_interval(), in_force.read(self.names)


class Probe(tools.Probe):
    """The CPUs that each worker might use, its switch interval, and the settings that are to be read back.

    `worker_cpus`, `worker_switch_interval` (seconds) and `worker_settings` (a dict by name: see `in_force`), all in the order of
    the workers' answers.
    """

    columns = {"worker_cpus": "list", "worker_switch_interval": "numbers", "worker_settings": "list"}

    def watcher(self):
        return Watcher()

    def merged(self, seen):
        if not seen:
            return {}
        cpus, intervals, settings = zip(*seen)
        return {
            "worker_cpus": list(cpus),
            "worker_switch_interval": list(intervals),
            "worker_settings": list(settings),
        }
