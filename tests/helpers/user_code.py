"""User code that tests name in a YAML, and the problems that reading it has."""

import pytest

from concexp.errors import InputError

# At the end of a user's file: shows whether it was executed.
SHOUTS = "\nimport pathlib\npathlib.Path(__file__ + '.executed').touch()\nraise SystemExit\n"


def problems(read, text):
    """The problems of `workload: <text>`; `read` is the fixture of that name."""
    with pytest.raises(InputError) as caught:
        read(text)
    return caught.value.problems
