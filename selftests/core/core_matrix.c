// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every state of a call object x every event that can happen to it: what the
 * event answers, and in which state it leaves the object. One table; each cell
 * is set up anew, so no cell depends on another. And all of it again on an
 * object that was used before, while an orphan of its earlier call still runs:
 * that must make no difference.
 *
 * One test for each state, so that a broken cell is named by its column.
 */
#include "acall_util.h"

/* Where an object can be; DONE once for each outcome. */
enum place {
	IDLE,
	QUEUED,
	RUNNING,
	CANCELLING,
	COMPLETED,
	STOPPED,
	NEVER_STARTED,
	ABANDONED,
	NR_PLACES,
};

static const struct {
	__u32 state;
	__u32 outcome;
	short readiness;
} places[NR_PLACES] = {
	[IDLE]	= { ACALL_STATE_IDLE, ACALL_OUTCOME_NONE, POLLOUT },
	[QUEUED] = { ACALL_STATE_QUEUED, ACALL_OUTCOME_NONE, 0 },
	[RUNNING] = { ACALL_STATE_RUNNING, ACALL_OUTCOME_NONE, 0 },
	[CANCELLING] = { ACALL_STATE_CANCELLING, ACALL_OUTCOME_NONE, 0 },
	[COMPLETED] = { ACALL_STATE_DONE, ACALL_OUTCOME_COMPLETED, POLLIN },
	[STOPPED] = { ACALL_STATE_DONE, ACALL_OUTCOME_STOPPED, POLLIN },
	[NEVER_STARTED] = { ACALL_STATE_DONE, ACALL_OUTCOME_NEVER_STARTED,
			    POLLIN },
	[ABANDONED] = { ACALL_STATE_DONE, ACALL_OUTCOME_ABANDONED, POLLIN },
};

/* What can happen. The provider ignores cancels, but for STOPPED's own. */
enum event {
	BEGIN,
	BEGIN_BAD,		/* unknown method */
	BEGIN_LATER,		/* NO_CANCEL */
	WAIT_LOOK,
	WAIT_WRONG_ID,
	WAIT_SETTLED,
	WAIT_INTERRUPTED,	/* for ever, by a signal if it blocks */
	FINISH_NONBLOCK,
	FINISH_WRONG_ID,
	FINISH_EFAULT,
	FINISH_INTERRUPTED,	/* blocking, by a signal if it blocks */
	CANCEL,			/* 1 ns of grace */
	CANCEL_OWN_GRACE,	/* which is none: as ABANDON */
	CANCEL_NOWAIT,		/* with a grace that does not end */
	CANCEL_ABANDON,
	CANCEL_ESCALATE,
	CANCEL_ABANDON_GRACE,
	CANCEL_WRONG_ID,
	CANCEL_INTERRUPTED,	/* grace that does not end, by a signal */
	QUERY,
	QUERY_WRONG_ID,
	POLL,
	DUP_CLOSE,
	CALL,
	NR_EVENTS,
};

static const char * const event_names[] = {
	"BEGIN", "BEGIN_BAD", "BEGIN_LATER", "WAIT_LOOK", "WAIT_WRONG_ID",
	"WAIT_SETTLED", "WAIT_INTERRUPTED", "FINISH_NONBLOCK",
	"FINISH_WRONG_ID", "FINISH_EFAULT", "FINISH_INTERRUPTED", "CANCEL",
	"CANCEL_OWN_GRACE", "CANCEL_NOWAIT", "CANCEL_ABANDON",
	"CANCEL_ESCALATE", "CANCEL_ABANDON_GRACE", "CANCEL_WRONG_ID",
	"CANCEL_INTERRUPTED", "QUERY", "QUERY_WRONG_ID", "POLL", "DUP_CLOSE",
	"CALL",
};

struct cell {
	int ret;
	enum place then;
};

#define SAME	NR_PLACES	/* where it was */

