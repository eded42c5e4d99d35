# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The interface "file"."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import os
import struct
import sys
from typing import AsyncIterator, NamedTuple, Protocol, Sequence, Union

from ._calls import Call, ProgressCallback
from ._result import Result


class _HasFileno(Protocol):
    def fileno(self) -> int: ...


File = Union[int, str, bytes, "os.PathLike[str]", "os.PathLike[bytes]", _HasFileno]

_STATFS, _STAT, _SYNC, _TRIM, _DISCARD = range(5)
_COPY, _DEDUPE, _HASH, _ALLOCATE, _ADVISE = range(5, 10)


class Reflink(enum.IntEnum):
    """May copies share their blocks with the source?"""

    AUTO = 0
    ALWAYS = 1
    NEVER = 2


class SyncScope(enum.IntEnum):
    """What sync() is to make durable, as fdatasync(), fsync() and syncfs()."""

    DATA = 0
    FILE = 1
    FILESYSTEM = 2


class AllocateMode(enum.IntEnum):
    """What allocate() does to a range."""

    PLAIN = 0
    ZERO = 1
    PUNCH = 2


class DiscardMode(enum.IntEnum):
    """What discard() does to a range of a block device."""

    PLAIN = 0
    SECURE = 1
    ZERO = 2


class Advice(enum.IntEnum):
    """What advise() says about a range."""

    WILLNEED = 0
    DONTNEED = 1


class Statfs(NamedTuple):
    """The fields of statfs(2)."""

    type: int
    bsize: int
    blocks: int
    bfree: int
    bavail: int
    files: int
    ffree: int
    fsid: int
    namelen: int
    frsize: int
    flags: int


class Stat(NamedTuple):
    """The fields of statx(2); times are nanoseconds since 1970."""

    mode: int
    nlink: int
    uid: int
    gid: int
    ino: int
    size: int
    blocks: int
    blksize: int
    mask: int
    dev: int
    rdev: int
    atime_ns: int
    mtime_ns: int
    ctime_ns: int
    btime_ns: int


def _length(length: int | None) -> int:
    # For the kernel 0 is what None is here.
    if length == 0:
        raise ValueError("a length of 0; None is to the end")
    return length or 0


async def _open(path: File, flags: int) -> int:
    """Opening may have to wait for a server, which the event loop must not."""

    def open_it() -> int:
        return os.open(path, flags | os.O_CLOEXEC, 0o666)  # type: ignore[arg-type]

    def close_it(opened: asyncio.Future[int]) -> None:
        if not opened.cancelled() and not opened.exception():
            os.close(opened.result())

    opened = asyncio.get_running_loop().run_in_executor(None, open_it)
    try:
        return await asyncio.shield(opened)
    except asyncio.CancelledError:
        opened.add_done_callback(close_it)
        raise


@contextlib.asynccontextmanager
async def _opened(file: File, flags: int) -> AsyncIterator[int]:
    if isinstance(file, int):
        yield file
    elif hasattr(file, "fileno"):
        yield int(file.fileno())
    else:
        fd = await _open(file, flags)
        try:
            yield fd
        finally:
            os.close(fd)


async def _run(
    method: int,
    data: bytes,
    files: Sequence[tuple[File, int]],
    timeout: float | None,
    grace: float | None,
    progress: ProgressCallback | None,
    call: Call | None,
) -> Result[bytes]:
    own = None
    if call is None:
        call = own = Call("file")
    try:
        async with contextlib.AsyncExitStack() as stack:
            # What was opened is closed as soon as the call has begun.
            fds = [await stack.enter_async_context(_opened(*file)) for file in files]
            call.begin(method, data, fds, timeout=timeout, grace=grace)
        return await call.result(grace=grace, progress=progress)
    finally:
        if own is not None:
            own.close()


async def copy(
    source: File,
    target: File,
    *,
    source_offset: int = 0,
    target_offset: int = 0,
    length: int | None = None,
    reflink: Reflink = Reflink.AUTO,
    sparse: bool = False,
    sync: bool = False,
    timeout: float | None = None,
    grace: float | None = None,
    progress: ProgressCallback | None = None,
    call: Call | None = None,
) -> Result[None]:
    """Copy a range of one file to another; progress is bytes in the target.

    Files are paths, descriptors or file objects. A path as target is created, and
    emptied unless target_offset is given. With sparse holes stay holes, with sync all
    of the target is durable then. When cancelled go on with both offsets further by
    result_of(error).progress.
    """
    flags = os.O_WRONLY | os.O_CREAT | (0 if target_offset else os.O_TRUNC)
    data = struct.pack(
        "=QQQII",
        source_offset,
        target_offset,
        _length(length),
        reflink,
        sparse << 0 | sync << 1,
    )
    files = [(source, os.O_RDONLY), (target, flags)]
    result = await _run(
        _COPY, data, files, timeout, grace, progress, call
    )
    return _no_value(result)


async def dedupe(
    source: File,
    target: File,
    *,
    source_offset: int = 0,
    target_offset: int = 0,
    length: int | None = None,
    timeout: float | None = None,
    grace: float | None = None,
    progress: ProgressCallback | None = None,
    call: Call | None = None,
) -> Result[None]:
    """Share what is the same in both files; CallError (EBADE) where they differ."""
    data = struct.pack(
        "=QQQII", source_offset, target_offset, _length(length), 0, 0
    )
    files = [(source, os.O_RDONLY), (target, os.O_RDWR)]
    result = await _run(
        _DEDUPE, data, files, timeout, grace, progress, call
    )
    return _no_value(result)


