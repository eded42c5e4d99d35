// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sleeper against who finishes its call and begins the next on the same object
 * [W5]. It answers for the call that it named: done in time, or ESRCH; it never
 * sleeps on, takes or cancels the next one, which does not end. One that does
 * hangs, and the test with it.
 */
#include "race_util.h"

struct meet {
	int fd;
	int ctl;
	struct actor a;
	__u64 id;
	__u64 call_id;
	__u64 next_id;
	__u64 next_call_id;
	struct acall_finish f;
	int finished;
	int begun;
};

static void sleep_for_it(void *arg)
{
	struct meet *m = arg;

	m->a.ret = actor_act(&m->a);
}

static void finish_and_begin(void *arg)
{
	struct meet *m = arg;

	m->finished = open_gate(m->ctl, m->id) ?:
		      sys_finish(m->fd, m->call_id, &m->f);
	/* Whoever has finished it, the object is idle (F6). */
	m->begun = sys_begin_arg(m->fd, ACALL_TEST_GATE, m->next_id, 0, 0,
				 &m->next_call_id);
}

static struct actor sleeper(enum act act, const struct meet *m)
{
	return (struct actor) {
		.act = act, .fd = m->fd,
		.wait = { .size = sizeof(struct acall_wait),
			  .call_id = m->call_id, .until = FOREVER },
		.finish = { .size = sizeof(struct acall_finish),
			    .call_id = m->call_id },
		.cancel = { .size = sizeof(struct acall_cancel),
			    .call_id = m->call_id, .grace_ns = FOREVER },
	};
}

/* The next call, which nobody may have touched, becomes the one. */
static int go_on(struct meet *m)
{
	struct acall_query q;

	CHECK(!m->begun);
	CHECK(!sys_query(m->fd, m->next_call_id, &q));
	CHECK(q.state == ACALL_STATE_QUEUED || q.state == RUNNING);
	CHECK(!q.cancel_ns && q.reason == ACALL_REASON_NONE && !q.orphans);
	CHECK(!wait_starts(m->ctl, m->next_id, 1));
	CHECK(!forget(m->ctl, m->id));
	CHECK(!wait_counter("executions", 1) && !wait_counter("calls", 1));
	m->id = m->next_id;
	m->call_id = m->next_call_id;
	return 0;
}

static enum order judge(const struct meet *m)
{
	switch (m->a.act) {
	case ACT_CANCEL:
		/* gate ends with a result of its own: was it asked at all? */
		return m->f.cancel_ns ? LEFT_FIRST : RIGHT_FIRST;
	default:
		return m->a.ret ? RIGHT_FIRST : LEFT_FIRST;
	}
}

static int fits(const struct meet *m)
{
	switch (m->a.act) {
	case ACT_WAIT:
		CHECK(!m->finished);
		CHECK(m->a.ret == 0 || m->a.ret == -ESRCH);
		break;
	case ACT_FINISH:
		/* Exactly one of both. */
		CHECK(m->a.ret == (m->finished ? 0 : -ESRCH));
		CHECK(m->finished == 0 || m->finished == -ESRCH);
		CHECK(m->a.ret || m->a.finish.call_id == m->call_id);
		break;
	default:
		CHECK(!m->finished && m->a.ret == -ESRCH);
		CHECK(m->f.outcome == ACALL_OUTCOME_COMPLETED);
		break;
	}
	return 0;
}

static int race(struct _test_data_prov *self, enum act act, const char *points)
{
	struct meet m = { .fd = self->fd, .ctl = self->ctl };
	struct race r = { .left = sleep_for_it, .right = finish_and_begin,
			  .arg = &m, .points = points };

	m.id = fresh_id();
	CHECK(!race_start(&r));
	CHECK(!one_call(m.fd, m.ctl, ACALL_TEST_GATE, m.id, &m.call_id));
	while (race_more(&r)) {
		m.next_id = fresh_id();
		m.a = sleeper(act, &m);
		race_round(&r);
		CHECK(!fits(&m));
		CHECK(!go_on(&m));
		race_saw(&r, judge(&m));
	}
	CHECK(!open_gate(m.ctl, m.id));
	CHECK(!sys_finish(m.fd, m.call_id, &m.f));
	CHECK(!forget(m.ctl, m.id));
	CHECK(!nothing_lost(m.ctl, &self->before, 1));
	return race_end(&r, "sleeper", "FINISH");
}

TEST_F(prov, W5_WAIT_and_FINISH_then_BEGIN)
{
	EXPECT_EQ(0, race(self, ACT_WAIT, "WAIT 300 500"));
}

TEST_F(prov, W5_FINISH_and_FINISH_then_BEGIN)
{
	EXPECT_EQ(0, race(self, ACT_FINISH, "FINISH 300 500"));
}

TEST_F(prov, W5_CANCEL_and_FINISH_then_BEGIN)
{
	EXPECT_EQ(0, race(self, ACT_CANCEL, "GET_CALL 300 300"));
}

#include "acall_main.h"
