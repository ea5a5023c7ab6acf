"""What a page calls the circumstances of runs, which the analysis names in English."""

from __future__ import annotations

from concexp.report.text.language import message, say, translated

# Keys of the experiment and labels are names in every language, and stay as they are.
NAMES = (
    message("run"),
    message("commit"),
    message("host"),
    message("processor"),
    message("architecture"),
    message("usable CPUs"),
    message("CPUs"),
    message("hyper-threads per core"),
    message("CPU quota"),
    message("memory"),
    message("system"),
    message("governor"),
    message("turbo"),
    message("clock"),
    message("virtual machine"),
    message("experiment"),
    message("began"),
    message("load before the run"),
    message("CPUs that others used before"),
    message("checked before the run"),
    message("effective CPUs"),
    message("speed of a spinner alone"),
    message("sentinel"),
    message("version"),
    message("measuring code"),
)
# Of interpreters, behind which one it is: `Python, compiler`.
OF_INTERPRETERS = (
    message("compiler"),
    message("configured with"),
    message("compiled with"),
    message("GIL at start"),
    message("JIT"),
    message("processes start by"),
    message("binary"),
)
# Before the name of what each is about: `package numpy`.
KINDS = (message("your code"), message("plug-in"), message("environment"), message("file"), message("package"))
# The work by which machines are compared.
YARDSTICKS = (
    message("the sentinel"),
    message("a spinner alone"),
    message("all spinners together"),
    message("the work in an operation of a given time"),
)


def name_of(name: str) -> str:
    """The name of a circumstance in the language of the page."""
    if name in NAMES:
        return translated(name)
    for kind in KINDS:
        if name.startswith(f"{kind} "):
            return say("{kind} {name}", kind=translated(kind), name=name.removeprefix(f"{kind} "))
    python, comma, fact = name.rpartition(", ")
    return say("{text}, {phrase}", text=python, phrase=translated(fact)) if comma and fact in OF_INTERPRETERS else name
