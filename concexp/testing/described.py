"""What every plug-in says about itself."""

from __future__ import annotations

from typing import ClassVar

from concexp import catalog


class Described:
    """The contract that all kinds share. `kind` is set by the contract of a kind, `name` by the test: the name in the YAML."""

    kind: ClassVar[str]
    name: ClassVar[str]

    def test_it_is_described(self) -> None:
        """Its docstring begins with a sentence, and explains what each of its parameters means."""
        assert_described(self.kind, self.name)


def assert_described(kind: str, name: str) -> None:
    """Asserts a docstring that begins with a sentence, and for every parameter a type, a meaning and a valid default."""
    cls = catalog.load(kind, name)
    assert cls.__doc__, "a plug-in is described by its docstring"
    first = catalog.summary(cls)
    assert first == first.strip()
    assert first[:1].isupper(), f"the summary begins with a capital letter: {first}"
    assert first.rstrip()[-1] in ".:?;,", f"the first line is the summary, a sentence: {first}"
    for parameter in catalog.parameters(cls).values():
        assert parameter.meaning, f"the docstring of {name} does not explain {parameter.name}"
        assert parameter.type != "any", f"{name}.{parameter.name} has a type that cannot be validated"
        assert not parameter.required, f"{name}.{parameter.name} needs a default"
        if parameter.choices:
            assert parameter.default in parameter.choices
        if parameter.minimum is not None:
            assert parameter.default >= parameter.minimum
            assert not (parameter.exclusive and parameter.default == parameter.minimum)
        if parameter.maximum is not None:
            assert parameter.default <= parameter.maximum
