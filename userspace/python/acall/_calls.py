# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Calls of any interface."""

from __future__ import annotations

import asyncio
import ctypes
import errno
from types import TracebackType
from typing import Callable, NamedTuple, Optional, Sequence

from . import _library
from ._errors import CallError, cancelled, failure
from ._library import Op, lib
from ._result import Outcome, Result, State, Verdict

ProgressCallback = Callable[[int, int], object]

# How often somebody wants to know how far it is, in seconds.
_TICK = 0.1
# How much output there is room for at first.
_OUT = 256


class Progress(NamedTuple):
    """How far a call is."""

    state: State
    progress: int
    total: int


class Call:
    """A call object: carries one call at a time, begun and finished by one event loop.

        with acall.Call("timer") as call:
            call.begin(0, data)
            result = await call.result()

    Its descriptor, fileno(), is readable when the call is ready. Closing it cancels a
    pending call in the background, unless detach was given.
    """

    def __init__(
        self, interface: str = "file", version: int = 0, *, detach: bool = False
    ) -> None:
        self._call = ctypes.c_void_p()
        self._id = 0
        flags = _library.CREATE_NONBLOCK
        if detach:
            flags |= _library.CREATE_DETACH
        self._check(
            Op.CREATE,
            lib.acall_create(
                interface.encode(), version, flags, ctypes.byref(self._call)
            ),
        )

    def _check(self, op: Op, ret: int) -> int:
        if ret >= 0:
            return ret
        call = self._call if self._call else None
        raise CallError(-ret, _library.strerror(call, op, ret))

    def close(self) -> None:
        """End the use of the object. May be called again."""
        call, self._call = self._call, ctypes.c_void_p()
        lib.acall_destroy(call)

    def __enter__(self) -> Call:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def fileno(self) -> int:
        """The descriptor; it belongs to the object."""
        return self._check(Op.QUERY, lib.acall_fd(self._call))

    @property
    def call_id(self) -> int:
        """The id of the call begun last, 0 = none yet."""
        return self._id

    @property
    def version(self) -> int:
        """The version of the interface that the object speaks."""
        return int(lib.acall_version(self._call))

    def begin(
        self,
        method: int,
        data: bytes = b"",
        files: Sequence[int] = (),
        *,
        timeout: float | None = None,
        grace: float | None = None,
        no_cancel: bool = False,
    ) -> int:
        """Begin a call, without waiting for it, and return its id.

        files are descriptors, and may be closed at once. After timeout seconds the
        kernel cancels the call, and waits grace seconds for the method (None: the
        method's own grace) before it leaves it.
        """
        fds = (ctypes.c_int32 * len(files))(*files)
        args = _library.Begin(size=ctypes.sizeof(_library.Begin), method=method)
        args.nr_files = len(files)
        args.files = ctypes.addressof(fds) if files else 0
        buffer = ctypes.create_string_buffer(bytes(data), len(data) or 1)
        args.in_ = ctypes.addressof(buffer)
        args.in_len = len(data)
        if no_cancel:
            args.flags |= _library.BEGIN_NO_CANCEL
        if timeout is not None:
            args.flags |= _library.BEGIN_DEADLINE
            args.deadline = lib.acall_after_ns(_library.nanoseconds(timeout))
            args.grace_ns = _grace_ns(grace)
        self._check(Op.BEGIN, lib.acall_begin_args(self._call, ctypes.byref(args)))
        self._id = args.call_id
        return self._id

    def progress(self) -> Progress:
        """How far the call is; raises CallError (ESRCH) if there is none."""
        query = _library.Query()
        self._check(
            Op.QUERY,
            lib.acall_query(
                self._call, self._id, ctypes.byref(query), ctypes.sizeof(query)
            ),
        )
        return Progress(State(query.state), query.progress, query.total)

    def cancel(self, grace: float | None = None) -> Verdict:
        """Ask the method to stop, without waiting for it.

        The call becomes ready when it has stopped, or grace seconds are over (None:
        the method's own). Raises CallError if it cannot be cancelled.
        """
        ret = lib.acall_cancel_async_id(self._call, self._id, _grace_ns(grace))
        return Verdict(self._check(Op.CANCEL, ret))

    def abandon(self) -> Verdict:
        """Leave the call at once, whatever the method does; then finish it."""
        ret = lib.acall_abandon_id(self._call, self._id)
        return Verdict(self._check(Op.CANCEL, ret))

    def settled(self, call_id: int = 0) -> bool:
        """Has that call really ended (0: all of them), also if it was abandoned?"""
        ret = lib.acall_wait_settled(self._call, call_id, 0)
        if ret == -errno.ETIMEDOUT:
            return False
        self._check(Op.WAIT, ret)
        return True

    def finish(self) -> Result[bytes]:
        """Take the result, and look at its status yourself.

        Raises CallError (EAGAIN) if the call is not ready, and result files that
        there are no descriptors for leave it as it is.
        """
        room = _OUT
        files = (ctypes.c_int32 * _library.MAX_FILES)()
        while True:
            buffer = ctypes.create_string_buffer(room)
            args = _library.Finish(
                size=ctypes.sizeof(_library.Finish),
                call_id=self._id,
                out=ctypes.addressof(buffer),
                out_len=room,
                files=ctypes.addressof(files),
                nr_files=len(files),
            )
            ret = lib.acall_finish_args(self._call, ctypes.byref(args))
            if ret != -errno.EMSGSIZE:
                break
            room = args.out_len
        self._check(Op.FINISH, ret)
        return Result(
            value=None if args.status else buffer.raw[: args.out_len],
            status=args.status,
            outcome=Outcome(args.outcome),
            committed=bool(args.result & _library.RESULT_COMMITTED),
            progress=args.progress,
            total=args.total,
            call_id=args.call_id,
            method=args.method,
            begin_ns=args.begin_ns,
            start_ns=args.start_ns,
            cancel_ns=args.cancel_ns,
            end_ns=args.end_ns,
            cpu_ns=args.cpu_ns,
            files=tuple(files[: args.nr_files]),
        )

    async def wait(self, progress: ProgressCallback | None = None) -> None:
        """Until the call is ready; cancelling this does not cancel the call.

        progress(done, total) is called some ten times a second; what it raises is
        raised here.
        """
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        timer: asyncio.TimerHandle | None = None

        def readable() -> None:
            if not ready.done():
                ready.set_result(None)

        def tick(report: ProgressCallback) -> None:
            nonlocal timer
            timer = loop.call_later(_TICK, tick, report)
            if ready.done():
                return
            try:
                now = self.progress()
                report(now.progress, now.total)
            except Exception as error:
                ready.set_exception(error)

        fd = self.fileno()
        loop.add_reader(fd, readable)
        if progress is not None:
            timer = loop.call_later(_TICK, tick, progress)
        try:
            await ready
        finally:
            if timer is not None:
                timer.cancel()
            loop.remove_reader(fd)

    async def result(
        self,
        *,
        grace: float | None = None,
        progress: ProgressCallback | None = None,
    ) -> Result[bytes]:
        """Wait for the call and take its result; cancelling this cancels the call.

        Raises CallError if the call has failed. If this is cancelled: CancelledError,
        because of Cancelled, when the call has stopped, or after grace seconds; if it
        is once more, at once. progress is as in wait(), and told once more at the end.
        """
        try:
            await self.wait(progress)
        except asyncio.CancelledError as error:
            # The very same: what is derived from it asyncio.timeout() does not know.
            raise error from cancelled(await self._stop(grace))
        except GeneratorExit:
            # Nothing can be waited for any more: the last close will cancel.
            raise
        except BaseException:
            await self._stop(grace)
            raise
        result = self.finish()
        if progress is not None:
            progress(result.progress, result.total)
        if result.status:
            message = _library.strerror(None, Op.RESULT, result.status)
            raise failure(result, message)
        return result

    async def _stop(self, grace: float | None) -> Result[bytes]:
        leave = False
        while True:
            try:
                if leave:
                    self.abandon()
                else:
                    self.cancel(grace)
            except CallError:
                # It cannot be cancelled, so it has to be waited for.
                pass
            try:
                await self.wait()
                return self.finish()
            except asyncio.CancelledError:
                leave = True


def _grace_ns(grace: float | None) -> int:
    if grace is None:
        return 0
    # None at all is for the kernel the shortest that there is.
    return max(1, _library.nanoseconds(grace))
