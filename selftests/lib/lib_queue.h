/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of libacall's call queues share.
 */
#ifndef _SELFTESTS_LIB_QUEUE_H
#define _SELFTESTS_LIB_QUEUE_H

#include "lib_util.h"

static inline acall_queue_t *new_queue(struct __test_metadata *_metadata,
				       const char *interface,
				       unsigned int slots)
{
	acall_queue_t *queue = NULL;

	ASSERT_EQ(0, acall_queue_create(interface, 0, slots, 0, &queue));
	return queue;
}

/* An entry with a method that meets its tester at @id, which comes back. */
static inline struct acall_submission *add_at(acall_queue_t *queue,
					      __u32 method, __u64 id,
					      __s64 value)
{
	struct acall_submission *sub = acall_queue_get_submission(queue);
	struct acall_test_arg arg = { .id = id, .value = value };

	if (sub)
		acall_queue_prepare(sub, method, &arg, sizeof(arg), id);
	return sub;
}

static inline struct acall_submission *add_nop(acall_queue_t *queue,
					       __u64 user_data)
{
	struct acall_submission *sub = acall_queue_get_submission(queue);

	if (sub)
		acall_queue_prepare(sub, ACALL_TEST_NOP, NULL, 0, user_data);
	return sub;
}

/* The call of the entry @i of those that were submitted last; 0 = none. */
static inline __u64 handle_of(acall_queue_t *queue, unsigned int i)
{
	const struct acall_submission *sub = acall_queue_submitted(queue, i);

	return sub ? sub->handle : 0;
}

/* Begins one call and waits until it runs. Return: its handle, 0 = failed. */
static inline __u64 run_at(acall_queue_t *queue, int ctl, __u32 method,
			   __u64 id, __s64 value)
{
	if (!add_at(queue, method, id, value) ||
	    acall_queue_submit(queue) != 1 || wait_starts(ctl, id, 1))
		return 0;
	return handle_of(queue, 0);
}

/* The oldest completion, which is waited for and seen. */
static inline int take(acall_queue_t *queue, struct acall_completion *done)
{
	int ret = acall_queue_wait(queue, 1, ACALL_FOREVER);

	memset(done, 0, sizeof(*done));
	if (ret)
		return ret;
	*done = *acall_queue_peek(queue, 0);
	return acall_queue_seen(queue, 1);
}

static inline int queue_state(acall_queue_t *queue, __u64 handle)
{
	struct acall_query query;
	int ret = acall_queue_query(queue, handle, &query, sizeof(query));

	return ret ?: (int)query.state;
}

#endif /* _SELFTESTS_LIB_QUEUE_H */
