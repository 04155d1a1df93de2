"""Rewrites the outputs in the pages from fresh recordings that it trusts: `make accept`.

Bottom to top: ``distrust`` finds what no page may hold, and plays each program again elsewhere
and at other paces; ``changes`` tells what is to be played at all; ``pages`` rewrites a page.
"""

from proven.checks.accept.changes import Changes
from proven.checks.accept.distrust import Untrusted
from proven.checks.accept.pages import accept, each_page, replace_text

__all__ = ["Changes", "Untrusted", "accept", "each_page", "replace_text"]
