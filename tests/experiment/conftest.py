"""What tests of user code in the YAML share."""

import pytest

from concexp.experiment import load


@pytest.fixture
def read(write):
    """The entries of `workload: …`, in the test's folder."""

    def read(text, more=""):
        return load(write("x.yaml", f"workload: {text}\nmodel: serial\n{more}")).grids[0].workload

    return read
