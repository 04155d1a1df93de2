"""Names the packages that proofs of this chapter need."""

from importlib.util import find_spec

from proven.proofs import LACKS

LACKS["ruff"] = lambda: find_spec("ruff") is None
LACKS["mypy"] = lambda: find_spec("mypy") is None