#define NEVER_CHANGES							\
	[WAIT_WRONG_ID]		= { -ESRCH, SAME },			\
	[WAIT_SETTLED]		= { -EOPNOTSUPP, SAME },		\
	[FINISH_WRONG_ID]	= { -ESRCH, SAME },			\
	[CANCEL_ESCALATE]	= { -EOPNOTSUPP, SAME },		\
	[CANCEL_ABANDON_GRACE]	= { -EINVAL, SAME },			\
	[CANCEL_WRONG_ID]	= { -ESRCH, SAME },			\
	[QUERY]			= { 0, SAME },				\
	[QUERY_WRONG_ID]	= { -ESRCH, SAME },			\
	[POLL]			= { 0, SAME },				\
	[DUP_CLOSE]		= { 0, SAME },				\
	[CALL]			= { -EOPNOTSUPP, SAME }

#define BUSY								\
	[BEGIN]			= { -EBUSY, SAME },			\
	[BEGIN_BAD]		= { -EBUSY, SAME },			\
	[BEGIN_LATER]		= { -EBUSY, SAME }

#define NOT_READY							\
	[WAIT_LOOK]		= { -ETIMEDOUT, SAME },			\
	[WAIT_INTERRUPTED]	= { -EINTR, SAME },			\
	[FINISH_NONBLOCK]	= { -EAGAIN, SAME },			\
	[FINISH_EFAULT]		= { -EFAULT, SAME },			\
	[FINISH_INTERRUPTED]	= { -EINTR, SAME }

#define READY								\
	[WAIT_LOOK]		= { 0, SAME },				\
	[WAIT_INTERRUPTED]	= { 0, SAME },				\
	[FINISH_NONBLOCK]	= { 0, IDLE },				\
	[FINISH_EFAULT]		= { -EFAULT, SAME },			\
	[FINISH_INTERRUPTED]	= { 0, IDLE }

/* Whatever kind of cancel it is. */
#define EVERY_CANCEL(...)						\
	[CANCEL]		= { __VA_ARGS__ },			\
	[CANCEL_OWN_GRACE]	= { __VA_ARGS__ },			\
	[CANCEL_NOWAIT]		= { __VA_ARGS__ },			\
	[CANCEL_ABANDON]	= { __VA_ARGS__ },			\
	[CANCEL_INTERRUPTED]	= { __VA_ARGS__ }

static const struct cell table[NR_PLACES][NR_EVENTS] = {
	[IDLE] = {
		NEVER_CHANGES,
		[BEGIN]			= { 0, COMPLETED },
		[BEGIN_BAD]		= { -EINVAL, SAME },
		[BEGIN_LATER]		= { -EOPNOTSUPP, SAME },
		[WAIT_LOOK]		= { -ESRCH, SAME },
		[WAIT_INTERRUPTED]	= { -ESRCH, SAME },
		[FINISH_NONBLOCK]	= { -ESRCH, SAME },
		[FINISH_EFAULT]		= { -EFAULT, SAME },
		[FINISH_INTERRUPTED]	= { -ESRCH, SAME },
		EVERY_CANCEL(-ESRCH, SAME),
	},
	[QUEUED] = {
		NEVER_CHANGES, BUSY, NOT_READY,
		EVERY_CANCEL(0, NEVER_STARTED),
	},
	[RUNNING] = {
		NEVER_CHANGES, BUSY, NOT_READY,
		[CANCEL]		= { 0, ABANDONED },
		[CANCEL_OWN_GRACE]	= { 0, ABANDONED },
		[CANCEL_NOWAIT]		= { 0, CANCELLING },
		[CANCEL_ABANDON]	= { 0, ABANDONED },
		[CANCEL_INTERRUPTED]	= { -EINTR, CANCELLING },
	},
	[CANCELLING] = {
		NEVER_CHANGES, BUSY, NOT_READY,
		EVERY_CANCEL(-EALREADY, SAME),
	},
	[COMPLETED] = {
		NEVER_CHANGES, BUSY, READY,
		EVERY_CANCEL(-ESRCH, SAME),
	},
	[STOPPED] = {
		NEVER_CHANGES, BUSY, READY,
		EVERY_CANCEL(-EALREADY, SAME),
	},
	[NEVER_STARTED] = {
		NEVER_CHANGES, BUSY, READY,
		EVERY_CANCEL(-EALREADY, SAME),
	},
	[ABANDONED] = {
		NEVER_CHANGES, BUSY, READY,
		EVERY_CANCEL(-EALREADY, SAME),
	},
};

