"""Coverage-guided fuzzing of everything that reads what others wrote: YAML, lines of journals, answers, expressions.

    python -m tests.fuzz.guided [CORPUS…] [-max_total_time=60]

Options are libFuzzer's: it begins with the files of each CORPUS, and keeps what it finds in the first.
Ends with the first input that does anything but be taken or be refused in order, and writes it to a file.
"""

import sys

import atheris

with atheris.instrument_imports(include=["concexp", "yaml"]):
    from concexp.experiment import expressions
    from concexp.run.storage import journal
    from tests.fuzz import targets


def line(data):
    """A line of a journal, its checksum put right: what it holds is for the fuzzer to find."""
    try:
        journal.decode(data[:-1] + b',"crc32":%d}' % journal.zlib.crc32(data))
    except ValueError as error:
        assert str(error)


def formula(text):
    """An expression is computed, or refused with the place of the mistake."""
    try:
        expressions.evaluate(expressions.parse(text), {"cpus": 2, "workers": 4})
    except expressions.ExpressionError as error:
        assert 0 <= error.position <= len(text)


def one(data):
    """The first byte chooses what the rest is for; what begins as text does is an experiment."""
    kind, rest = data[:1], data[1:]
    if kind <= b"\x7f":
        targets.experiment(data.decode("utf-8", "ignore"))
    elif kind <= b"\x9f":
        line(rest)
    elif kind <= b"\xbf":
        targets.answer(rest)
    else:
        formula(rest.decode("utf-8", "ignore"))


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
