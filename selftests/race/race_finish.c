// SPDX-License-Identifier: GPL-2.0-only
/*
 * FINISH against FINISH [F5]: exactly one returns 0 and has the result, and the
 * result's files if there are any [F7]; the other says ESRCH and leaves no
 * descriptor behind. And NONBLOCK against the completion [F1].
 */
#include "race_util.h"

enum { FILES = 3 };

struct taker {
	char out[16];
	__s32 files[FILES];
	struct acall_finish f;
	int ret;
};

struct takers {
	int fd;
	int ctl;
	__u64 id;
	struct taker left;
	struct taker right;
};

static void take(int fd, struct taker *t)
{
	memset(t, 0, sizeof(*t));
	t->f.out = PTR(t->out);
	t->f.out_len = sizeof(t->out);
	t->f.files = PTR(t->files);
	t->f.nr_files = FILES;
	t->ret = sys_finish_struct(fd, &t->f);
}

static void take_left(void *arg)
{
	struct takers *x = arg;

	take(x->fd, &x->left);
}

static void take_right(void *arg)
{
	struct takers *x = arg;

	take(x->fd, &x->right);
}

/* Return: 0 if exactly one has won, and has it all. */
static int one_winner(struct takers *x, __u64 call_id, unsigned int files)
{
	struct taker *w = x->left.ret ? &x->right : &x->left;
	struct taker *l = x->left.ret ? &x->left : &x->right;
	unsigned int i;

	CHECK(w->ret == 0 && l->ret == -ESRCH);
	CHECK(w->f.call_id == call_id && w->f.nr_files == files);
	CHECK(!one_outcome(&w->f, 0));
	CHECK(w->f.outcome == ACALL_OUTCOME_COMPLETED);
	CHECK(state_of(x->fd) == ACALL_STATE_IDLE);
	for (i = 0; i < files; i++) {
		struct acall_test_file t;

		CHECK(read(w->files[i], &t, sizeof(t)) == sizeof(t));
		CHECK(t.id == x->id && t.index == i);
		CHECK(!close(w->files[i]));
	}
	return 0;
}

TEST_F(prov, F5_FINISH_and_FINISH)
{
	struct takers x = { .fd = self->fd, .ctl = self->ctl };
	struct race r = { .left = take_left, .right = take_right, .arg = &x };
	char in[16] = "the result";
	__u64 call_id;

	ASSERT_EQ(0, race_start(&r));
	while (race_more(&r)) {
		memcpy(in + 12, &r.rounds, sizeof(r.rounds));
		ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_ECHO, in,
				       sizeof(in), &call_id));
		/* Done before, or in the middle of it. */
		if (r.rounds & 1)
			ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
		race_round(&r);
		ASSERT_EQ(0, one_winner(&x, call_id, 0));
		ASSERT_EQ(0, memcmp(in, x.left.ret ? x.right.out : x.left.out,
				    sizeof(in)));
		ASSERT_EQ(0, nothing_lost(self->ctl, &self->before, 1));
		race_saw(&r, x.left.ret ? RIGHT_FIRST : LEFT_FIRST);
	}
	EXPECT_EQ(0, race_end(&r, "one", "the other"));
}

TEST_F(prov, F7_FINISH_and_FINISH_with_result_files)
{
	struct takers x = { .fd = self->fd, .ctl = self->ctl };
	struct race r = { .left = take_left, .right = take_right, .arg = &x,
			  .points = "FINISH 100 500" };
	struct acall_test_custom arg = { .files = FILES };
	int fds = count_fds();
	__u64 call_id;

	ASSERT_EQ(0, race_start(&r));
	while (race_more(&r)) {
		x.id = fresh_id();
		arg.id = x.id;
		ASSERT_EQ(0, sys_begin_custom(self->fd, ACALL_TEST_FILES, &arg,
					      &call_id));
		ASSERT_EQ(0, open_gate(self->ctl, x.id));
		ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
		race_round(&r);
		ASSERT_EQ(0, one_winner(&x, call_id, FILES));
		ASSERT_EQ(0, forget(self->ctl, x.id));
		ASSERT_EQ(0, nothing_lost(self->ctl, &self->before, 1));
		ASSERT_EQ(fds, count_fds());
		race_saw(&r, x.left.ret ? RIGHT_FIRST : LEFT_FIRST);
	}
	EXPECT_EQ(0, race_end(&r, "one", "the other"));
}

static void open_it(void *arg)
{
	struct takers *x = arg;

	x->right.ret = open_gate(x->ctl, x->id);
}

static void take_now(void *arg)
{
	struct takers *x = arg;

	x->left.ret = sys_finish_now(x->fd, &x->left.f);
}

TEST_F(prov, F1_FINISH_that_does_not_wait_and_completion)
{
	struct takers x = { .fd = self->fd, .ctl = self->ctl };
	struct race r = { .left = take_now, .right = open_it, .arg = &x };

	ASSERT_EQ(0, race_start(&r));
	while (race_more(&r)) {
		x.id = fresh_id();
		ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE,
				      x.id, NULL));
		race_round(&r);
		ASSERT_EQ(0, x.right.ret);
		race_saw(&r, x.left.ret ? LEFT_FIRST : RIGHT_FIRST);
		if (x.left.ret) {
			ASSERT_EQ(-EAGAIN, x.left.ret);
			ASSERT_EQ(0, sys_finish(self->fd, 0, &x.left.f));
		}
		ASSERT_EQ(0, one_outcome(&x.left.f, 0));
		ASSERT_EQ(-ESRCH, sys_finish_now(self->fd, &x.left.f));
		ASSERT_EQ(0, forget(self->ctl, x.id));
		ASSERT_EQ(0, nothing_lost(self->ctl, &self->before, 1));
	}
	EXPECT_EQ(0, race_end(&r, "FINISH", "completion"));
}

#include "acall_main.h"
