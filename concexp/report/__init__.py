"""A run -> its page: Markdown and PNG, the same bytes for the same journal."""

from concexp.report.page import write

__all__ = ["write"]
