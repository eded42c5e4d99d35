// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * copy_file_range(2), fallocate(2), posix_fallocate(3) and posix_fadvise(2).
 *
 * What the module could do and the plain call would not is left to the plain
 * call, so that it refuses it: a copy from a block device or to another file
 * system, a range of length 0, which to the module is one to the end.
 *
 * So is a fallocate for which there is no room. The module does it in pieces, and
 * would fill the file system before it says so; the plain one refuses it, or
 * undoes what it did (tmpfs). For lack of a quota, or of room that others have
 * taken meanwhile, the file may be left longer than it was, as ext4 itself does.
 * And so is a hole that goes on behind the end of the file, as far as numbers go:
 * that are too many pieces.
 *
 * Of the advices only DONTNEED is sent there. WILLNEED reads ahead as much as a
 * device takes at a time and returns; the module would read all of the range,
 * which is another thing.
 */
#include "with.h"
#include <stdio.h>

/* What the kernel copies at a time: a longer one ends there, too. */
#define COPY_MAX	0x7ffff000

static bool same_file_system(int in, int out)
{
	struct statx from, to;

	if (!known(in, &from) || !known(out, &to) ||
	    !S_ISREG(from.stx_mode) || !S_ISREG(to.stx_mode))
		return false;
#ifdef STATX_MNT_ID
	/* A file system may have files of several devices (btrfs, overlayfs). */
	if (from.stx_mask & to.stx_mask & STATX_MNT_ID &&
	    from.stx_mnt_id == to.stx_mnt_id)
		return true;
#endif
	return from.stx_dev_major == to.stx_dev_major &&
	       from.stx_dev_minor == to.stx_dev_minor;
}

/* Where it begins; without an offset that is the file's position. */
static bool get_offset(int fd, const off64_t *given, __u64 *offset)
{
	int saved = errno;
	off64_t pos = given ? *given : lseek64(fd, 0, SEEK_CUR);

	errno = saved;
	*offset = (__u64)pos;
	return pos >= 0;
}

/* As an absolute position, so that to do it twice does no harm. */
static void set_offset(int fd, off64_t *given, __u64 offset)
{
	int saved = errno;

	if (given)
		*given = (off64_t)offset;
	else
		lseek64(fd, (off64_t)offset, SEEK_SET);
	errno = saved;
}

ACALL_PUBLIC ssize_t copy_file_range(int fd_in, off64_t *off_in, int fd_out,
				     off64_t *off_out, size_t len,
				     unsigned int flags)
{
	struct acall_file_copy in = {
		.length = len < COPY_MAX ? len : COPY_MAX,
	};
	const int files[] = { fd_in, fd_out };
	struct acall_call_args args = {
		.method = ACALL_FILE_COPY,
		.files = (uintptr_t)files,
		.nr_files = 2,
		.in = (uintptr_t)&in,
		.in_len = sizeof(in),
	};
	int err = WITH_PLAIN;

	if (len && !flags && same_file_system(fd_in, fd_out) &&
	    get_offset(fd_in, off_in, &in.src_offset) &&
	    get_offset(fd_out, off_out, &in.dst_offset))
		err = with_call(&args, true);
	/* Where an abandoned one is, nobody knows. */
	if (args.outcome == ACALL_OUTCOME_ABANDONED)
		args.progress = 0;
	/* Who is at his limit gets a signal as well. */
	if (err == -EFBIG && !args.progress)
		err = WITH_PLAIN;
	if (err == WITH_PLAIN)
		return plain()->copy_file_range(fd_in, off_in, fd_out, off_out,
						len, flags);
	if (err && !args.progress)
		return with_result(err);
	if (args.progress) {
		set_offset(fd_in, off_in, in.src_offset + args.progress);
		set_offset(fd_out, off_out, in.dst_offset + args.progress);
	}
	return (ssize_t)args.progress;
}

/*
 * 0 if there is room for @len bytes more, as far as one can tell. fstatfs(2)
 * could wait for a server; by this path the module does.
 */