FIXTURE(matrix)
{
	FIXTURE_DATA(acall) base;
	int fd;
	int busy;	/* has this user's only slot, if @taken */
	bool taken;
};

FIXTURE_VARIANT(matrix)
{
	bool orphan;
};

FIXTURE_VARIANT_ADD(matrix, fresh)
{
	.orphan = false,
};

FIXTURE_VARIANT_ADD(matrix, reused_beside_an_orphan)
{
	.orphan = true,
};

FIXTURE_SETUP(matrix)
{
	acall_setup(_metadata, &self->base, NULL);
	signals_handled = 0;
	handle_signal(SIGUSR1, 0);
}

FIXTURE_TEARDOWN(matrix)
{
	acall_teardown(_metadata, &self->base, NULL);
}

/*
 * QUEUED needs the narrow interface, where an orphan would take the only slot:
 * there the orphan is what holds it.
 */
static int go_to(struct _test_data_matrix *m, enum place place, bool orphan,
		 __u64 *call_id)
{
	int ctl = m->base.ctl;
	bool queued = place == QUEUED || place == NEVER_STARTED;
	__u64 id = fresh_id();
	struct acall_cancel c;

	m->fd = sys_create(m->base.dev, queued ? ACALL_TEST_NARROW :
			   ACALL_TEST_INTERFACE);
	CHECK(m->fd >= 0);
	m->busy = -1;
	*call_id = 0;
	if (orphan) {
		CHECK(!make_orphan(m->fd, ctl, fresh_id()));
	} else if (queued) {
		m->busy = sys_create(m->base.dev, ACALL_TEST_NARROW);
		CHECK(!one_call(m->busy, ctl, ACALL_TEST_GATE, fresh_id(),
				NULL));
	}

	switch (place) {
	case QUEUED:
	case NEVER_STARTED:
		CHECK(!sys_begin_arg(m->fd, ACALL_TEST_GATE, id, 0, 0,
				     call_id));
		if (place == NEVER_STARTED)
			CHECK(!sys_cancel(m->fd, 0, 0, 0, &c));
		break;
	case RUNNING:
	case CANCELLING:
	case ABANDONED:
		CHECK(!one_call(m->fd, ctl, ACALL_TEST_GATE, id, call_id));
		if (place == CANCELLING)
			CHECK(!sys_cancel(m->fd, ACALL_CANCEL_NOWAIT, 0,
					  FOREVER, &c));
		if (place == ABANDONED)
			CHECK(!sys_abandon(m->fd));
		break;
	case COMPLETED:
		CHECK(!sys_begin(m->fd, ACALL_TEST_NOP, NULL, 0, call_id));
		CHECK(!sys_wait_until(m->fd, 0, FOREVER));
		break;
	case STOPPED:
		CHECK(!one_call(m->fd, ctl, ACALL_TEST_COOP, id, call_id));
		CHECK(!sys_cancel(m->fd, 0, 0, FOREVER, &c));
		break;
	default:
		break;
	}
	return 0;
}

/* An event that would block is interrupted; one that would not, is not. */
static int interrupted(struct actor *a, bool blocks)
{
	if (actor_start(a))
		return -ENOMEM;
	if (blocks) {
		if (actor_blocked(a))
			return -ETIMEDOUT;
		actor_signal(a, SIGUSR1);
	}
	return actor_join(a);
}

