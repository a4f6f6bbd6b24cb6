"""Mutation testing: small faults are put into the code, one at a time, and the tests must notice.

`mutmut` writes the faulty functions; `__main__` has them tried and counts; `server` tries them;
`explained` says of those that live on why no test can tell.
"""
