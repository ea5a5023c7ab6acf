"""What `concexp try` does: looks at functions in short trials, chooses a sweep, runs it, and condenses its answer.

request  the command line -> the functions and their arguments
probe    short real trials of few cells -> what each function wants
kind     what it wants -> words
sweep    what it wants, models and time -> which cells to measure
question all of it -> a YAML that a person might have written
attempt  the steps one after the other
"""
