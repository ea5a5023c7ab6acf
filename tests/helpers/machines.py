"""The facts of a made-up machine without hazards."""

QUIET = {
    "cpus": 4, "logical_cpus": 4, "affinity_cpus": 4, "affinity": [0, 1, 2, 3], "quota_cpus": None, "siblings": [],
    "numa_nodes": [[0, 1, 2, 3]], "governor": "performance", "turbo": False, "virtual": None, "clock_source": "tsc",
    "other_cpus": 0.1, "load_1m": 0.1, "pressure": {"cpu": 0.0, "io": 0.0, "memory": 0.0}, "steal_share": 0.0,
    "memory_bytes": 8 << 30, "memory_available_bytes": 6 << 30, "swap_bytes": 0, "swap_used_bytes": 0,
    "clocks": {"timer_cost_s": 6e-8, "timer_step_s": 5e-8, "sleep_overshoot_median_s": 6e-5, "sleep_overshoot_p99_s": 2e-4},
    "effective_cpus": 3.9, "tracers": [], "environment": [], "machine_lock": {"holder": "", "problem": ""},
    "folders": {"folder for reports": 9 << 30, "cache": 8 << 30}, "pythons": ["python3.11"],
}  # fmt: skip
