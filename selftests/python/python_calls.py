#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The Python module acall: calls in an event loop, cancelled as asyncio cancels.

Where there is no /dev/acall it is skipped (but for ACALL_ENGINE=threads); the tests
that need to know what a method does just now want /dev/acall_test too. A test is a
line of KTAP: one that fails shows why before it.
"""

import asyncio
import errno
import fcntl
import hashlib
import itertools
import os
import stat
import struct
import sys
import tempfile
import time
import traceback
import unittest

HAVE_MODULE = os.path.exists("/dev/acall")
if not HAVE_MODULE and os.environ.get("ACALL_ENGINE") != "threads":
    print("TAP version 13\n1..0 # SKIP no /dev/acall")
    sys.exit(4)

import acall  # noqa: E402 # where it cannot be used it need not be there

MIB = 1 << 20
GUARD = 100 * int(os.environ.get("ACALL_SCALE", "1"))

# linux/acall_test.h
FAIL, SLEEP, GATE, COOP, LATE = 1, 2, 3, 4, 5
ECHO, PROGRESS, NOP, FILES = 0, 7, 8, 20
CONTROL = 0xE270
OPEN, WAIT_STARTS, WAIT_SEEN = 1, 2, 3


def descriptors():
    return len(os.listdir("/proc/self/fd"))


class Case(unittest.IsolatedAsyncioTestCase):
    """Leaves no descriptor behind, and hangs only so long."""

    async def asyncSetUp(self):
        loop = asyncio.get_running_loop()
        # Reading files here may take longer.
        loop.slow_callback_duration = GUARD
        self.guard = loop.call_later(GUARD, os.abort)
        # What an event loop, its executor and the library open for good is theirs.
        await asyncio.to_thread(int)
        await acall.statfs("/")
        self.before = descriptors()

    async def asyncTearDown(self):
        self.guard.cancel()
        self.assertEqual(self.before, descriptors())


class FileTest(Case):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.source = os.path.join(self.dir.name, "source")
        self.target = os.path.join(self.dir.name, "target")
        self.data = os.urandom(MIB // 2) * 5
        with open(self.source, "wb") as file:
            file.write(self.data)

    def content(self, path):
        with open(path, "rb") as file:
            return file.read()

    async def test_copy_of_paths(self):
        told = []
        with open(self.target, "wb") as file:
            file.write(b"x" * 3 * MIB)
        result = await acall.copy(
            self.source, self.target, progress=lambda *at: told.append(at)
        )
        self.assertEqual(self.data, self.content(self.target))
        self.assertEqual(len(self.data), result.progress)
        self.assertEqual(acall.Outcome.COMPLETED, result.outcome)
        self.assertIsNone(result.value)
        self.assertEqual(len(self.data), told[-1][0])

    async def test_copy_of_files_and_descriptors(self):
        fd = os.open(self.target, os.O_WRONLY | os.O_CREAT)
        with open(self.source, "rb") as file:
            await acall.copy(file, fd, length=MIB)
            await acall.copy(
                file, fd, source_offset=MIB, target_offset=MIB, sync=True
            )
        os.close(fd)
        self.assertEqual(self.data, self.content(self.target))

    async def test_going_on_keeps_what_is_there(self):
        await acall.copy(self.source, self.target, length=MIB)
        await acall.copy(
            self.source, self.target, source_offset=MIB, target_offset=MIB
        )
        self.assertEqual(self.data, self.content(self.target))

    async def test_hash(self):
        result = await acall.hash(self.source)
        self.assertEqual(hashlib.sha256(self.data).digest(), result.value)
        self.assertEqual(len(self.data), result.progress)
        result = await acall.hash(self.source, offset=5, length=MIB)
        self.assertEqual(
            hashlib.sha256(self.data[5 : MIB + 5]).digest(), result.value
        )

    async def test_allocate_sync_and_advise(self):
        await acall.allocate(self.source, 4 * MIB)
        self.assertEqual(4 * MIB, os.stat(self.source).st_size)
        await acall.allocate(
            self.source, MIB, mode=acall.AllocateMode.PUNCH, keep_size=True
        )
        await acall.sync(self.source, acall.SyncScope.DATA)
        await acall.sync(self.source, acall.SyncScope.FILESYSTEM)
        await acall.advise(self.source, acall.Advice.DONTNEED)
        self.assertEqual(bytes(MIB), self.content(self.source)[:MIB])

    async def test_statfs_and_stat(self):
        usage = (await acall.statfs(self.dir.name)).value
        expected = os.statvfs(self.dir.name)
        self.assertEqual(expected.f_bsize, usage.bsize)
        self.assertEqual(expected.f_blocks, usage.blocks)
        self.assertEqual(expected.f_namemax, usage.namelen)
        is_ = (await acall.stat("/")).value
        expected = os.stat("/")
        self.assertTrue(stat.S_ISDIR(is_.mode))
        self.assertEqual(expected.st_ino, is_.ino)
        self.assertEqual(expected.st_dev, is_.dev)
        self.assertEqual(expected.st_mtime_ns, is_.mtime_ns)

    async def test_what_is_refused_is_an_OSError(self):
        with self.assertRaises(acall.CallError) as caught:
            await acall.hash(self.source, "no-such-digest")
        self.assertEqual(errno.ENOENT, caught.exception.errno)
        self.assertIsNone(caught.exception.result)
        self.assertIn("no hash algorithm", caught.exception.strerror)
        with open(self.source, "rb") as file:
            with self.assertRaises(OSError) as caught:
                await acall.copy(self.source, file)
            self.assertEqual(errno.EBADF, caught.exception.errno)
        with self.assertRaises(FileNotFoundError):
            await acall.copy(self.target, self.source)
        with self.assertRaises(acall.CallError) as caught:
            await acall.discard(self.source, MIB)
        self.assertEqual(errno.EINVAL, caught.exception.errno)
        with self.assertRaises(acall.CallError) as caught:
            await acall.statfs(self.target)
        self.assertEqual(errno.ENOENT, caught.exception.errno)
        with self.assertRaises(acall.CallError) as caught:
            acall.Call("no-such-thing")
        self.assertEqual(errno.ENOENT, caught.exception.errno)
        with self.assertRaises(ValueError):
            await acall.hash(self.source, length=0)
        with self.assertRaises(ValueError):
            await acall.hash(self.source, timeout=-1)
        # Nothing has changed.
        self.assertEqual(self.data, self.content(self.source))

    async def test_a_deadline_that_has_passed(self):
        with self.assertRaises(TimeoutError) as caught:
            await acall.hash(self.source, timeout=0)
        self.assertIsInstance(caught.exception, acall.DeadlineError)
        self.assertEqual(errno.ETIME, caught.exception.errno)
        self.assertEqual(
            acall.Outcome.NEVER_STARTED, caught.exception.result.outcome
        )

    async def test_a_hash_is_stopped(self):
        running = asyncio.Event()
        told = []

        def progress(done, total):
            told.append((done, total))
            if done:
                running.set()

        os.truncate(self.source, 1 << 39)
        task = asyncio.create_task(acall.hash(self.source, progress=progress))
        await running.wait()
        task.cancel()
        with self.assertRaises(asyncio.CancelledError) as caught:
            await task
        result = acall.result_of(caught.exception)
        self.assertEqual(acall.Outcome.STOPPED, result.outcome)
        self.assertLessEqual(told[-1][0], result.progress)
        self.assertLess(result.progress, 1 << 39)
        self.assertIsNone(result.value)

    async def test_a_copy_goes_on_where_it_was_cancelled(self):
        done = 0
        for i in itertools.count():
            try:
                # Each time a little later, until it is too late.
                async with asyncio.timeout(0.001 * i * i):
                    await acall.copy(
                        self.source,
                        self.target,
                        source_offset=done,
                        target_offset=done,
                        reflink=acall.Reflink.NEVER,
                    )
                break
            except TimeoutError as error:
                # Perhaps it had not even begun.
                result = acall.result_of(error)
                if result is not None:
                    done += result.progress
                    self.assertEqual(done, os.stat(self.target).st_size)
                if done == len(self.data):
                    break
        self.assertEqual(self.data, self.content(self.target))

    async def test_one_object_for_many(self):
        with acall.Call() as call:
            for _ in range(3):
                await acall.hash(self.source, call=call)
            self.assertEqual(1, call.version)

    async def test_cancelled_while_it_is_opened(self):
        fifo = os.path.join(self.dir.name, "fifo")
        os.mkfifo(fifo)
        task = asyncio.create_task(acall.hash(fifo))
        await asyncio.sleep(0)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        # What the thread opens later is closed: asyncTearDown looks.
        writer = os.open(fifo, os.O_RDWR)
        await asyncio.get_running_loop().shutdown_default_executor()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        os.close(writer)


@unittest.skipUnless(os.path.exists("/dev/acall_test"), "no /dev/acall_test")
class CallTest(Case):
    ids = itertools.count(os.getpid() << 32)

    def setUp(self):
        self.control = open("/dev/acall_test", "r+b", buffering=0)
        self.addCleanup(self.control.close)
        self.call = acall.Call("test")
        self.addCleanup(self.call.close)
        self.meeting = next(self.ids)

    def op(self, op, value=0):
        args = struct.pack("=IIQQ", op, 0, self.meeting, value)
        fcntl.ioctl(self.control, CONTROL, bytearray(args.ljust(512, b"\0")))

    async def started(self, method, *, value=0, pause=0, **more):
        """A task that waits for a call of this method, which runs."""
        data = struct.pack("=QqQ", self.meeting, value, pause)
        result = {
            name: more.pop(name) for name in ("grace", "progress") if name in more
        }
        self.call.begin(method, data, **more)
        await asyncio.to_thread(self.op, WAIT_STARTS, 1)
        task = asyncio.create_task(self.call.result(**result))
        await asyncio.sleep(0)
        return task

    async def cancelled(self, task):
        """What it was cancelled with."""
        with self.assertRaises(asyncio.CancelledError) as caught:
            await task
        # Nothing that asyncio would take for something else.
        self.assertIs(asyncio.CancelledError, type(caught.exception))
        self.assertIsInstance(caught.exception.__cause__, acall.Cancelled)
        self.assertEqual(errno.ECANCELED, caught.exception.__cause__.errno)
        return acall.result_of(caught.exception)

    async def test_cancelling_the_task_stops_the_call(self):
        task = await self.started(COOP)
        task.cancel("enough")
        with self.assertRaises(asyncio.CancelledError) as caught:
            await task
        self.assertEqual(("enough",), caught.exception.args)
        result = acall.result_of(caught.exception)
        self.assertEqual(acall.Outcome.STOPPED, result.outcome)
        self.assertEqual(-errno.ECANCELED, result.status)
        self.assertTrue(task.cancelled())

    async def test_the_task_ends_with_the_verdict(self):
        task = await self.started(LATE)
        task.cancel()
        await asyncio.to_thread(self.op, WAIT_SEEN, 1)
        self.assertFalse(task.done())
        self.op(OPEN)
        # It was too late, and that is not lost.
        result = await self.cancelled(task)
        self.assertEqual(acall.Outcome.COMPLETED, result.outcome)
        self.assertEqual(0, result.status)

    async def test_a_second_cancel_leaves_at_once(self):
        task = await self.started(LATE)
        task.cancel()
        await asyncio.to_thread(self.op, WAIT_SEEN, 1)
        task.cancel()
        result = await self.cancelled(task)
        self.assertEqual(acall.Outcome.ABANDONED, result.outcome)
        self.assertFalse(self.call.settled(result.call_id))
        self.op(OPEN)
        while not self.call.settled(result.call_id):
            await asyncio.sleep(0)

    async def test_a_grace_of_its_own(self):
        task = await self.started(LATE, grace=0)
        task.cancel()
        result = await self.cancelled(task)
        self.assertEqual(acall.Outcome.ABANDONED, result.outcome)
        self.op(OPEN)

    async def test_asyncio_timeout(self):
        self.call.begin(COOP, struct.pack("=QqQ", self.meeting, 0, 0))
        with self.assertRaises(TimeoutError) as caught:
            async with asyncio.timeout(0.01):
                await self.call.result()
        self.assertIn(
            acall.result_of(caught.exception).outcome,
            (acall.Outcome.STOPPED, acall.Outcome.NEVER_STARTED),
        )
        self.assertEqual(0, asyncio.current_task().cancelling())

    async def test_wait_for(self):
        self.call.begin(COOP, struct.pack("=QqQ", self.meeting, 0, 0))
        with self.assertRaises(TimeoutError) as caught:
            await asyncio.wait_for(self.call.result(), 0.01)
        self.assertIsNotNone(acall.result_of(caught.exception))
        with self.assertRaises(acall.CallError) as caught:
            self.call.progress()
        self.assertEqual(errno.ESRCH, caught.exception.errno)

    async def test_a_task_group(self):
        async def fail():
            raise KeyError

        async def call():
            await self.call.result()

        self.call.begin(COOP, struct.pack("=QqQ", self.meeting, 0, 0))
        with self.assertRaises(ExceptionGroup) as caught:
            async with asyncio.TaskGroup() as group:
                group.create_task(call())
                group.create_task(fail())
        self.assertEqual(1, len(caught.exception.exceptions))
        # The group has waited for the kernel's verdict.
        with self.assertRaises(acall.CallError):
            self.call.progress()

    async def test_a_deadline_of_the_kernel_s(self):
        # Already passed while it is queued, or a little later.
        with self.assertRaises(acall.DeadlineError) as caught:
            self.call.begin(
                COOP,
                struct.pack("=QqQ", self.meeting, 0, 0),
                timeout=0.01,
                grace=float("inf"),
            )
            await self.call.result()
        self.assertIn(
            caught.exception.result.outcome,
            (acall.Outcome.STOPPED, acall.Outcome.NEVER_STARTED),
        )

    async def test_what_the_method_says(self):
        for code in (errno.ENOSPC, errno.ECANCELED, errno.ETIME):
            self.call.begin(FAIL, struct.pack("=i", -code))
            with self.assertRaises(acall.CallError) as caught:
                await self.call.result()
            self.assertEqual(code, caught.exception.errno)
            self.assertNotIsInstance(caught.exception, acall.DeadlineError)
            self.assertEqual(
                acall.Outcome.COMPLETED, caught.exception.result.outcome
            )

    async def test_somebody_else_s_cancel_is_no_cancel_of_the_task(self):
        task = await self.started(COOP)
        self.call.cancel()
        with self.assertRaises(acall.CallError) as caught:
            await task
        self.assertEqual(errno.ECANCELED, caught.exception.errno)
        self.assertEqual(
            acall.Outcome.STOPPED, caught.exception.result.outcome
        )
        self.assertFalse(task.cancelled())

    async def test_what_cannot_be_cancelled_is_waited_for(self):
        task = await self.started(GATE, no_cancel=True)
        task.cancel()
        for _ in range(3):
            await asyncio.sleep(0)
        task.cancel()
        for _ in range(3):
            await asyncio.sleep(0)
        self.assertFalse(task.done())
        self.op(OPEN)
        result = await self.cancelled(task)
        self.assertEqual(acall.Outcome.COMPLETED, result.outcome)
        self.assertEqual(acall.Verdict.TOO_LATE, self.call.cancel())

    async def test_progress(self):
        told = []
        task = await self.started(
            PROGRESS, value=10, pause=4, progress=lambda *at: told.append(at)
        )
        while (4, 10) not in told:
            await asyncio.sleep(0.01)
        self.assertEqual(
            (acall.State.RUNNING, 4, 10), tuple(self.call.progress())
        )
        self.op(OPEN)
        result = await task
        self.assertEqual((10, 10), told[-1])
        self.assertEqual((10, 10), (result.progress, result.total))

    async def test_what_progress_raises_stops_the_call(self):
        def fail(done, total):
            raise KeyError(done)

        task = await self.started(COOP, progress=fail)
        with self.assertRaises(KeyError):
            await task
        with self.assertRaises(acall.CallError) as caught:
            self.call.progress()
        self.assertEqual(errno.ESRCH, caught.exception.errno)

    async def test_waiting_alone_cancels_nothing(self):
        task = await self.started(GATE)
        waiter = asyncio.create_task(self.call.wait())
        await asyncio.sleep(0)
        waiter.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await waiter
        self.assertEqual(acall.State.RUNNING, self.call.progress().state)
        task.cancel()
        self.op(OPEN)
        await self.cancelled(task)

    async def test_one_call_at_a_time(self):
        task = await self.started(COOP)
        with self.assertRaises(acall.CallError) as caught:
            self.call.begin(NOP)
        self.assertEqual(errno.EBUSY, caught.exception.errno)
        with self.assertRaises(acall.CallError) as caught:
            self.call.finish()
        self.assertEqual(errno.EAGAIN, caught.exception.errno)
        task.cancel()
        await self.cancelled(task)

    async def test_long_output_and_files(self):
        data = os.urandom(3000)
        self.call.begin(ECHO, data)
        self.assertEqual(data, (await self.call.result()).value)
        custom = struct.pack("=QiiIIIIII", self.meeting, 0, 0, 0, 0, 0, 8, 3, 0)
        self.call.begin(FILES, custom)
        self.op(OPEN)
        result = await self.call.result()
        self.assertEqual(3, len(result.files))
        for fd in result.files:
            self.assertFalse(os.get_inheritable(fd))
            os.close(fd)

    async def test_many_at_once(self):
        async def echo(i):
            with acall.Call("test") as call:
                call.begin(ECHO, b"%d" % i)
                return (await call.result()).value

        self.assertEqual(
            [b"%d" % i for i in range(50)],
            await asyncio.gather(*map(echo, range(50))),
        )

    async def test_a_coroutine_that_is_thrown_away(self):
        with acall.Call("test") as call:
            call.begin(COOP, struct.pack("=QqQ", self.meeting, 0, 0))
            await asyncio.to_thread(self.op, WAIT_STARTS, 1)
            coroutine = call.result()
            coroutine.send(None)
            coroutine.close()
        # The object's close has asked it to stop.
        await asyncio.to_thread(self.op, WAIT_SEEN, 1)

    async def test_cancel_races_with_the_end(self):
        for i in range(60):
            self.call.begin(NOP)
            task = asyncio.create_task(self.call.result())
            for _ in range(i % 4):
                await asyncio.sleep(0)
            task.cancel()
            try:
                result = await task
            except asyncio.CancelledError as error:
                result = acall.result_of(error)
            if result is None:
                # It had not even begun to wait.
                await self.call.wait()
                result = self.call.finish()
            if result.outcome == acall.Outcome.COMPLETED:
                self.assertEqual(0, result.status)
            else:
                self.assertEqual(-errno.ECANCELED, result.status)

    async def test_times_are_those_of_the_monotonic_clock(self):
        before = time.monotonic_ns()
        self.call.begin(NOP)
        result = await self.call.result()
        self.assertLessEqual(before, result.begin_ns)
        self.assertLessEqual(result.begin_ns, result.start_ns)
        self.assertLessEqual(result.start_ns, result.end_ns)
        self.assertLessEqual(result.end_ns, time.monotonic_ns())


class Ktap(unittest.TestResult):
    """A line for each test."""

    n = 0

    def say(self, word, test, more=""):
        self.n += 1
        print(f"{word} {self.n} {test.id().removeprefix('__main__.')}{more}")
        sys.stdout.flush()

    def addSuccess(self, test):
        self.say("ok", test)

    def addSkip(self, test, reason):
        self.say("ok", test, f" # SKIP {reason}")

    def addFailure(self, test, error):
        super().addFailure(test, error)
        for line in "".join(traceback.format_exception(*error)).splitlines():
            print("#", line)
        self.say("not ok", test)

    addError = addFailure


if __name__ == "__main__":
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{name}*" for name in sys.argv[1:]] or None
    tests = loader.loadTestsFromModule(sys.modules[__name__])
    print(f"TAP version 13\n1..{tests.countTestCases()}")
    sys.stdout.flush()
    outcome = Ktap()
    tests.run(outcome)
    sys.exit(not outcome.wasSuccessful())
