"""Names the packages that proofs of this chapter need."""

from importlib.util import find_spec

from proven.proofs import LACKS

LACKS["tkinter"] = lambda: find_spec("_tkinter") is None