async def hash(
    file: File,
    algorithm: str = "sha256",
    *,
    offset: int = 0,
    length: int | None = None,
    timeout: float | None = None,
    grace: float | None = None,
    progress: ProgressCallback | None = None,
    call: Call | None = None,
) -> Result[bytes]:
    """The digest of a range of a file, by the kernel's name of the algorithm."""
    name = algorithm.encode()
    if len(name) > 63:
        raise ValueError(f"no such algorithm: {algorithm}")
    data = struct.pack("=QQII64s", offset, _length(length), 0, 0, name)
    return await _run(
        _HASH, data, [(file, os.O_RDONLY)], timeout, grace, progress, call
    )


async def allocate(
    file: File,
    length: int | None = None,
    *,
    offset: int = 0,
    mode: AllocateMode = AllocateMode.PLAIN,
    keep_size: bool = False,
    timeout: float | None = None,
    grace: float | None = None,
    progress: ProgressCallback | None = None,
    call: Call | None = None,
) -> Result[None]:
    """Allocate, zero or punch a range of a file."""
    data = struct.pack("=QQII", offset, _length(length), mode, keep_size)
    result = await _run(
        _ALLOCATE, data, [(file, os.O_RDWR)], timeout, grace, progress, call
    )
    return _no_value(result)


async def sync(
    file: File,
    scope: SyncScope = SyncScope.FILE,
    *,
    offset: int = 0,
    length: int | None = None,
    timeout: float | None = None,
    grace: float | None = None,
    progress: ProgressCallback | None = None,
    call: Call | None = None,
) -> Result[None]:
    """Write a file back, or the file system that it is on."""
    data = struct.pack("=QQII", offset, _length(length), scope, 0)
    result = await _run(
        _SYNC, data, [(file, os.O_RDONLY)], timeout, grace, progress, call
    )
    return _no_value(result)


async def trim(
    file: File,
    *,
    offset: int = 0,
    length: int | None = None,
    minimum: int = 0,
    timeout: float | None = None,
    grace: float | None = None,
    progress: ProgressCallback | None = None,
    call: Call | None = None,
) -> Result[int]:
    """Tell the device which blocks of a file system are free; the value is bytes."""
    data = struct.pack("=QQQII", offset, _length(length), minimum, 0, 0)
    result = await _run(
        _TRIM, data, [(file, os.O_RDONLY)], timeout, grace, progress, call
    )
    return result.map(lambda out: int.from_bytes(out[:8], sys.byteorder))


async def discard(
    device: File,
    length: int | None = None,
    *,
    offset: int = 0,
    mode: DiscardMode = DiscardMode.PLAIN,
    timeout: float | None = None,
    grace: float | None = None,
    progress: ProgressCallback | None = None,
    call: Call | None = None,
) -> Result[None]:
    """Discard, erase or zero a range of a block device: its data is lost."""
    data = struct.pack("=QQII", offset, _length(length), mode, 0)
    result = await _run(
        _DISCARD, data, [(device, os.O_WRONLY)], timeout, grace, progress, call
    )
    return _no_value(result)


async def advise(
    file: File,
    advice: Advice = Advice.WILLNEED,
    *,
    offset: int = 0,
    length: int | None = None,
    timeout: float | None = None,
    grace: float | None = None,
    progress: ProgressCallback | None = None,
    call: Call | None = None,
) -> Result[None]:
    """Read a range of a file into the page cache, or drop it from there."""
    data = struct.pack("=QQII", offset, _length(length), advice, 0)
    result = await _run(
        _ADVISE, data, [(file, os.O_RDONLY)], timeout, grace, progress, call
    )
    return _no_value(result)


async def statfs(
    path: str | bytes | os.PathLike[str] | os.PathLike[bytes],
    *,
    timeout: float | None = None,
    grace: float | None = None,
    call: Call | None = None,
) -> Result[Statfs]:
    """The usage of a file system, whose server may be dead: give its mount point."""
    data = struct.pack("=II", 0, 0) + os.fsencode(path) + b"\0"
    result = await _run(_STATFS, data, [], timeout, grace, None, call)
    return result.map(lambda out: Statfs._make(struct.unpack("=11Q", out[:88])))


async def stat(
    path: str | bytes | os.PathLike[str] | os.PathLike[bytes],
    *,
    timeout: float | None = None,
    grace: float | None = None,
    call: Call | None = None,
) -> Result[Stat]:
    """The attributes of a mount point, whose server may be dead."""
    data = struct.pack("=II", 0, 0) + os.fsencode(path) + b"\0"
    result = await _run(_STAT, data, [], timeout, grace, None, call)
    return result.map(_stat)


def _stat(out: bytes) -> Stat:
    head = struct.unpack("=4I3QII4I", out[:64])
    seconds = struct.unpack("=4q", out[64:96])
    nsec = struct.unpack("=4I", out[96:112])
    times = [s * 1_000_000_000 + n for s, n in zip(seconds, nsec)]
    dev, rdev = os.makedev(*head[9:11]), os.makedev(*head[11:13])
    return Stat._make([*head[:9], dev, rdev, *times])


def _no_value(result: Result[bytes]) -> Result[None]:
    return result.map(lambda out: None)
