"""Nothing of ours: this folder takes the place of HIPS autograd's ``tracer.py``.

Where that project is installed over this one, its ``__init__.py`` replaces ours, asks for its own
``tracer``, and finds this folder, which says what is wrong.
"""

from .. import conflict  # noqa: F401
