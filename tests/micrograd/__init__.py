"""Code as micrograd's users write it, which runs here with its imports changed.

Each pattern is a module with a generator `steps`: one training step, or what else the pattern does,
per item. `run` lists them. They are patterns of public code, in our own words; `imports` chooses
whose `Value` they get. `kept` holds what micrograd computes, for `test_patterns` to compare.
"""
