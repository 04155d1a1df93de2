"""Installs the recorder in each Python of a play that has the play's standard output.

The stage puts this folder on PYTHONPATH, so that Python itself imports this module
in the program's process and in every one that it starts, with fork, spawn or
forkserver alike.  A Python whose output goes elsewhere, into a pipe that the
program reads, is left alone.
"""

import os
import sys


def _has_the_plays_output() -> bool:
    try:
        return os.path.samestat(os.fstat(1), os.stat(os.environ["HANDBOOK_OUTPUT"]))
    except (KeyError, OSError):
        return False


def _is_main_interpreter() -> bool:
    try:
        # Only the main interpreter may load it.
        import faulthandler  # noqa: F401 - kept: its import is the work
    except ImportError:
        return False
    return True


def _install() -> None:
    if not _is_main_interpreter():
        # As on a terminal; else the lines would come when the interpreter ends.
        # A TextIOWrapper there.
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        return
    import _proven_addresses
    import _proven_deadlock
    import _proven_frames
    import _proven_processes
    import _proven_queues
    import _proven_sleeps
    import _proven_stdout
    import _proven_threads

    _proven_threads.install()
    _proven_queues.install()
    _proven_processes.install()
    _proven_deadlock.install()
    _proven_stdout.install()
    _proven_sleeps.install()
    _proven_frames.hide()
    _proven_addresses.shift()


if _has_the_plays_output():
    _install()
# The program's own path must be as it is without the recorder.
sys.path[:] = [folder for folder in sys.path if folder != os.path.dirname(__file__)]
