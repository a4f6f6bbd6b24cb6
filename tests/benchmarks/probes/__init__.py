"""What each engine can do, tried: a module for each, with a function for each question.

A probe that returns nothing says yes; a string that it returns is added to the yes. It says
anything else by raising `Partly`, `No` or `NotApplicable`, and any other exception is a no that
names it. A wrong result fails an assertion. `run` calls them, each in a process of its own.
"""
