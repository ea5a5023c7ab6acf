"""Coverage-guided fuzzing of everything that parses input: YAML, lines of journals, answers of children, expressions.

    python -m tests.fuzz.guided [CORPUS…] [-max_total_time=60]

Options are libFuzzer's: it starts from the files of each CORPUS, and adds new inputs to the first.
Stops at the first input that is neither accepted nor refused with a proper error, and writes it to a file.
"""

import sys

import atheris

with atheris.instrument_imports(include=["concexp", "yaml"]):
    from concexp.experiment import expressions
    from concexp.run.storage import journal
    from tests.fuzz import targets


def line(data):
    """Decodes a line of a journal; its checksum is made to fit, so that the fuzzer gets past it."""
    try:
        journal.decode(data[:-1] + b',"crc32":%d}' % journal.zlib.crc32(data))
    except ValueError as error:
        assert str(error)


def formula(text):
    """Evaluates an expression, or gets an error with the position of the mistake."""
    try:
        expressions.evaluate(expressions.parse(text), {"cpus": 2, "workers": 4})
    except expressions.ExpressionError as error:
        assert 0 <= error.position <= len(text)


def one(data):
    """Fuzzes one target: the first byte chooses it; input that begins like text is an experiment."""
    kind, rest = data[:1], data[1:]
    if kind <= b"\x7f":
        targets.experiment(data.decode("utf-8", "ignore"))
    elif kind <= b"\x9f":
        line(rest)
    elif kind <= b"\xbf":
        targets.sent(rest)
    else:
        formula(rest.decode("utf-8", "ignore"))


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
