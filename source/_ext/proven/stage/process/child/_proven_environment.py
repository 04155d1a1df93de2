"""Hands what the stage has put into the environment on to each Python that the program starts.

It stays in the environment of the process, which they inherit.  `os.environ` hasn't got it, nor has
any other program.
"""

from __future__ import annotations

import _posixsubprocess
import os

from _proven_frames import InC

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_PATH = b"PYTHONPATH"
_ALONE = "EIS"
"""Options of Python by which it leaves the recorder, or the environment, alone."""

hidden: dict[bytes, bytes] = {}
"""The stage's own variables."""


def install(variables: dict[bytes, bytes]) -> None:
    """Let all ways to start a program do so; variables: the stage's own."""
    hidden.update(variables)
    _replace(_posixsubprocess, "fork_exec", _by_fork)
    for name in ("execve", "posix_spawn", "posix_spawnp"):
        _replace(os, name, _given)
    for name in ("execv", "system"):
        _replace(os, name, _inherited)


def _by_fork(start: Any, arguments: Any, _: Any) -> Any:
    """Start a program as subprocess and multiprocessing do."""
    program, environment = arguments[:2], arguments[5]
    recorded = is_recorded(program)
    if environment is None and recorded == (_PATH in os.environb):
        environment = _listed(os.environb)
    if environment is not None and recorded:
        environment = _listed(_with_hidden(dict(pair.split(b"=", 1) for pair in environment)))
    return start(*arguments[:5], environment, *arguments[6:])


def _replace(module: Any, name: str, use: Callable[..., Any]) -> None:
    if original := getattr(module, name, None):

        def start(*arguments: Any, **options: Any) -> Any:
            return use(original, arguments, options)

        start.__name__ = name
        setattr(module, name, InC(original.__module__, start, original.__doc__))


def _given(start: Any, arguments: Any, options: Any) -> Any:
    """Start a program that is given an environment."""
    *program, environment = (*arguments, None)[:3]
    if environment is None and start.__name__ != "execve":
        # As subprocess asks for, from 3.13 on.
        return _inherited(start, arguments, options)
    if hasattr(environment, "items") and is_recorded(program):
        arguments = (*program, _with_hidden(environment), *arguments[3:])
    return start(*arguments, **options)


def _inherited(start: Any, arguments: Any, options: Any) -> Any:
    """Start a program that inherits the environment of this process."""
    environment = _with_hidden(os.environb) if is_recorded(arguments) else os.environb
    for name in hidden:
        _put(name, environment.get(name))
    try:
        return start(*arguments, **options)
    finally:
        for name in hidden:
            _put(name, os.environb.get(name, hidden[name]))


def _put(name: bytes, value: bytes | None) -> None:
    """Set a variable of the process itself."""
    if value is None:
        os.unsetenv(name)
    else:
        os.putenv(name, value)


def _with_hidden(environment: Any) -> dict[bytes, bytes]:
    own = {os.fsencode(name): os.fsencode(value) for name, value in environment.items()}
    paths = filter(None, (hidden.get(_PATH), own.get(_PATH)))
    return {**own, **hidden, _PATH: b":".join(paths)}


def _listed(environment: Any) -> list[bytes]:
    return [name + b"=" + value for name, value in environment.items()]


def is_recorded(program: Any) -> bool:
    """Tell whether a Python is started, perhaps by a shell, that takes the recorder with it."""
    words = [
        os.fsdecode(word)
        for part in program
        for word in (part if isinstance(part, list | tuple) else [part])
        if isinstance(word, str | bytes | os.PathLike)
    ]
    for place, word in enumerate(words):
        if "python" in word:
            options = [
                option
                for option in words[place + 1 : place + 4]
                if option[:1] == "-" != option[1:2]
            ]
            return not any(letter in option for option in options for letter in _ALONE)
    return False
