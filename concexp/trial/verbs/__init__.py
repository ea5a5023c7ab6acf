"""The verbs of a request: one file is one verb, with a function `answer(request)`."""
