"""Probes of what each engine can do: a module per engine, a function per question.

A probe that returns answers yes; a string that it returns becomes the note. For other answers it
raises `Partly`, `No` or `NotApplicable`. Any other exception, such as a failed assertion on a wrong
result, is a no whose note names it. `run` calls each probe in its own process.
"""
