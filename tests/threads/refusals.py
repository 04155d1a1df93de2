"""Ways in which a system refuses a thread, for programs in processes of their own.

Each defines ``refuse()``, after which no thread can start, and ``allow()``, after which threads
can start again.  None of them starts many threads or takes memory.
"""

from textwrap import dedent

from proven.stage import Trace, perform_script

_STACK = """\
import threading

def refuse():
    # Longer than all the addresses that a process may use.
    threading.stack_size(2**50)

def allow():
    threading.stack_size(0)
"""
_MEMORY = """\
import resource, threading

def refuse():
    # The stack doesn't fit into what is left, all the rest that a program needs does.
    with open("/proc/self/status") as status:
        (kilobytes,) = [line.split()[1] for line in status if line.startswith("VmSize:")]
    threading.stack_size(2**30)
    limit = int(kilobytes) * 1024 + 2**29
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))

def allow():
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    threading.stack_size(0)
"""
_USER = """\
import os, resource
_, most = resource.getrlimit(resource.RLIMIT_NPROC)

def refuse():
    if os.getuid() == 0:
        # The limit isn't for root; nobody else has this number.
        os.setuid(54321)
    resource.setrlimit(resource.RLIMIT_NPROC, (1, most))

def allow():
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
"""

REFUSALS = {
    "no addresses for a stack": _STACK,
    "limit of memory": _MEMORY,
    "limit of the user": _USER,
}
"""What the system has no place for, what a limit of the process or of its user forbids."""


def perform_refused(refusal: str, code: str) -> Trace:
    """Run `code` as a program that has ``refuse`` and ``allow`` of a refusal; return its trace."""
    return perform_script(refusal + dedent(code))
