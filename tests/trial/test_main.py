"""The verbs of the sealed child: each is a file, found by its name."""

import inspect
import pkgutil

import pytest

from concexp.trial import verbs
from concexp.trial.__main__ import answer_to

NAMES = [module.name for module in pkgutil.iter_modules(verbs.__path__)]


@pytest.mark.parametrize("name", NAMES)
def test_each_verb_answers_a_request(name):
    """A file of `verbs` has a function `answer`, which takes the request and nothing else."""
    module = __import__(f"concexp.trial.verbs.{name}", fromlist=["answer"])
    assert list(inspect.signature(module.answer).parameters) == ["request"]


def test_a_request_is_answered_by_the_file_of_its_verb():
    """The verb chooses the file; one that no file has is an error."""
    assert answer_to({"verb": "describe"})["version"]
    assert answer_to({"verb": "refuse", "combinations": []}) == {"reasons": []}
    with pytest.raises(ModuleNotFoundError):
        answer_to({"verb": "forget"})
