# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Cancellable calls into the Linux kernel, for asyncio.

    try:
        async with asyncio.timeout(5):
            result = await acall.copy("big", "copy")
    except TimeoutError as error:
        print(acall.result_of(error).progress, "bytes were copied")

Each method of the kernel's interface "file" is a coroutine: copy(), dedupe(),
hash(), allocate(), sync(), trim(), discard(), advise(), statfs(), stat(). Calls of
any other interface are made with Call.

Cancelling the task, as asyncio.timeout(), TaskGroup and Ctrl-C in asyncio.run() do,
cancels the call in the kernel, and the task ends when the kernel has said what became
of it: within the method's grace. A second cancel leaves at once. Either way it ends
with asyncio.CancelledError, whose cause is Cancelled, and result_of() is the result of
that: what outcome, and how much is done, exactly. A call that was too quick to be
cancelled is cancelled too, as asyncio wants it, and its result says COMPLETED.

All else that goes wrong is CallError, which is OSError, with the errno of the method
and the result; a timeout= that is over is DeadlineError, which is TimeoutError as
well.

It needs libacall.so.1 (in ACALL_LIBRARY, if that is set), and the kernel module.
"""

from ._calls import Call, Progress
from ._errors import CallError, Cancelled, DeadlineError, result_of
from ._file import (
    Advice,
    AllocateMode,
    DiscardMode,
    Reflink,
    Stat,
    Statfs,
    SyncScope,
    advise,
    allocate,
    copy,
    dedupe,
    discard,
    hash,
    stat,
    statfs,
    sync,
    trim,
)
from ._result import Outcome, Result, State, Verdict

__version__ = "0.1.0"

__all__ = [
    "Advice",
    "AllocateMode",
    "Call",
    "CallError",
    "Cancelled",
    "DeadlineError",
    "DiscardMode",
    "Outcome",
    "Progress",
    "Reflink",
    "Result",
    "Stat",
    "State",
    "Statfs",
    "SyncScope",
    "Verdict",
    "advise",
    "allocate",
    "copy",
    "dedupe",
    "discard",
    "hash",
    "result_of",
    "stat",
    "statfs",
    "sync",
    "trim",
]
