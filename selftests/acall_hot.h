/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fixture of tests that take the interface "test-hot" away: it is there when
 * a test begins, and brought back when it ends, whatever it did.
 */
#ifndef _SELFTESTS_ACALL_HOT_H
#define _SELFTESTS_ACALL_HOT_H

#include "acall_util.h"

/* Brings "test-hot" back, whatever has happened to it. */
static inline int bring_back(int ctl)
{
	__u64 since = now_ns();
	int ret;

	do {
		ret = forget(ctl, 0) ?:
		      ctl_op(ctl, ACALL_TEST_OP_REGISTER, 0, 0, NULL);
		give_way();
	} while (ret == -EBUSY && !guard_expired(since));
	return ret == -EEXIST ? 0 : ret;
}

FIXTURE(hot)
{
	FIXTURE_DATA(acall) base;
	struct actor unregister;
	int fd;			/* an object of "test-hot" */
};

FIXTURE_SETUP(hot)
{
	self->base.ctl = open(DEV_CONTROL, O_RDWR | O_CLOEXEC);
	ASSERT_EQ(0, bring_back(self->base.ctl));
	close(self->base.ctl);
	acall_setup(_metadata, &self->base, NULL);
	self->fd = sys_create(self->base.dev, ACALL_TEST_HOT);
	ASSERT_LE(0, self->fd);
	self->unregister = (struct actor) {
		.act = ACT_UNREGISTER, .fd = self->base.ctl,
	};
}

FIXTURE_TEARDOWN(hot)
{
	EXPECT_EQ(0, bring_back(self->base.ctl));
	acall_teardown(_metadata, &self->base, NULL);
}

static inline int unregister(int control)
{
	return ctl_op(control, ACALL_TEST_OP_UNREGISTER, 0, 0, NULL);
}

static inline int reregister(int control)
{
	return ctl_op(control, ACALL_TEST_OP_REGISTER, 0, 0, NULL);
}

#endif /* _SELFTESTS_ACALL_HOT_H */
