/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is promised of a file after a power cut: where its end is, what it has
 * allocated, and pieces of it whose contents are known.
 *
 * A record leaves the guest as a line and comes back to the next one as an
 * argument: NAME MIN MAX ALLOCATED, then AT,LENGTH,SEED,FROM of each piece.
 */
#ifndef _SELFTESTS_POWER_RECORD_H
#define _SELFTESTS_POWER_RECORD_H

#include "file/file_util.h"

#include <termios.h>

#define RECORD_PIECES	24
#define RECORD_CHANGE	8	/* pieces that one change may add */

/* Bytes of the pattern @seed that belong at @from there; of seed 0: zeros. */
struct piece {
	__u64 at;
	__u64 len;
	__u32 seed;
	__u64 from;
};

struct record {
	char name[16];
	int fd;
	bool claimed;
	__u64 min;		/* size */
	__u64 max;
	__u64 allocated;	/* bytes, at least */
	unsigned int nr;
	struct piece pieces[RECORD_PIECES];
};

/* What was said has left the machine, or else there is no telling what was. */
static inline void said(void)
{
	if (!fflush(stdout) && (!tcdrain(STDOUT_FILENO) || errno == ENOTTY))
		return;
	perror("# power_cut: standard output");
	exit(2);
}

static inline bool record_parse(struct record *r, const char *text)
{
	unsigned long long min, max, allocated, at, len, seed, from;
	int n;

	memset(r, 0, sizeof(*r));
	if (sscanf(text, "%15s %llu %llu %llu%n", r->name, &min, &max,
		   &allocated, &n) != 4)
		return false;
	r->claimed = true;
	r->min = min;
	r->max = max;
	r->allocated = allocated;
	for (text += n; *text; text += n) {
		if (r->nr == RECORD_PIECES ||
		    sscanf(text, " %llu,%llu,%llu,%llu%n", &at, &len, &seed,
			   &from, &n) != 4)
			return false;
		r->pieces[r->nr++] = (struct piece) { at, len, seed, from };
	}
	return true;
}

static inline void record_say(const struct record *r)
{
	unsigned int i;

	printf("durable %s %llu %llu %llu", r->name,
	       (unsigned long long)r->min, (unsigned long long)r->max,
	       (unsigned long long)r->allocated);
	for (i = 0; i < r->nr; i++)
		printf(" %llu,%llu,%u,%llu",
		       (unsigned long long)r->pieces[i].at,
		       (unsigned long long)r->pieces[i].len,
		       r->pieces[i].seed,
		       (unsigned long long)r->pieces[i].from);
	printf("\n");
	said();
}

static inline void record_add(struct record *r, __u64 at, __u64 len,
			      __u32 seed, __u64 from)
{
	if (r->nr == RECORD_PIECES)
		abort();
	r->pieces[r->nr++] = (struct piece) { at, len, seed, from };
}

/* [@at, @at + @len) has left its pieces. */
static inline void record_drop(struct record *r, __u64 at, __u64 len)
{
	struct piece old[RECORD_PIECES];
	unsigned int i, nr = r->nr;
	__u64 end = at + len;

	memcpy(old, r->pieces, sizeof(old));
	r->nr = 0;
	for (i = 0; i < nr; i++) {
		const struct piece *p = &old[i];
		__u64 stop = p->at + p->len;

		if (p->at < at)
			record_add(r, p->at, (stop < at ? stop : at) - p->at,
				   p->seed, p->from);
		if (stop > end) {
			__u64 start = p->at > end ? p->at : end;

			record_add(r, start, stop - start, p->seed,
				   p->from + (start - p->at));
		}
	}
}

/* Says what is not as it was promised. Return: bytes that are, or -1. */
static inline __s64 record_verify(const struct record *r, int dir)
{
	int fd = openat(dir, r->name, O_RDONLY | O_CLOEXEC);
	__u64 size, allocated;
	__s64 bad, good = 0;
	unsigned int i;

	if (fd < 0) {
		printf("lost %s: cannot be opened: %s\n", r->name,
		       strerror(errno));
		return -1;
	}
	size = ft_size(fd);
	if (size < r->min || size > r->max) {
		printf("lost %s: has %llu bytes, promised were %llu to %llu\n",
		       r->name, (unsigned long long)size,
		       (unsigned long long)r->min, (unsigned long long)r->max);
		good = -1;
	}
	allocated = ft_allocated(fd);
	if (allocated < r->allocated) {
		printf("lost %s: has allocated %llu bytes, promised were %llu\n",
		       r->name, (unsigned long long)allocated,
		       (unsigned long long)r->allocated);
		good = -1;
	}
	for (i = 0; i < r->nr; i++) {
		const struct piece *p = &r->pieces[i];

		bad = p->seed ? ft_check_moved(fd, p->at, p->len, p->seed,
					       p->from) :
				ft_check_byte(fd, p->at, p->len, 0);
		if (bad >= 0) {
			printf("lost %s: byte %lld of [%llu, %llu) of pattern %u\n",
			       r->name, (long long)bad,
			       (unsigned long long)p->at,
			       (unsigned long long)(p->at + p->len), p->seed);
			good = -1;
		} else if (good >= 0) {
			good += p->len;
		}
	}
	close(fd);
	return good;
}

#endif /* _SELFTESTS_POWER_RECORD_H */
