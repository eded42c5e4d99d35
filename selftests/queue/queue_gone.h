/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fixture of tests of queues whose provider goes: a queue of "test-hot".
 */
#ifndef _SELFTESTS_QUEUE_GONE_H
#define _SELFTESTS_QUEUE_GONE_H

#include "acall_hot.h"
#include "queue_util.h"

FIXTURE(gone)
{
	FIXTURE_DATA(hot) hot;
	struct queue q;
	int ctl;
	__u64 id;
};

FIXTURE_SETUP(gone)
{
	hot_setup(_metadata, &self->hot, NULL);
	self->ctl = self->hot.base.ctl;
	self->id = self->hot.base.id;
	ASSERT_EQ(0, queue_open(&self->q, self->hot.base.dev, ACALL_TEST_HOT,
				SLOTS, SLOTS));
}

FIXTURE_TEARDOWN(gone)
{
	queue_unmap_all();
	hot_teardown(_metadata, &self->hot, NULL);
}

#endif /* _SELFTESTS_QUEUE_GONE_H */
