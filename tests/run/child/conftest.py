"""What tests of children share: trials in fresh processes, and in forks."""

import pytest

from tests.helpers.children import ISOLATION


@pytest.fixture(params=["process", "fork"])
def isolation(request, monkeypatch):
    """Each test twice: with fresh processes, and with forks of a template."""
    monkeypatch.setenv(ISOLATION, request.param)
    return request.param
