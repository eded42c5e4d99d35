# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""What can go wrong, with what became of the call."""

from __future__ import annotations

import errno
from typing import Any

from ._result import Outcome, Result


class CallError(OSError):
    """An operation was refused, or a call has failed.

    errno says why. result is None if there was no call, or it is still there.
    """

    def __init__(
        self, error: int, message: str, result: Result[Any] | None = None
    ) -> None:
        super().__init__(error, message)
        self.result = result


class DeadlineError(CallError, TimeoutError):
    """The timeout= that a call was begun with has passed."""


class Cancelled(CallError):
    """What became of a call whose task was cancelled: the cause of its CancelledError.

    It is never raised itself: asyncio knows its own CancelledError by its very type.
    result may say COMPLETED: it was too late, and what the call has done is done.
    """

    result: Result[Any]


def cancelled(result: Result[Any]) -> Cancelled:
    """The cause of a CancelledError."""
    text = f"{result.outcome.name}, {result.progress} done"
    return Cancelled(errno.ECANCELED, text, result)


def result_of(error: BaseException | None) -> Result[Any] | None:
    """What became of the call that has led to this exception, if one has.

    For CallError, for the CancelledError of a task, and for the TimeoutError that
    asyncio makes of one.
    """
    while error is not None:
        if isinstance(error, CallError) and error.result is not None:
            return error.result
        error = error.__cause__ or error.__context__
    return None


def failure(result: Result[Any], message: str) -> CallError:
    """The exception of a call whose status is not 0."""
    text = f"{message} ({result.outcome.name}, {result.progress} done)"
    if result.status == -errno.ETIME and result.outcome != Outcome.COMPLETED:
        return DeadlineError(errno.ETIME, text, result)
    return CallError(-result.status, text, result)
