"""From a doctree to markup that only names things.

Bottom to top: ``nearby`` tells what stands beside a node; ``references`` and ``blocks`` are what
the ``translator`` is made of; ``sheets`` are the pieces of a page that are printed alone, too.
"""
