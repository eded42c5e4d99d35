// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_calls: calls of acall's "test" interface, by call objects. Those of the
 * call queue are in calls_queue.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/acall.h>
#include <linux/acall_test.h>

#include "calls.h"
#include "calls_acall.h"

#define CALLS		2048
#define CANCELLED	512
#define ASLEEP		128

struct client {
	const struct form *form;
	__u64 id;	/* of a gate that never opens */
	int holder;	/* its call has this user's share, -1 = needs none */
	int fds[];
};

void do_ioctl(int fd, unsigned long cmd, void *arg, const char *what)
{
	if (ioctl(fd, cmd, arg) < 0)
		die("%s: %s", what, strerror(errno));
}

int open_device(void)
{
	int dev = open("/dev/acall", O_RDWR | O_CLOEXEC);

	if (dev < 0)
		die("/dev/acall: %s (is the module loaded?)", strerror(errno));
	return dev;
}

static int open_object(const char *interface)
{
	struct acall_create create = { .size = sizeof(create) };
	int dev = open_device(), fd;

	memccpy(create.interface, interface, 0, sizeof(create.interface));
	fd = ioctl(dev, ACALL_IOC_CREATE, &create);
	if (fd < 0)
		die("CREATE of \"%s\": %s", interface, strerror(errno));
	close(dev);
	return fd;
}

static struct client *open_client(const struct form *form,
				  const char *interface)
{
	struct client *client = allocate(sizeof(*client) +
					 form->batch * sizeof(int));
	unsigned int i;

	client->form = form;
	client->id = getpid();
	client->holder = -1;
	for (i = 0; i < form->batch; i++)
		client->fds[i] = open_object(interface);
	return client;
}

static void *setup(const struct form *form)
{
	return open_client(form, ACALL_TEST_INTERFACE);
}

static void begin(int fd, __u32 method)
{
	struct acall_begin begin = {
		.size = sizeof(begin),
		.method = method,
	};

	do_ioctl(fd, ACALL_IOC_BEGIN, &begin, "BEGIN");
}

static void begin_asleep(int fd, __u64 id)
{
	struct acall_test_arg arg = { .id = id };
	struct acall_begin begin = {
		.size = sizeof(begin),
		.method = ACALL_TEST_COOP,
		.in = (uintptr_t)&arg,
		.in_len = sizeof(arg),
	};
	struct acall_query query = { .size = sizeof(query) };

	do_ioctl(fd, ACALL_IOC_BEGIN, &begin, "BEGIN");
	for (;;) {
		query.call_id = 0;
		do_ioctl(fd, ACALL_IOC_QUERY, &query, "QUERY");
		if (query.state == ACALL_STATE_RUNNING)
			break;
		if (query.state != ACALL_STATE_QUEUED)
			die("a call that is to wait has state %u", query.state);
		sched_yield();
	}
	settle();
}

static void finish(int fd, enum acall_outcome outcome, __s32 status)
{
	struct acall_finish finish = { .size = sizeof(finish) };

	do_ioctl(fd, ACALL_IOC_FINISH, &finish, "FINISH");
	if (finish.outcome != outcome || finish.status != status)
		die("outcome %u and status %d, not %u and %d", finish.outcome,
		    finish.status, outcome, status);
}

static void cancel(int fd)
{
	struct acall_cancel cancel = {
		.size = sizeof(cancel),
		.grace_ns = UINT64_MAX,
	};

	do_ioctl(fd, ACALL_IOC_CANCEL, &cancel, "CANCEL");
}

int hold_narrow(__u64 id)
{
	int holder = open_object(ACALL_TEST_NARROW);

	begin_asleep(holder, id);
	return holder;
}

void let_go_narrow(int holder)
{
	cancel(holder);
	finish(holder, ACALL_OUTCOME_STOPPED, -ECANCELED);
	close(holder);
}

static void *setup_narrow(const struct form *form)
{
	struct client *client = open_client(form, ACALL_TEST_NARROW);

	client->holder = hold_narrow(client->id);
	return client;
}