static int happen(int fd, enum event event, bool blocks, __u64 wrong_id)
{
	struct acall_begin b = { .size = sizeof(b), .method = ACALL_TEST_NOP };
	struct acall_wait w = { .size = sizeof(w) };
	struct actor a = { .fd = fd };
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query q;
	int ret, other;

	switch (event) {
	case BEGIN:
		ret = sys_begin_struct(fd, &b);
		return ret ?: sys_wait_until(fd, 0, FOREVER);
	case BEGIN_BAD:
		b.method = 999;
		return sys_begin_struct(fd, &b);
	case BEGIN_LATER:
		b.flags = ACALL_BEGIN_NO_CANCEL;
		return sys_begin_struct(fd, &b);
	case WAIT_LOOK:
		return sys_wait_until(fd, 0, 0);
	case WAIT_WRONG_ID:
		return sys_wait_until(fd, wrong_id, FOREVER);
	case WAIT_SETTLED:
		w.flags = ACALL_WAIT_SETTLED;
		return sys_ioctl(fd, ACALL_IOC_WAIT, &w);
	case WAIT_INTERRUPTED:
		a.act = ACT_WAIT;
		a.wait.until = FOREVER;
		return interrupted(&a, blocks);
	case FINISH_NONBLOCK:
		return sys_finish_now(fd, &f);
	case FINISH_WRONG_ID:
		return sys_finish(fd, wrong_id, &f);
	case FINISH_EFAULT:
		return sys_ioctl(fd, ACALL_IOC_FINISH, (void *)8);
	case FINISH_INTERRUPTED:
		a.act = ACT_FINISH;
		return interrupted(&a, blocks);
	case CANCEL:
		return sys_cancel(fd, 0, 0, 1, &c);
	case CANCEL_OWN_GRACE:
		return sys_cancel(fd, 0, 0, 0, &c);
	case CANCEL_NOWAIT:
		return sys_cancel(fd, ACALL_CANCEL_NOWAIT, 0, FOREVER, &c);
	case CANCEL_ABANDON:
		return sys_cancel(fd, ACALL_CANCEL_ABANDON, 0, 0, &c);
	case CANCEL_ESCALATE:
		return sys_cancel(fd, ACALL_CANCEL_ESCALATE, 0, 0, &c);
	case CANCEL_ABANDON_GRACE:
		return sys_cancel(fd, ACALL_CANCEL_ABANDON, 0, 1, &c);
	case CANCEL_WRONG_ID:
		return sys_cancel(fd, 0, wrong_id, FOREVER, &c);
	case CANCEL_INTERRUPTED:
		a.act = ACT_CANCEL;
		a.cancel.grace_ns = FOREVER;
		return interrupted(&a, blocks);
	case QUERY:
		return sys_query(fd, 0, &q);
	case QUERY_WRONG_ID:
		return sys_query(fd, wrong_id, &q);
	case POLL:
		ret = readiness(fd);
		return ret < 0 ? ret : 0;
	case DUP_CLOSE:
		other = dup(fd);
		return other < 0 ? -errno : close(other);
	case CALL:
		return sys_ioctl(fd, ACALL_IOC_CALL, &f);
	default:
		return -EINVAL;
	}
}

static int is_at(int fd, enum place place, __u64 call_id, unsigned int orphans)
{
	struct acall_query q;

	CHECK(!sys_query(fd, 0, &q));
	CHECK(q.state == places[place].state);
	CHECK(q.outcome == places[place].outcome);
	CHECK(readiness(fd) == places[place].readiness);
	CHECK(place == IDLE ? !q.call_id :
	      call_id ? q.call_id == call_id : q.call_id);
	CHECK(q.orphans == orphans);
	return 0;
}

/* One cell: there, the event, where then; and back to nothing. */
static int cell(struct _test_data_matrix *m, enum place from, enum event event,
		bool orphan)
{
	const struct cell *want = &table[from][event];
	enum place to = want->then == SAME ? from : want->then;
	unsigned int orphans = orphan;
	__u64 call_id;
	int ret;

	CHECK(!go_to(m, from, orphan, &call_id));
	CHECK(!is_at(m->fd, from, call_id, orphans + (from == ABANDONED)));
	ret = happen(m->fd, event, want->ret == -EINTR, call_id + 12345);
	if (ret != want->ret)
		fprintf(stderr, "# answers %d, not %d\n", ret, want->ret);
	CHECK(ret == want->ret);
	/* NOWAIT of a queued call: it is not in the queue, and soon DONE. */
	if (places[to].state == ACALL_STATE_DONE)
		CHECK(!sys_wait_until(m->fd, 0, FOREVER));
	/* An abandoned call's execution is an orphan, finished or not. */
	CHECK(!is_at(m->fd, to, call_id, orphans + (from == ABANDONED ||
						    to == ABANDONED)));
	close(m->fd);
	close(m->busy);
	CHECK(!forget(m->base.ctl, 0));
	CHECK(!wait_counter("calls", 0));
	return 0;
}

