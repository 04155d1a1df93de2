"""Repairs of what other projects write.

A repair that finds nothing to mend is an error: its project has changed, and MAINTAINING.md says
what to do.  The templates are mended as they are loaded, so each build tells at once; what a
program writes is mended page by page, wherever its sign stands.  Bottom to top: ``table`` holds the
repairs; ``mending`` makes them; ``styles`` leaves out what the theme has for other books.
"""

from handbook.site.repairs.mending import OneId, Templates, mend, mend_body, no_longer, warned
from handbook.site.repairs.table import BODY, HEAD, NAVIGATION, STYLES, TEMPLATES, TOOLS, Repair

__all__ = [
    "BODY",
    "HEAD",
    "NAVIGATION",
    "STYLES",
    "TEMPLATES",
    "TOOLS",
    "OneId",
    "Repair",
    "Templates",
    "mend",
    "mend_body",
    "no_longer",
    "warned",
]
