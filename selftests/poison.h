/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a system call has written into memory of ours, byte by byte: nothing but
 * what is defined, and nothing that the kernel never initialised (R-LEAK).
 *
 * A buffer is filled with a pattern of our own, or kept as a copy; afterwards each
 * byte is as it was, or in a range that may be written. Kernels for tests fill
 * what is not initialised with bytes of theirs: variables on the stack with
 * POISON_STACK (INIT_STACK_ALL_PATTERN), objects of slabs with the others
 * (slub_debug=P). Four of one kind in a row, that were not there before, are no
 * value of ours: such memory has come out.
 */
#ifndef _SELFTESTS_POISON_H
#define _SELFTESTS_POISON_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include <linux/acall.h>

#define POISON_STACK	0xfe
#define POISON_INUSE	0x5a
#define POISON_FREED	0x6b
#define POISON_END	0xa5
#define POISON_RUN	4	/* bytes; fewer may be a value */

struct poison_range {
	size_t at;
	size_t len;
};

/* The byte at offset @at of what poison_fill() has filled. */
static inline unsigned char poison_mark(size_t at)
{
	return 0xc1 + at % 29;
}

static inline void poison_fill(void *buf, size_t len)
{
	unsigned char *p = buf;
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = poison_mark(i);
}

/*
 * Is byte @at other than it was? @before: a copy of the buffer, or NULL for what
 * poison_fill() has made of it.
 */
static inline bool poison_changed(const void *buf, const void *before,
				  size_t at)
{
	const unsigned char *p = buf, *q = before;

	return p[at] != (q ? q[at] : poison_mark(at));
}

/* Return: the first byte that was written outside of the @nr ranges, or -1. */
static inline long poison_stray(const void *buf, const void *before,
				size_t len, const struct poison_range *may,
				size_t nr)
{
	size_t i, r;

	for (i = 0; i < len; i++) {
		if (!poison_changed(buf, before, i))
			continue;
		for (r = 0; r < nr; r++)
			if (i >= may[r].at && i - may[r].at < may[r].len)
				break;
		if (r == nr)
			return i;
	}
	return -1;
}

/* Return: where bytes begin that the kernel never initialised, or -1. */
static inline long poison_shown(const void *buf, const void *before, size_t len)
{
	const unsigned char *p = buf;
	size_t i, run = 0;

	for (i = 0; i < len; i++) {
		if ((p[i] != POISON_STACK && p[i] != POISON_INUSE &&
		     p[i] != POISON_FREED && p[i] != POISON_END) ||
		    !poison_changed(buf, before, i))
			run = 0;
		else if (run && p[i] != p[i - 1])
			run = 1;
		else
			run++;
		if (run == POISON_RUN)
			return i + 1 - POISON_RUN;
	}
	return -1;
}

/*
 * Both at once, and says what it has found. Return: 0 if all is well, so that it
 * can be given to EXPECT_EQ().
 */
static inline int poison_check(const char *what, const void *buf,
			       const void *before, size_t len,
			       const struct poison_range *may, size_t nr)
{
	long stray = poison_stray(buf, before, len, may, nr);
	long shown = poison_shown(buf, before, len);

	if (stray >= 0)
		fprintf(stderr, "# poison: %s: byte %ld was written (0x%02x)\n",
			what, stray, ((const unsigned char *)buf)[stray]);
	if (shown >= 0)
		fprintf(stderr, "# poison: %s: uninitialised bytes from %ld on (0x%02x)\n",
			what, shown, ((const unsigned char *)buf)[shown]);
	return (stray >= 0) + (shown >= 0);
}

/*
 * Every test may be the one that sees memory come out: it ends here then, whatever
 * it is about. As if all of @buf were new: no value of ours is so.
 */
static inline void poison_look(unsigned long cmd, const void *buf, size_t len)
{
	long shown = poison_shown(buf, NULL, len);

	if (shown < 0)
		return;
	fprintf(stderr, "# poison: ioctl %#lx: uninitialised bytes from %ld of %zu on (0x%02x)\n",
		cmd, shown, len, ((const unsigned char *)buf)[shown]);
	abort();
}

/* An ioctl on a structure in memory of ours that nobody else uses. */
static inline int poison_ioctl(int fd, unsigned long cmd, void *arg, size_t len)
{
	int ret = ioctl(fd, cmd, arg);

	if (ret < 0)
		ret = -errno;
	poison_look(cmd, arg, len);
	return ret;
}

/* And on what the provider gave. */
static inline int poison_finish(int fd, struct acall_finish *f)
{
	int ret = poison_ioctl(fd, ACALL_IOC_FINISH, f, sizeof(*f));

	if (!ret && f->out)
		poison_look(ACALL_IOC_FINISH, (void *)(uintptr_t)f->out,
			    f->out_len);
	return ret;
}

#endif /* _SELFTESTS_POISON_H */
