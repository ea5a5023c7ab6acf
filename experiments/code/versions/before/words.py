"""Counts words and makes a summary: as it was."""

TEXT = "the quick brown fox jumps over the lazy dog and the dog sleeps " * 40


def count_words():
    """How often each word occurs."""
    counts = {}
    for word in TEXT.split():
        if word not in counts:
            counts[word] = 0
        counts[word] += 1
    return len(counts)


def longest_word():
    """The length of the longest word."""
    return max(len(word) for word in TEXT.split())
