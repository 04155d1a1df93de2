"""`python -m handbook`: sphinx-build without what a process of one build can do without.

Nothing is collected that the end of the process frees anyway, and the end doesn't free it piece
by piece: together a third of a small build.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys

from sphinx.cmd.build import get_parser, main

LEAST = 2_000_000
"""Bytes: with less left on the disk a build that broke off is taken to have filled it."""


def advice(code: int, folder: str) -> str:
    """Return what to do after a build that ended so, if Sphinx's advice isn't it."""
    broke_off = code == 2 and os.path.isdir(folder)
    if broke_off and shutil.disk_usage(folder).free < LEAST:
        return f"{folder}: ERROR: the disk is full: free some space and run make again\n"
    return ""


def unreadable(folder: str) -> str:
    """Return what is wrong with the settings in `folder`, for which Sphinx has a traceback."""
    file = os.path.join(folder, "conf.py")
    try:
        with open(file, encoding="utf-8") as source:
            compile(source.read(), file, "exec")
    except OSError as error:
        return f"{file}: ERROR: {error.strerror}\n"
    except SyntaxError as error:
        return f"{os.path.normpath(file)}:{error.lineno}: ERROR: {error.msg}: mend it\n"
    return ""


if __name__ == "__main__":
    gc.disable()
    if wrong := unreadable(sys.argv[sys.argv.index("-c") + 1] if "-c" in sys.argv else "."):
        sys.exit(wrong)
    code = main(sys.argv[1:])
    if code:
        # Behind the folder pages may be named.
        sys.stderr.write(advice(code, get_parser().parse_args(sys.argv[1:]).outputdir))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
