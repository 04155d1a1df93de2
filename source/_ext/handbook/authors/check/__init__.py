"""`make check PAGE=tasks/gather`: what is wrong with a page, a line for each finding.

Bottom to top: ``command`` runs a module; ``failing`` asks pytest, ``linted`` ruff, ``built`` a
build, ``runs`` the explorer about the runs shown; ``page`` asks everybody.
"""
