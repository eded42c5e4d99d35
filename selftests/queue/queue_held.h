/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Short calls that stand in their lane: one runs, up to its gate, and others wait
 * behind it until that opens. Each is known by its user_data, since a short call has
 * an id but tells it only when it is over.
 *
 * The one that runs keeps a processor busy, and not for ever: there is one at a
 * time.
 */
#ifndef _SELFTESTS_QUEUE_HELD_H
#define _SELFTESTS_QUEUE_HELD_H

#include "queue_util.h"

/* user_data of the one that runs; those that wait count up from there. */
#define HELD	0x5e1f00

/* One that runs up to @id's gate, as queue_hold_shorts(), with HELD. */
static inline int hold(struct queue *q, int ctl, __u64 id, __u64 *handle)
{
	struct acall_submission s = sub_arg(ACALL_TEST_SHORT_GATE, id);

	s.user_data = HELD;
	return wait_starts(ctl, id, 0) ?: queue_begin(q, &s, handle) ?:
	       wait_starts(ctl, id, 1);
}

/* One that waits. */
static inline int behind(struct queue *q, __u32 flags, __u64 user_data,
			 __u64 *handle)
{
	struct acall_submission s = sub_flags(ACALL_TEST_SHORT, flags, NULL, 0);

	s.user_data = user_data;
	return queue_begin(q, &s, handle);
}

/* hold(), and @n that wait: HELD + 1 to HELD + @n, their handles from [1] on. */
static inline int hold_many(struct queue *q, int ctl, __u64 id, int n,
			    __u64 *handle)
{
	int ret = hold(q, ctl, id, handle), i;

	for (i = 1; i <= n && !ret; i++) {
		ret = behind(q, 0, HELD + i, &handle[i]);
		if (!ret && queue_state(q, handle[i]) != ACALL_STATE_QUEUED)
			ret = -EPROTO;
	}
	return ret;
}

/* The id of the call with @user_data, 0 if it is not listed. */
static inline __u64 id_of(int dev, __u64 user_data)
{
	struct acall_list_record r;

	return list_find_data(dev, user_data, &r) ? 0 : r.call_id;
}

/* Reads @n completions: as many as @never never started, the others have run. */
static inline int read_verdicts(struct queue *q, int n, int never)
{
	struct acall_completion c;
	int i;

	CHECK(!queue_wait(q, n));
	CHECK((int)queue_unread(q) == n);
	for (i = 0; i < n; i++) {
		CHECK(!queue_read(q, &c));
		if (is_cancelled(&c, ACALL_OUTCOME_NEVER_STARTED))
			never--;
		else
			CHECK(is_completed(&c));
	}
	CHECK(!never);
	return queue_tell(q);
}

#endif /* _SELFTESTS_QUEUE_HELD_H */
