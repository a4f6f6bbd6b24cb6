"""The table of operations in JavaScript, for pages that compute by themselves.

Nothing is written twice: `translate` turns the Python that computes a row into JavaScript, and the
derivatives are the table's, applied to symbols that write JavaScript. `library` collects the
functions that this takes; `table` makes an object of the rows. None of it needs NumPy.
"""

from .table import keys_of, table

__all__ = ["keys_of", "table"]
