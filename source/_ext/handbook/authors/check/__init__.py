"""`make check PAGE=tasks/gather`: what is wrong with a page, a line for each finding.

Bottom to top: ``command`` runs a module; ``built`` asks a build about the page; ``runs`` asks the
explorer about the runs shown; ``page`` asks everybody.
"""
