# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""What became of a call."""

from __future__ import annotations

import dataclasses
import enum
from typing import Any, Callable, Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")


class State(enum.IntEnum):
    """Where a call is."""

    IDLE = 0
    QUEUED = 1
    RUNNING = 2
    CANCELLING = 3
    DONE = 4


class Outcome(enum.IntEnum):
    """What the method did.

    COMPLETED: ran to its own end. STOPPED: stopped where progress says.
    NEVER_STARTED: did nothing and will not. ABANDONED: may still be running, and
    progress is what is done at least.
    """

    NONE = 0
    COMPLETED = 1
    STOPPED = 2
    NEVER_STARTED = 3
    ABANDONED = 4


class Verdict(enum.IntEnum):
    """What a cancel achieved; see acall_cancel_async()."""

    CANCELLED = 0
    TOO_LATE = 1
    ALREADY = 2
    REQUESTED = 3


@dataclasses.dataclass(frozen=True)
class Result(Generic[T]):
    """What became of a call, whether it succeeded or not.

    value is the method's output if status is 0, else None. status is 0 or a negative
    errno: the method's own word if outcome is COMPLETED. With committed the effect has
    happened, or will, whatever outcome says. progress, of total, is in the method's
    unit. Times are nanoseconds of time.monotonic_ns(), 0 = has not happened. files are
    descriptors, and the caller's.
    """

    value: T | None
    status: int
    outcome: Outcome
    committed: bool
    progress: int
    total: int
    call_id: int
    method: int
    begin_ns: int
    start_ns: int
    cancel_ns: int
    end_ns: int
    cpu_ns: int
    files: tuple[int, ...] = ()

    def map(self, parse: Callable[[Any], U]) -> Result[U]:
        """The same with a value of another type, if there is one."""
        value = None if self.value is None else parse(self.value)
        return dataclasses.replace(self, value=value)  # type: ignore[arg-type]
