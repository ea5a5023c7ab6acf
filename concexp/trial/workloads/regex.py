"""Regular expressions over text: C code that holds the GIL."""

import re

from concexp.trial import tools

TEXTS = 3  # so that operations differ
ADDRESS = re.compile(r"\b[a-z]+(\d+)@(?:[a-z]+\.)+org\b")


class Workload(tools.Workload):
    """Find the addresses of one domain in a text with `re`: C code, yet it never lets go of the GIL.

    Every third line holds an address that matches, the others one that almost does.

    lines: lines of the text
    """

    known_as = ("re.findall", "re.compile")
    suits = "what C code that holds the GIL does to other threads"

    lines: "int >= 1" = 300
    unit = "text"

    def prepare(self, kit):
        self.texts = self.build()

    def build(self):
        return [
            "".join(
                "%d. Write to user%d@mail.example.%s, or call.\n"
                % (line, line, "net" if (line + shift) % TEXTS else "org")
                for line in range(1, self.lines + 1)
            )
            for shift in range(TEXTS)
        ]

    def __getstate__(self):
        # A started process builds its own texts: pickling them would be measured as the model's start-up.
        return {name: value for name, value in self.__dict__.items() if name != "texts"}

    def enter(self, me):
        if not hasattr(self, "texts"):
            self.texts = self.build()

    def work(self, me, n):
        texts, findall = self.texts, ADDRESS.findall
        total = 0
        for number in range(me.first, me.first + n):
            total += sum(map(int, findall(texts[number % TEXTS])))
        return total

    def check(self, shared, outcome):
        # Text `shift` has its addresses in the lines that are -shift modulo 3, and each names the number of its line.
        sums = [sum(range(TEXTS - shift, self.lines + 1, TEXTS)) for shift in range(TEXTS)]
        expected = sum(count * s for count, s in zip(outcome.per_residue(TEXTS), sums))
        return ("" if outcome.total == expected else "what was found is not what is there"), {}
