// SPDX-License-Identifier: GPL-2.0-only
/*
 * What makes a close the last one [C3, C4]: dup, SCM_RIGHTS and an ioctl against
 * close of the same descriptor. If there is another reference the call runs on,
 * unasked; if not it is cancelled, exactly once.
 */
#include "race_util.h"

struct sharing {
	int ctl;
	int fd;
	__u64 id;
	int sock[2];
	int ret;
};

static void close_it(void *arg)
{
	close(((struct sharing *)arg)->fd);
}

static void dup_it(void *arg)
{
	struct sharing *x = arg;

	x->ret = fcntl(x->fd, F_DUPFD_CLOEXEC, 0);
	if (x->ret < 0)
		x->ret = -errno;
}

static void pass_it(void *arg)
{
	struct sharing *x = arg;

	x->ret = pass_fd(x->sock[1], x->fd);
}

static void peek(void *arg)
{
	struct sharing *x = arg;

	x->ret = sys_wait_until(x->fd, 0, 0);
}

/* @x->ret is a descriptor: the call knows nothing of the close. */
static int runs_on(const struct sharing *x)
{
	struct acall_finish f;
	struct acall_query q;

	CHECK(!sys_query(x->ret, 0, &q));
	CHECK(q.state == RUNNING && q.reason == ACALL_REASON_NONE);
	CHECK(!ctl_get(x->ctl, x->id).seen);
	CHECK(!open_gate(x->ctl, x->id));
	CHECK(!sys_finish(x->ret, 0, &f));
	CHECK(f.outcome == ACALL_OUTCOME_COMPLETED);
	CHECK(!close(x->ret));
	return 0;
}

static int race(struct _test_data_prov *self, void (*share)(void *arg))
{
	struct sharing x = { .ctl = self->ctl };
	struct race r = { .left = share, .right = close_it, .arg = &x };
	bool shared;

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, x.sock));
	CHECK(!race_start(&r));
	while (race_more(&r)) {
		x.id = fresh_id();
		x.fd = sys_create(self->dev, ACALL_TEST_INTERFACE);
		CHECK(x.fd >= 0);
		CHECK(!one_call(x.fd, x.ctl, ACALL_TEST_COOP, x.id, NULL));
		race_round(&r);
		shared = x.ret >= 0;
		CHECK(shared || x.ret == -EBADF ||
		      (share == peek && x.ret == -ETIMEDOUT));
		if (share == peek) {
			/* Inside it was a reference, and then the last. */
			shared = x.ret == -ETIMEDOUT;
		} else if (shared) {
			if (share == pass_it)
				x.ret = take_fd(x.sock[0]);
			CHECK(x.ret >= 0);
			CHECK(!runs_on(&x));
		}
		if (!shared || share == peek) {
			CHECK(!wait_ends(x.ctl, x.id, 1));
			CHECK(ctl_get(x.ctl, x.id).seen == 1);
		}
		CHECK(!forget(x.ctl, x.id));
		CHECK(!nothing_lost(x.ctl, &self->before, 1));
		race_saw(&r, shared ? LEFT_FIRST : RIGHT_FIRST);
	}
	close(x.sock[0]);
	close(x.sock[1]);
	return race_end(&r, "share", "close");
}

TEST_F(prov, C4_dup_and_close)
{
	EXPECT_EQ(0, race(self, dup_it));
}

TEST_F(prov, C4_SCM_RIGHTS_and_close)
{
	EXPECT_EQ(0, race(self, pass_it));
}

TEST_F(prov, C4_an_ioctl_and_close)
{
	EXPECT_EQ(0, race(self, peek));
}

#include "acall_main.h"
