"""A journal -> what can be said of it: the tidy frame, the cells, doubts, claims."""
