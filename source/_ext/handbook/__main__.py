"""`python -m handbook`: sphinx-build without what a process of one build can do without.

Nothing is collected that the end of the process frees anyway, and the end doesn't free it piece
by piece: together a third of a small build.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys

from sphinx.cmd.build import main

LEAST = 2_000_000
"""Bytes: with less left on the disk a build that broke off is taken to have filled it."""


def advice(code: int, folder: str) -> str:
    """Return what to do after a build that ended so, if Sphinx's advice isn't it."""
    broke_off = code == 2 and os.path.isdir(folder)
    if broke_off and shutil.disk_usage(folder).free < LEAST:
        return f"{folder}: ERROR: the disk is full: free some space and run make again\n"
    return ""


if __name__ == "__main__":
    gc.disable()
    code = main(sys.argv[1:])
    sys.stderr.write(advice(code, sys.argv[-1]))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