static unsigned int column(struct _test_data_matrix *m, enum place from,
			   bool orphan)
{
	unsigned int event, wrong = 0;

	for (event = 0; event < NR_EVENTS; event++) {
		if (!cell(m, from, event, orphan))
			continue;
		fprintf(stderr, "# in the cell of %s\n", event_names[event]);
		wrong++;
		close(m->fd);
		close(m->busy);
		forget(m->base.ctl, 0);
	}
	return wrong;
}

TEST_F(matrix, events_while_IDLE)
{
	EXPECT_EQ(0, column(self, IDLE, variant->orphan));
}

TEST_F(matrix, events_while_QUEUED)
{
	EXPECT_EQ(0, column(self, QUEUED, variant->orphan));
}

TEST_F(matrix, events_while_RUNNING)
{
	EXPECT_EQ(0, column(self, RUNNING, variant->orphan));
}

TEST_F(matrix, events_while_CANCELLING)
{
	EXPECT_EQ(0, column(self, CANCELLING, variant->orphan));
}

TEST_F(matrix, events_while_DONE_COMPLETED)
{
	EXPECT_EQ(0, column(self, COMPLETED, variant->orphan));
}

TEST_F(matrix, events_while_DONE_STOPPED)
{
	EXPECT_EQ(0, column(self, STOPPED, variant->orphan));
}

TEST_F(matrix, events_while_DONE_NEVER_STARTED)
{
	EXPECT_EQ(0, column(self, NEVER_STARTED, variant->orphan));
}

TEST_F(matrix, events_while_DONE_ABANDONED)
{
	EXPECT_EQ(0, column(self, ABANDONED, variant->orphan));
}

/* The event that ends every state, and is seen by nobody but the counters. */
TEST_F(matrix, close_in_every_state)
{
	enum place place;
	__u64 call_id;

	for (place = 0; place < NR_PLACES; place++) {
		ASSERT_EQ(0, go_to(self, place, variant->orphan, &call_id));
		ASSERT_EQ(0, close(self->fd));
		close(self->busy);
		ASSERT_EQ(0, forget(self->base.ctl, 0));
		EXPECT_EQ(0, wait_counter("objects", 1));
		EXPECT_EQ(0, wait_counter("calls", 0));
		EXPECT_EQ(0, wait_counter("executions", 0));
	}
}

/* FINISH, blocking, from everywhere a call is: its end comes meanwhile. */
TEST_F(matrix, a_blocking_FINISH_from_every_state)
{
	static const __u32 outcomes[NR_PLACES] = {
		[QUEUED] = ACALL_OUTCOME_COMPLETED,
		[RUNNING] = ACALL_OUTCOME_COMPLETED,
		[CANCELLING] = ACALL_OUTCOME_COMPLETED,
		[COMPLETED] = ACALL_OUTCOME_COMPLETED,
		[STOPPED] = ACALL_OUTCOME_STOPPED,
		[NEVER_STARTED] = ACALL_OUTCOME_NEVER_STARTED,
		[ABANDONED] = ACALL_OUTCOME_ABANDONED,
	};
	enum place place;
	struct actor a;
	__u64 call_id;

	for (place = QUEUED; place < NR_PLACES; place++) {
		ASSERT_EQ(0, go_to(self, place, variant->orphan, &call_id));
		a = (struct actor) { .act = ACT_FINISH, .fd = self->fd };
		ASSERT_EQ(0, actor_start(&a));
		if (places[place].state != ACALL_STATE_DONE)
			ASSERT_EQ(0, actor_blocked(&a));
		/* Every gate opens: what is queued starts and ends too. */
		ASSERT_EQ(0, forget(self->base.ctl, 0));
		EXPECT_EQ(0, actor_join(&a));
		EXPECT_EQ(call_id, a.finish.call_id);
		EXPECT_EQ(outcomes[place], a.finish.outcome);
		EXPECT_EQ(outcomes[place] == ACALL_OUTCOME_COMPLETED ?
			  0 : -ECANCELED, a.finish.status);
		EXPECT_EQ(POLLOUT, readiness(self->fd));
		close(self->fd);
		close(self->busy);
		EXPECT_EQ(0, wait_counter("calls", 0));
	}
}

#include "acall_main.h"
