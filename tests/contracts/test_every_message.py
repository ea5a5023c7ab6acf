"""Every message of the page has a translation in every language, and no catalogue has any other."""

import pytest

from concexp import catalog
from concexp.cli.options import Language
from concexp.experiment.blocks import DEFAULT_LANGUAGE, LANGUAGES
from concexp.report.contents import LANGUAGE_NAMES
from concexp.report.font_files import FONTS
from tests.helpers import messages

OTHERS = [name for name in LANGUAGES if name != DEFAULT_LANGUAGE]
CURE = "`make messages` brings the catalogues up to date; then translate what they lack"


@pytest.fixture(scope="module")
def sources():
    """All messages in the sources; a call that no catalogue can serve ends the search with its place."""
    return messages.in_sources()


def test_messages_are_found_wherever_they_stand(sources):
    """In templates and modules, in tables that are looked up later, with numbers, and in what plug-ins are called."""
    metric = catalog.load("metric", "throughput").title
    assert {"Run it again", "{names} and {last}", "{count} trial", "The experiment", metric} <= set(sources)
    assert sources["{count} trial"].plural == "{count} trials"
    assert len(sources) > 150


@pytest.mark.parametrize("name", OTHERS)
def test_catalogues_are_complete(name, sources):
    """A message without a translation would be English on the page."""
    translated = {
        messages.key_of(entry) for entry in messages.catalogue(name) if entry.translated() and not entry.fuzzy
    }
    assert sorted(set(sources) - translated) == [], CURE


@pytest.mark.parametrize("name", OTHERS)
def test_nothing_in_a_catalogue_is_obsolete(name, sources):
    """What no source says any more is dropped, and each message stands there once, with its plural."""
    known = {messages.key_of(entry): entry.msgid_plural for entry in messages.catalogue(name)}
    assert len(known) == len(messages.catalogue(name))
    assert known == {text: one.plural for text, one in sources.items()}, CURE


@pytest.mark.parametrize("name", OTHERS)
def test_translations_have_the_same_names_in_braces(name):
    """A name that is missing would lose a figure, and one too many would end the page."""
    for entry in messages.catalogue(name):
        for translation in [*entry.msgstr_plural.values()] or [entry.msgstr]:
            assert messages.names_in(translation) == messages.names_in(entry.msgid), entry.msgid


def test_every_language_is_known_everywhere():
    """To the YAML, to the command line, to the links between pages and to the fonts."""
    assert tuple(Language) == LANGUAGES == tuple(LANGUAGE_NAMES) == tuple(FONTS)
    assert [name for name in OTHERS if not messages.file_of(name).is_file()] == []


@pytest.mark.parametrize("name", OTHERS)
def test_sentences_without_a_winner_are_known_as_such(name):
    """The title of a picture is a sentence that decides something, where there is one (`answer.finding`)."""
    known = {entry.msgid: entry.msgstr for entry in messages.catalogue(name)}
    undecided = [text for text in known if text.startswith("no winner")]
    assert len(undecided) > 4
    assert all(known["no winner"] in known[text] for text in undecided)