static void teardown(void *state)
{
	struct client *client = state;
	unsigned int i;

	for (i = 0; i < client->form->batch; i++)
		close(client->fds[i]);
	if (client->holder >= 0)
		let_go_narrow(client->holder);
	free(client);
}

void forget_meeting(__u64 id)
{
	struct acall_test_control control = {
		.op = ACALL_TEST_OP_FORGET,
		.id = id,
	};
	int fd = open("/dev/acall_test", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("/dev/acall_test: %s", strerror(errno));
	do_ioctl(fd, ACALL_TEST_IOC_CONTROL, &control, "FORGET");
	close(fd);
}

static void teardown_met(void *state)
{
	__u64 id = ((struct client *)state)->id;

	teardown(state);
	forget_meeting(id);
}

static __u64 run_call(void *state, unsigned int n)
{
	struct client *client = state;
	struct acall_call_args call = {
		.size = sizeof(call),
		.method = client->form->how,
	};
	__u64 start = units_now();

	for (; n; n--) {
		do_ioctl(client->fds[0], ACALL_IOC_CALL, &call, "CALL");
		if (call.outcome != ACALL_OUTCOME_COMPLETED || call.status)
			die("CALL: outcome %u, status %d", call.outcome,
			    call.status);
	}
	return units_since(start);
}

static __u64 run_begin_finish(void *state, unsigned int n)
{
	struct client *client = state;
	unsigned int batch = client->form->batch, i;
	__u64 start = units_now();

	for (; n; n -= batch) {
		for (i = 0; i < batch; i++)
			begin(client->fds[i], client->form->how);
		for (i = 0; i < batch; i++)
			finish(client->fds[i], ACALL_OUTCOME_COMPLETED, 0);
	}
	return units_since(start);
}

static __u64 run_cancel_queued(void *state, unsigned int n)
{
	struct client *client = state;
	unsigned int batch = client->form->batch, i;
	__u64 spent = 0, start;

	for (; n; n -= batch) {
		for (i = 0; i < batch; i++)
			begin(client->fds[i], ACALL_TEST_NOP);
		start = units_now();
		for (i = 0; i < batch; i++) {
			cancel(client->fds[i]);
			finish(client->fds[i], ACALL_OUTCOME_NEVER_STARTED,
			       -ECANCELED);
		}
		spent += units_since(start);
	}
	return spent;
}

static __u64 run_cancel_asleep(void *state, unsigned int n)
{
	struct client *client = state;
	__u64 spent = 0, start;

	for (; n; n--) {
		begin_asleep(client->fds[0], client->id);
		start = units_now();
		cancel(client->fds[0]);
		finish(client->fds[0], ACALL_OUTCOME_STOPPED, -ECANCELED);
		spent += units_since(start);
	}
	return spent;
}

const struct form acall_forms[] = {
	{ "call_short", "CALL of a short method",
	  1, CALLS, ACALL_TEST_BARE, setup, run_call, teardown, NULL },
	{ "call_worker", "CALL of a method for a worker",
	  1, CALLS, ACALL_TEST_NOP, setup, run_call, teardown, NULL },
	{ "begin_finish", "BEGIN, FINISH",
	  1, CALLS, ACALL_TEST_NOP, setup, run_begin_finish, teardown, NULL },
	{ "begin_finish_32", "32 BEGIN, 32 FINISH, on as many objects",
	  32, CALLS, ACALL_TEST_NOP, setup, run_begin_finish, teardown, NULL },
	{ "begin_finish_256", "256 BEGIN, 256 FINISH, on as many objects",
	  256, CALLS, ACALL_TEST_NOP, setup, run_begin_finish, teardown, NULL },
	{ "cancel_queued", "CANCEL of a queued call, FINISH",
	  1, CANCELLED, 0, setup_narrow, run_cancel_queued, teardown_met, NULL },
	{ "cancel_queued_64", "the same of 64 queued calls",
	  64, CANCELLED, 0, setup_narrow, run_cancel_queued, teardown_met, NULL },
	{ "cancel_asleep", "CANCEL of a call asleep in a worker, FINISH",
	  1, ASLEEP, 0, setup, run_cancel_asleep, teardown_met, NULL },
	{ }
};
