"""Counts words and makes a summary: `count_words` was rewritten, `longest_word` was not touched."""

from collections import Counter

TEXT = "the quick brown fox jumps over the lazy dog and the dog sleeps " * 40


def count_words():
    """How often each word occurs."""
    return len(Counter(TEXT.split()))


def longest_word():
    """The length of the longest word."""
    return max(len(word) for word in TEXT.split())
