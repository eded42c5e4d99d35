# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""libacall.so.1, as far as it is used here.

Functions return 0 or a negative errno, as <libacall.h> says of each. None of those
that are called here sleeps.
"""

from __future__ import annotations

import ctypes
import enum
import os
from ctypes import c_char_p, c_int32, c_size_t, c_uint32, c_uint64, c_void_p

FOREVER = 2**64 - 1
MAX_FILES = 8

CREATE_NONBLOCK = 0x1
CREATE_DETACH = 0x2
BEGIN_DEADLINE = 0x1
BEGIN_NO_CANCEL = 0x2
RESULT_COMMITTED = 0x1


class Op(enum.IntEnum):
    """Which operation an error came from, for acall_strerror()."""

    CREATE = 2
    BEGIN = 3
    WAIT = 4
    FINISH = 5
    CANCEL = 6
    QUERY = 7
    RESULT = 8


class Begin(ctypes.Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("method", c_uint32),
        ("nr_files", c_uint32),
        ("files", c_uint64),
        ("in_", c_uint64),
        ("in_len", c_uint32),
        ("reserved", c_uint32),
        ("user_data", c_uint64),
        ("deadline", c_uint64),
        ("grace_ns", c_uint64),
        ("call_id", c_uint64),
    ]


class Finish(ctypes.Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("call_id", c_uint64),
        ("out", c_uint64),
        ("files", c_uint64),
        ("out_len", c_uint32),
        ("nr_files", c_uint32),
        ("status", c_int32),
        ("outcome", c_uint32),
        ("result", c_uint32),
        ("method", c_uint32),
        ("user_data", c_uint64),
        ("progress", c_uint64),
        ("total", c_uint64),
        ("begin_ns", c_uint64),
        ("start_ns", c_uint64),
        ("cancel_ns", c_uint64),
        ("end_ns", c_uint64),
        ("cpu_ns", c_uint64),
    ]


class Query(ctypes.Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("call_id", c_uint64),
        ("state", c_uint32),
        ("outcome", c_uint32),
        ("status", c_int32),
        ("result", c_uint32),
        ("method", c_uint32),
        ("caps", c_uint32),
        ("reason", c_uint32),
        ("cancel_tgid", c_int32),
        ("user_data", c_uint64),
        ("progress", c_uint64),
        ("total", c_uint64),
        ("grace_ns", c_uint64),
        ("begin_ns", c_uint64),
        ("start_ns", c_uint64),
        ("cancel_ns", c_uint64),
        ("look_ns", c_uint64),
        ("end_ns", c_uint64),
        ("orphans", c_uint32),
        ("executions", c_uint32),
    ]


_FUNCTIONS: dict[str, tuple[type | None, list[type]]] = {
    "acall_create": (
        ctypes.c_int,
        [c_char_p, c_uint32, ctypes.c_uint, ctypes.POINTER(c_void_p)],
    ),
    "acall_destroy": (None, [c_void_p]),
    "acall_fd": (ctypes.c_int, [c_void_p]),
    "acall_version": (c_uint32, [c_void_p]),
    "acall_after_ns": (c_uint64, [c_uint64]),
    "acall_begin_args": (ctypes.c_int, [c_void_p, ctypes.POINTER(Begin)]),
    "acall_finish_args": (ctypes.c_int, [c_void_p, ctypes.POINTER(Finish)]),
    "acall_query": (
        ctypes.c_int,
        [c_void_p, c_uint64, ctypes.POINTER(Query), c_size_t],
    ),
    "acall_cancel_async_id": (ctypes.c_int, [c_void_p, c_uint64, c_uint64]),
    "acall_abandon_id": (ctypes.c_int, [c_void_p, c_uint64]),
    "acall_wait_settled": (ctypes.c_int, [c_void_p, c_uint64, c_uint64]),
    "acall_strerror": (
        c_char_p,
        [c_void_p, ctypes.c_int, ctypes.c_int, c_char_p, c_size_t],
    ),
}


def _load() -> ctypes.CDLL:
    name = os.environ.get("ACALL_LIBRARY", "libacall.so.1")
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise ImportError(f"acall needs {name}: {error}") from error
    for function, (restype, argtypes) in _FUNCTIONS.items():
        getattr(library, function).restype = restype
        getattr(library, function).argtypes = argtypes
    return library


lib = _load()


def nanoseconds(seconds: float) -> int:
    """A duration, never shorter than it was given, and saturated."""
    if seconds < 0:
        raise ValueError(f"a time of {seconds} s")
    if seconds >= FOREVER / 1e9:
        return FOREVER
    return -int(-seconds * 1_000_000_000 // 1)


def strerror(call: c_void_p | None, op: Op, error: int) -> str:
    buffer = ctypes.create_string_buffer(256)
    lib.acall_strerror(call, op, error, buffer, len(buffer))
    return buffer.value.decode()
