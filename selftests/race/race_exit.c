// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a process that has a call pending, against the end of the call [C4,
 * S1]: it exits, is killed, or is killed in FINISH or CALL. Who was first is what
 * the method has seen. Nothing of it is left either way.
 */
#include "race_util.h"

enum how { EXITS, KILLED, KILLED_IN_FINISH, KILLED_IN_CALL };

/* In memory that parent and child share. */
struct victim {
	int ctl;
	int dev;
	enum how how;
	__u32 method;
	__u64 id;
	unsigned int go;	/* the child may exit */
	unsigned int ready;
	int error;
	pid_t pid;
	int ret;
};

static int victim_main(void *arg)
{
	struct victim *x = arg;
	struct acall_test_custom custom = {
		.id = x->id, .flags = ACALL_TEST_HOOK_COMPLETES,
	};
	struct acall_test_arg plain = { .id = x->id };
	bool is_plain = x->method == ACALL_TEST_COOP;
	void *in = is_plain ? (void *)&plain : (void *)&custom;
	size_t len = is_plain ? sizeof(plain) : sizeof(custom);
	struct acall_call_args args;
	struct acall_finish f;
	int fd;

	fd = sys_create(x->dev, ACALL_TEST_INTERFACE);
	if (fd >= 0 && x->how != KILLED_IN_CALL)
		x->error = sys_begin(fd, x->method, in, len, NULL);
	else if (fd < 0)
		x->error = fd;
	__atomic_store_n(&x->ready, 1, __ATOMIC_RELEASE);
	switch (x->how) {
	case EXITS:
		race_meet(&x->go, 1);
		break;
	case KILLED:
		pause();
		break;
	case KILLED_IN_FINISH:
		sys_finish(fd, 0, &f);
		break;
	case KILLED_IN_CALL:
		sys_call(fd, x->method, in, len, &args);
		break;
	}
	return 0;
}

static void end_process(void *arg)
{
	struct victim *x = arg;

	if (x->how == EXITS)
		__atomic_store_n(&x->go, 1, __ATOMIC_RELEASE);
	else
		kill(x->pid, SIGKILL);
}

static void end_call_of(void *arg)
{
	struct victim *x = arg;

	x->ret = is_custom(x->method) ? complete_once(x->ctl, x->id, 0) :
					open_gate(x->ctl, x->id);
}

static int race(struct _test_data_prov *self, enum how how, __u32 method)
{
	struct victim *x = mmap(NULL, sizeof(*x), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct race r = { .left = end_process, .right = end_call_of };
	__u64 seen;

	CHECK(x != MAP_FAILED);
	r.arg = x;
	x->ctl = self->ctl;
	x->dev = self->dev;
	x->how = how;
	x->method = method;
	CHECK(!race_start(&r));
	while (race_more(&r)) {
		x->id = fresh_id();
		x->go = 0;
		x->ready = 0;
		x->pid = child_start(victim_main, x);
		CHECK(x->pid > 0);
		race_meet(&x->ready, 1);
		CHECK(!x->error);
		CHECK(!wait_starts(x->ctl, x->id, 1));
		race_round(&r);
		child_join(x->pid);
		CHECK(!wait_ends(x->ctl, x->id, is_custom(method) ? 0 : 1));
		CHECK(!wait_counter("executions", 0));
		seen = ctl_get(x->ctl, x->id).seen;
		CHECK(seen <= 1);
		CHECK(!forget(x->ctl, x->id));
		CHECK(!nothing_lost(x->ctl, &self->before, 1));
		race_saw(&r, seen ? LEFT_FIRST : RIGHT_FIRST);
	}
	munmap(x, sizeof(*x));
	return race_end(&r, "process", "call");
}

TEST_F(prov, C4_exit_and_the_return_of_run)
{
	EXPECT_EQ(0, race(self, EXITS, ACALL_TEST_COOP));
}

TEST_F(prov, C4_exit_and_a_completion)
{
	EXPECT_EQ(0, race(self, EXITS, ACALL_TEST_PARK));
}

TEST_F(prov, C4_a_kill_and_the_return_of_run)
{
	EXPECT_EQ(0, race(self, KILLED, ACALL_TEST_COOP));
}

TEST_F(prov, C4_a_kill_in_FINISH_and_a_completion)
{
	EXPECT_EQ(0, race(self, KILLED_IN_FINISH, ACALL_TEST_PARK_SLEEPABLE));
}

TEST_F(prov, S1_a_kill_in_CALL_and_the_return_of_run)
{
	EXPECT_EQ(0, race(self, KILLED_IN_CALL, ACALL_TEST_COOP));
}

TEST_F(prov, S1_a_kill_in_CALL_and_a_completion)
{
	EXPECT_EQ(0, race(self, KILLED_IN_CALL, ACALL_TEST_PARK));
}

#include "acall_main.h"
