// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * ioctl(2): FITRIM, BLKDISCARD, BLKSECDISCARD, BLKZEROOUT and FIDEDUPERANGE
 * with one destination. Everything else passes.
 *
 * What the module takes for a range to the end (length 0), and what the plain
 * ioctl would refuse, is left to the plain ioctl. The structure of the program
 * is only written to after a success, as by the kernel; FITRIM's minlen, which
 * some file systems raise, stays.
 */
#include "with.h"
#include <linux/fs.h>
#include <stdarg.h>

/* The kernel does no more at a time, and counts no more. */
#define DEDUPE_MAX	((__u64)1 << 30)

static int trim(int fd, struct fstrim_range *range)
{
	/* fstrim(8) says "to the end" by the longest range there is. */
	const __u64 most = UINT64_MAX - range->start;
	const struct acall_file_trim in = {
		.offset = range->start,
		.length = range->len < most ? range->len : most,
		.minlen = range->minlen,
	};
	struct acall_file_trim_out out;
	struct acall_call_args args = {
		.method = ACALL_FILE_TRIM,
		.files = (uintptr_t)&fd,
		.nr_files = 1,
		.in = (uintptr_t)&in,
		.in_len = sizeof(in),
		.out = (uintptr_t)&out,
		.out_len = sizeof(out),
	};
	int err;

	if (!in.length)
		return WITH_PLAIN;
	err = with_call(&args, false);
	if (!err)
		range->len = out.trimmed;
	return err;
}

static int discard(int fd, uint32_t mode, const uint64_t range[2])
{
	const struct acall_file_discard in = {
		.offset = range[0],
		.length = range[1],
		.mode = mode,
	};

	return in.length ? with_file(ACALL_FILE_DISCARD, fd, &in, sizeof(in),
				     false) : WITH_PLAIN;
}

static int dedupe(int fd, struct file_dedupe_range *same)
{
	struct file_dedupe_range_info *info = same->info;
	struct acall_file_dedupe in = {
		.src_offset = same->src_offset,
		.length = same->src_length < DEDUPE_MAX ? same->src_length :
							  DEDUPE_MAX,
	};
	int files[2] = { fd, -1 };
	struct acall_call_args args = {
		.method = ACALL_FILE_DEDUPE,
		.files = (uintptr_t)files,
		.nr_files = 2,
		.in = (uintptr_t)&in,
		.in_len = sizeof(in),
	};
	int err;

	/* A range that is not all in the source is an error to the plain one. */
	if (same->dest_count != 1 || same->reserved1 || same->reserved2 ||
	    info->reserved || info->dest_fd < 0 || info->dest_fd > INT_MAX ||
	    !in.length || !in_file(fd, same->src_offset, same->src_length))
		return WITH_PLAIN;
	in.dst_offset = info->dest_offset;
	files[1] = (int)info->dest_fd;
	err = with_call(&args, false);
	if (err == WITH_PLAIN || args.outcome != ACALL_OUTCOME_COMPLETED)
		return err;
	/* What is wrong with a destination is told there. */
	info->bytes_deduped = err ? 0 : in.length;
	info->status = err == -EBADE ? FILE_DEDUPE_RANGE_DIFFERS : err;
	return 0;
}

ACALL_PUBLIC int ioctl(int fd, unsigned long request, ...)
{
	int err = WITH_PLAIN;
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	/* Some have it in an int, and a sign in the upper half. */
	switch (arg ? (unsigned int)request : 0) {
	case FITRIM:
		err = trim(fd, arg);
		break;
	case BLKDISCARD:
		err = discard(fd, ACALL_FILE_DISCARD_PLAIN, arg);
		break;
	case BLKSECDISCARD:
		err = discard(fd, ACALL_FILE_DISCARD_SECURE, arg);
		break;
	case BLKZEROOUT:
		err = discard(fd, ACALL_FILE_DISCARD_ZERO, arg);
		break;
	case FIDEDUPERANGE:
		err = dedupe(fd, arg);
		break;
	}
	return err == WITH_PLAIN ? plain()->ioctl(fd, request, arg) :
				   with_result(err);
}