static int find_room(int fd, off64_t len)
{
	struct acall_file_statfs_out out;
	char path[40];
	__u64 block;
	int err;

	snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
	err = with_statfs(path, &out);
	if (err)
		return is_given_up(err) ? err : WITH_PLAIN;
	/* Where nobody counts blocks, there are none. */
	block = out.frsize ? out.frsize : out.bsize;
	return block && (__u64)len / block < out.bavail ? 0 : WITH_PLAIN;
}

static int allocate(int fd, int mode, off64_t offset, off64_t len, bool point)
{
	struct acall_file_allocate in = {
		.offset = (__u64)offset,
		.length = (__u64)len,
	};
	int err = 0;

	if (offset < 0 || len <= 0)
		return WITH_PLAIN;
	if (mode & FALLOC_FL_KEEP_SIZE)
		in.flags = ACALL_FILE_ALLOCATE_KEEP_SIZE;
	switch (mode) {
	case 0:
	case FALLOC_FL_KEEP_SIZE:
		in.mode = ACALL_FILE_ALLOCATE_PLAIN;
		err = find_room(fd, len);
		break;
	case FALLOC_FL_ZERO_RANGE:
	case FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE:
		in.mode = ACALL_FILE_ALLOCATE_ZERO;
		err = find_room(fd, len);
		break;
	case FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE:
		in.mode = ACALL_FILE_ALLOCATE_PUNCH;
		if (!in_file(fd, in.offset, in.length))
			err = WITH_PLAIN;
		break;
	default:
		return WITH_PLAIN;
	}
	return err ? err : with_file(ACALL_FILE_ALLOCATE, fd, &in, sizeof(in),
				     point);
}

ACALL_PUBLIC int fallocate(int fd, int mode, off_t offset, off_t len)
{
	int err = allocate(fd, mode, offset, len, true);

	return err == WITH_PLAIN ? plain()->fallocate(fd, mode, offset, len) :
				   with_result(err);
}

ACALL_PUBLIC int fallocate64(int fd, int mode, off64_t offset, off64_t len)
{
	int err = allocate(fd, mode, offset, len, true);

	return err == WITH_PLAIN ? plain()->fallocate64(fd, mode, offset, len) :
				   with_result(err);
}

/* What a file system cannot do glibc does by writing. */
ACALL_PUBLIC int posix_fallocate(int fd, off_t offset, off_t len)
{
	int err = allocate(fd, 0, offset, len, false);

	return err == WITH_PLAIN || err == -EOPNOTSUPP ?
	       plain()->posix_fallocate(fd, offset, len) : -err;
}

ACALL_PUBLIC int posix_fallocate64(int fd, off64_t offset, off64_t len)
{
	int err = allocate(fd, 0, offset, len, false);

	return err == WITH_PLAIN || err == -EOPNOTSUPP ?
	       plain()->posix_fallocate64(fd, offset, len) : -err;
}

static int advise(int fd, off64_t offset, off64_t len, int advice)
{
	const struct acall_file_advise in = {
		.offset = (__u64)offset,
		.length = (__u64)len,
		.advice = ACALL_FILE_ADVISE_DONTNEED,
	};

	if (advice != POSIX_FADV_DONTNEED || offset < 0 || len < 0)
		return WITH_PLAIN;
	return with_file(ACALL_FILE_ADVISE, fd, &in, sizeof(in), false);
}

ACALL_PUBLIC int posix_fadvise(int fd, off_t offset, off_t len, int advice)
{
	int err = advise(fd, offset, len, advice);

	return err == WITH_PLAIN ?
	       plain()->posix_fadvise(fd, offset, len, advice) : -err;
}

ACALL_PUBLIC int posix_fadvise64(int fd, off64_t offset, off64_t len,
				 int advice)
{
	int err = advise(fd, offset, len, advice);

	return err == WITH_PLAIN ?
	       plain()->posix_fadvise64(fd, offset, len, advice) : -err;
}
