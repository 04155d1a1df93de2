"""`python -m handbook`: sphinx-build without what a process of one build can do without.

Nothing is collected that the end of the process frees anyway, and the end doesn't free it piece
by piece: together a third of a small build.
"""

from __future__ import annotations

import gc
import os
import sys

from sphinx.cmd.build import main

if __name__ == "__main__":
    gc.disable()
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
