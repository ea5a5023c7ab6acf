"""Makes the parts of a page one by one: where one fails, a sentence stands in its place, and the others are made."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from pathlib import Path

from concexp.errors import ConcexpError
from concexp.report.text.language import say
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import sentence_case

PACKAGE = Path(__file__).parents[1]


class Parts:
    """What guards the parts of one page. `data` is the path from the page to the run folder.

    failed  the parts that could not be made so far, each with the reason and the place in the code
    """

    def __init__(self, data: str) -> None:
        self.data = data
        self.failed: list[str] = []

    @contextlib.contextmanager
    def guard(self, part: str, said: list[str], **names: str) -> Iterator[None]:
        """Make a part in this context. If that fails, `said` gets the sentence that stands in its place.

        `part` is a message that names the part, with `names` in it.

        A disk or memory without room ends the page: the next part would meet the same.
        """
        try:
            yield
        except (OSError, MemoryError):
            raise
        except Exception as error:
            problem = error.message if isinstance(error, ConcexpError) else f"{type(error).__name__}: {error}"
            place = _place(error)
            self.failed.append(f"{part.format(**names)} ({problem}, in {place})")
            said.append(
                say(
                    "**{part} could not be made**: {problem}, in {place}. Everything that was measured is kept. "
                    "Please report this "
                    "mistake in concexp, with {journal}.",
                    part=sentence_case(say(part, **names)),
                    problem=escaped(problem),
                    place=code(place),
                    journal=f"[journal.jsonl]({self.data}/journal.jsonl)",
                )
            )


def _place(error: BaseException) -> str:
    """The last line of concexp's own that an error went through: `report/plots/heatmap.py:167`."""
    own = [
        (Path(frame.filename).relative_to(PACKAGE).as_posix(), frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(PACKAGE)
    ]
    return "{}:{}".format(*own[-1])
