/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the hostile tests share: turns that two processes take, memory that ends,
 * and the fixture of a user who has nothing.
 */
#ifndef _SELFTESTS_HOSTILE_UTIL_H
#define _SELFTESTS_HOSTILE_UTIL_H

#include "acall_more.h"

#include <sys/prctl.h>

#define PAGE	4096
#define SKIPPED	77	/* a child's status: the machine has no such thing */

/* Two processes, or users, take turns. */
static inline int say(int fd)
{
	return write(fd, "x", 1) == 1 ? 0 : 1;
}

static inline int hear(int fd)
{
	char c;

	return read(fd, &c, 1) == 1 ? 0 : 1;
}

/* Two pages of which only the first is there; the address of its end. */
static inline char *edge_of_memory(int prot)
{
	char *map = mmap(NULL, 2 * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);

	if (map == MAP_FAILED || munmap(map + PAGE, PAGE))
		abort();
	return map + PAGE;
}

static inline bool all_are(const void *p, unsigned char value, size_t len)
{
	const unsigned char *byte = p;

	while (len--)
		if (*byte++ != value)
			return false;
	return true;
}

/* Is the object idle, and does the next call work? */
static inline int works(int fd)
{
	struct acall_finish f;

	CHECK(state_of(fd) == ACALL_STATE_IDLE);
	CHECK(readiness(fd) == POLLOUT);
	CHECK(!sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL));
	CHECK(!sys_finish(fd, 0, &f));
	CHECK(f.outcome == ACALL_OUTCOME_COMPLETED && !f.status);
	return 0;
}

/*
 * The fixture of tests that are a user who has nothing, but for the control
 * device that root has opened for him.
 */
FIXTURE(user)
{
	FIXTURE_DATA(acall) base;
	int dev;
	int ctl;
	int fd;		/* an object of "test", his own */
	__u64 id;	/* a meeting point */
};

FIXTURE_SETUP(user)
{
	acall_setup(_metadata, &self->base, NULL);
	ASSERT_EQ(0, close(self->base.fd));
	ASSERT_EQ(0, close(self->base.dev));
	ASSERT_EQ(0, become(UID_A));
	/* Who was root may not look into himself either. */
	ASSERT_EQ(0, prctl(PR_SET_DUMPABLE, 1));
	self->dev = sys_open_device();
	ASSERT_LE(0, self->dev);
	self->fd = sys_create(self->dev, "test");
	ASSERT_LE(0, self->fd);
	self->ctl = self->base.ctl;
	self->id = self->base.id;
}

FIXTURE_TEARDOWN(user)
{
	acall_teardown(_metadata, &self->base, NULL);
}

#endif /* _SELFTESTS_HOSTILE_UTIL_H */
