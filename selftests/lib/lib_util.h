/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of libacall share: threads that call one function of it, and
 * an ioctl() of our own, which the statically linked library uses instead of
 * the C library's. It lets a test hold a thread at the one place where the
 * library's own race is: BEGIN has returned, the id is not stored yet.
 */
#ifndef _SELFTESTS_LIB_UTIL_H
#define _SELFTESTS_LIB_UTIL_H

#include "acall_util.h"
#include <stdarg.h>
#include <libacall.h>

/* Set by a thread for itself: runs after its BEGIN has succeeded. */
static __thread void (*after_begin)(void);
/* What INFO shall say instead of the truth, 0 = the truth. */
static __u32 pretended_abi;
/* Shall the module be one from before there were queues? */
static bool pretended_old;

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;
	int ret;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (request == ACALL_IOC_CREATE_QUEUE && pretended_old) {
		errno = ENOTTY;
		return -1;
	}
	ret = syscall(__NR_ioctl, fd, request, arg);
	if (!ret && request == ACALL_IOC_BEGIN && after_begin)
		after_begin();
	if (!ret && request == ACALL_IOC_INFO && pretended_abi)
		((struct acall_info *)arg)->abi = pretended_abi;
	return ret;
}

/* A thread that runs @fn, and may block in it. */
struct thread {
	int (*fn)(struct thread *t);
	acall_t *call;
	__u64 id;
	__u64 value;
	struct acall_result result;
	pthread_barrier_t *barrier;	/* passed before @fn, if any */
	pthread_t thread;
	pid_t tid;
	int ret;
};

static inline void *thread_main(void *arg)
{
	struct thread *t = arg;

	__atomic_store_n(&t->tid, (pid_t)syscall(__NR_gettid),
			 __ATOMIC_RELEASE);
	if (t->barrier)
		pthread_barrier_wait(t->barrier);
	t->ret = t->fn(t);
	return NULL;
}

static inline int thread_start(struct thread *t)
{
	t->tid = 0;
	if (pthread_create(&t->thread, NULL, thread_main, t))
		return -EAGAIN;
	while (!__atomic_load_n(&t->tid, __ATOMIC_ACQUIRE))
		give_way();
	return 0;
}

/* Starts it and waits until it sleeps in @cmd. */
static inline int thread_block(struct thread *t, unsigned long cmd)
{
	return thread_start(t) ?:
	       wait_blocked(getpid(), t->tid, __NR_ioctl, cmd);
}

static inline int thread_signal(struct thread *t, int sig)
{
	return syscall(__NR_tgkill, getpid(), t->tid, sig) ? -errno : 0;
}

/* What the kernel knows of it may go a moment later than the thread. */
static inline int thread_join(struct thread *t)
{
	pthread_join(t->thread, NULL);
	while (!thread_signal(t, 0))
		give_way();
	return t->ret;
}

static inline int do_wait(struct thread *t)
{
	return acall_wait(t->call, ACALL_FOREVER);
}

static inline int do_finish(struct thread *t)
{
	return acall_finish(t->call, NULL, 0, &t->result);
}

static inline int do_cancel(struct thread *t)
{
	return acall_cancel(t->call, t->value);
}

/* Begins a method that meets its tester at @id, and waits until it runs. */
static inline int begin_at(acall_t *call, int ctl, __u32 method, __u64 id,
			   __s64 value)
{
	struct acall_test_arg arg = { .id = id, .value = value };
	int ret = acall_begin(call, method, &arg, sizeof(arg), NULL, 0, NULL);

	return ret ?: wait_starts(ctl, id, 1);
}

/* The same with a deadline and the like. */
static inline int begin_with(acall_t *call, int ctl, __u32 method, __u64 id,
			     const struct acall_options *options)
{
	struct acall_test_arg arg = { .id = id };
	int ret = acall_begin(call, method, &arg, sizeof(arg), NULL, 0,
			      options);

	return ret ?: wait_starts(ctl, id, 1);
}

/* The same with a method that takes a struct acall_test_custom. */
static inline int begin_custom(acall_t *call, int ctl, __u32 method,
			       const struct acall_test_custom *arg)
{
	int ret = acall_begin(call, method, arg, sizeof(*arg), NULL, 0, NULL);

	return ret ?: wait_starts(ctl, arg->id, 1);
}

/* Completes the custom call at @id. */
static inline int complete(int ctl, __u64 id)
{
	return ctl_op(ctl, ACALL_TEST_OP_COMPLETE, id, 0, NULL);
}

/*
 * Did an async cancel ask somebody? If the provider has stopped, or the grace
 * was over, before the cancel returned, it says so.
 */
static inline bool asked(int verdict)
{
	return verdict == ACALL_REQUESTED || verdict == ACALL_CANCELLED;
}

static inline acall_t *new_call(struct __test_metadata *_metadata,
				const char *interface)
{
	acall_t *call = NULL;

	ASSERT_EQ(0, acall_create(interface, 0, 0, &call));
	return call;
}

static inline enum acall_outcome outcome_of(acall_t *call, __s32 *status)
{
	struct acall_result result = { 0 };

	if (acall_finish(call, NULL, 0, &result))
		result.outcome = ACALL_OUTCOME_NONE;
	*status = result.status;
	return result.outcome;
}

static inline int begin_nop(acall_t *call)
{
	return acall_begin(call, ACALL_TEST_NOP, NULL, 0, NULL, 0, NULL);
}

#endif /* _SELFTESTS_LIB_UTIL_H */
