"""A tree of an expression -> its text, for messages that name a part of a condition. Pure."""

from __future__ import annotations

from concexp.experiment.expressions import Tree

# How tightly a kind binds its parts: a part that binds more loosely than what is around it needs brackets.
STRENGTH = {"or": 1, "and": 2, "not": 3, "compare": 4, "+": 5, "-": 5, "*": 6, "/": 6, "minus": 7}
ATOM = 8


def text_of(tree: Tree) -> str:
    """`cpus >= 4 and workers > 1`: what parses to the same tree again."""
    parts = [text_of(part) for part in tree.parts]
    if tree.kind in ("number", "name", "text"):
        return tree.written or (f'"{tree.value}"' if tree.kind == "text" else str(tree.value))
    if tree.kind == "at":
        return f"{tree.value}[{', '.join(parts)}]"
    if tree.kind == "place":
        return f"{tree.value}={parts[0]}" if tree.value else parts[0]
    if tree.kind == "list":
        return f"[{', '.join(parts)}]"
    if tree.kind == "call":
        return f"{tree.value}({', '.join(parts)})"
    if tree.kind == "curve":
        return f"{tree.value}({parts[0]} over {parts[1]})"
    if tree.kind == "first":
        return f"first({parts[0]} where {parts[1]})"
    pairs = enumerate(zip(parts, tree.parts, strict=True))
    return _joined(tree, [f"({text})" if _is_loose(part, tree, number > 0) else text for number, (text, part) in pairs])


def _joined(tree: Tree, parts: list[str]) -> str:
    if tree.kind == "compare":
        text = parts[0] + "".join(f" {sign} {part}" for sign, part in zip(tree.value, parts[1:], strict=True))
        if tree.tolerance is None:
            return text
        near = f"{tree.tolerance.amount:g}x" if tree.tolerance.factor else f"{100 * tree.tolerance.amount:g}%"
        return f"{text} within {near}"
    if tree.kind in ("not", "minus"):
        return f"{'not ' if tree.kind == 'not' else '-'}{parts[0]}"
    return f" {tree.kind} ".join(parts)


def _is_loose(part: Tree, around: Tree, is_right: bool) -> bool:
    """Whether a part would be read in another way without brackets: `a - (b - c)`."""
    strength, needed = STRENGTH.get(part.kind, ATOM), STRENGTH[around.kind]
    return strength < needed or (strength == needed and (is_right or around.kind in ("compare", "not", "minus")))
