"""What user code may lack in a trial: an environment variable or a file. An exception -> the key of the YAML that gives it."""

import os


def hint(error):
    """A sentence on what the trial lacked, for people; "" where the exception shows no such thing."""
    if isinstance(error, KeyError) and error.args and raised_by_environ(error):
        name = error.args[0]
        return "a trial sees only the variables of `environment:`: add {%s: …} or {%s: {from: caller}} there" % (
            name,
            name,
        )
    if isinstance(error, FileNotFoundError) and error.filename:
        path = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else ""
        if path and not os.path.isabs(path):
            return "a trial starts in a folder of its own: `files: [%s]` puts what lies beside the YAML there" % path
    return ""


def raised_by_environ(error):
    """Whether `os.environ[…]` raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    frame = trace.tb_frame if trace is not None else None
    return frame is not None and frame.f_globals.get("__name__") == "os" and frame.f_code.co_name == "__getitem__"
