"""Pages rendered from one tree of objects that all of them read: a site, its sections, its menu."""


class Node:
    """A page of the site, or a section of it."""

    def __init__(self, title, children=()):
        self.title = title
        self.children = list(children)


SITE = Node("site", [Node(f"section {s}", [Node(f"page {s}.{p}") for p in range(20)]) for s in range(10)])


def menu(node, depth=0):
    """The lines of the menu: each page has all of them."""
    lines = ["  " * depth + node.title]
    for child in node.children:
        lines += menu(child, depth + 1)
    return lines


def render():
    """One page, with the menu of the whole site beside it; returns its length."""
    return len("\n".join(f"<li>{line}</li>" for line in menu(SITE)))
