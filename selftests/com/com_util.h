/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of libacall-com share: threads that make a synchronous call.
 */
#ifndef _SELFTESTS_COM_UTIL_H
#define _SELFTESTS_COM_UTIL_H

#include "../lib/lib_util.h"
#include "acall_more.h"
#include <libacall_com.h>

/* A code as the harness compares and shows it. */
#define CODE(name)	((long long)ACALL_COM_##name)
#define OF_ERRNO(error)	((long long)ACALL_COM_ERRNO(error))

/* Calls the method t->value at t->id, with cancellation as the thread has it. */
static inline int com_call(struct thread *t)
{
	struct acall_test_arg arg = { .id = t->id };

	return acall_com_call(t->call, t->value, &arg, sizeof(arg), NULL, 0,
			      NULL, NULL, 0, &t->result);
}

static inline int com_call_enabled(struct thread *t)
{
	int ret = acall_com_enable_cancellation();

	return ACALL_COM_FAILED(ret) ? ret : com_call(t);
}

/* A thread that sleeps in its call, and the method runs. */
static inline int com_blocked(struct thread *t, acall_t *call, int ctl,
			      __u32 method, __u64 id)
{
	*t = (struct thread) { .fn = com_call_enabled, .call = call, .id = id,
			       .value = method };
	return thread_start(t) ?: wait_starts(ctl, id, 1) ?:
	       wait_blocked(getpid(), t->tid, __NR_ioctl, ACALL_IOC_FINISH);
}

#endif /* _SELFTESTS_COM_UTIL_H */
