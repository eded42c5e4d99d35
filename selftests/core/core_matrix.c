// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every state of a call object x every event that can happen to it: what the
 * event answers, and in which state it leaves the object. Each cell is set up
 * anew, so no cell depends on another. And all of it again on an object that was
 * used before, while an orphan of its earlier call still runs, which must make
 * no difference; and with calls begun with NO_CANCEL, which only the
 * administrator cancels.
 *
 * What a cancel does is in one table, module/state.c, compiled into this test: the
 * expectations of those cells are read from it. In a kernel tree, where that file
 * is not beside this one, those cells are left to the other tests. The rest is in
 * the table here.
 *
 * One test for each state, so that a broken cell is named by its column.
 */
#include "acall_more.h"

#if __has_include("../../module/state.c")
#include "../../module/state.c"
#define HAVE_TABLE	1
#else
#define HAVE_TABLE	0
#endif

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
	BEGIN_NO_CANCEL,
	BEGIN_LATE,		/* its deadline is past */
	CALL,
	CALL_LATE,
	WAIT_LOOK,
	WAIT_WRONG_ID,
	WAIT_INTERRUPTED,	/* for ever, by a signal if it blocks */
	SETTLED_LOOK,
	SETTLED_WRONG_ID,
	SETTLED_INTERRUPTED,
	FINISH_NONBLOCK,
	FINISH_WRONG_ID,
	FINISH_EFAULT,
	FINISH_INTERRUPTED,	/* blocking, by a signal if it blocks */
	CANCEL_ABANDON_GRACE,
	CANCEL_WRONG_ID,
	CANCEL_ID_WRONG_ID,
	QUERY,
	QUERY_WRONG_ID,
	POLL,
	LIST,
	DUP_CLOSE,
	/* From here on as module/state.c says. */
	CANCEL,			/* 1 ns of grace */
	CANCEL_OWN_GRACE,	/* which is none: as ABANDON */
	CANCEL_NOWAIT,		/* with a grace that does not end */
	CANCEL_ABANDON,
	CANCEL_INTERRUPTED,	/* grace that does not end, by a signal */
	CANCEL_ID,		/* the administrator's, 1 ns of grace */
	CANCEL_ID_NOWAIT,
	CANCEL_ID_ABANDON,
	ESCALATE,		/* 1 ns of grace */
	ESCALATE_NOWAIT,	/* with a grace that does not end */
	ESCALATE_ABANDON,
	ESCALATE_ID,
	NR_EVENTS,
};

#define FROM_STATE_C	CANCEL

static const char * const event_names[] = {
	"BEGIN", "BEGIN_BAD", "BEGIN_NO_CANCEL", "BEGIN_LATE", "CALL",
	"CALL_LATE", "WAIT_LOOK", "WAIT_WRONG_ID", "WAIT_INTERRUPTED",
	"SETTLED_LOOK", "SETTLED_WRONG_ID", "SETTLED_INTERRUPTED",
	"FINISH_NONBLOCK", "FINISH_WRONG_ID", "FINISH_EFAULT",
	"FINISH_INTERRUPTED", "CANCEL_ABANDON_GRACE", "CANCEL_WRONG_ID",
	"CANCEL_ID_WRONG_ID", "QUERY", "QUERY_WRONG_ID", "POLL", "LIST",
	"DUP_CLOSE", "CANCEL", "CANCEL_OWN_GRACE", "CANCEL_NOWAIT",
	"CANCEL_ABANDON", "CANCEL_INTERRUPTED", "CANCEL_ID",
	"CANCEL_ID_NOWAIT", "CANCEL_ID_ABANDON", "ESCALATE",
	"ESCALATE_NOWAIT", "ESCALATE_ABANDON", "ESCALATE_ID",
};

struct cell {
	int ret;
	enum place then;
};

#define SAME	NR_PLACES	/* where it was */

#define NEVER_CHANGES							\
	[WAIT_WRONG_ID]		= { -ESRCH, SAME },			\
	[SETTLED_WRONG_ID]	= { 0, SAME },				\
	[FINISH_WRONG_ID]	= { -ESRCH, SAME },			\
	[CANCEL_ABANDON_GRACE]	= { -EINVAL, SAME },			\
	[CANCEL_WRONG_ID]	= { -ESRCH, SAME },			\
	[CANCEL_ID_WRONG_ID]	= { -ESRCH, SAME },			\
	[QUERY]			= { 0, SAME },				\
	[QUERY_WRONG_ID]	= { -ESRCH, SAME },			\
	[POLL]			= { 0, SAME },				\
	[LIST]			= { 0, SAME },				\
	[DUP_CLOSE]		= { 0, SAME }

#define BUSY								\
	[BEGIN]			= { -EBUSY, SAME },			\
	[BEGIN_BAD]		= { -EBUSY, SAME },			\
	[BEGIN_NO_CANCEL]	= { -EBUSY, SAME },			\
	[BEGIN_LATE]		= { -EBUSY, SAME },			\
	[CALL]			= { -EBUSY, SAME },			\
	[CALL_LATE]		= { -EBUSY, SAME }

#define RUNS								\
	[SETTLED_LOOK]		= { -ETIMEDOUT, SAME },			\
	[SETTLED_INTERRUPTED]	= { -EINTR, SAME }

/* Unless there is an orphan; see expected(). */
#define ENDED								\
	[SETTLED_LOOK]		= { 0, SAME },				\
	[SETTLED_INTERRUPTED]	= { 0, SAME }

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

static const struct cell table[NR_PLACES][FROM_STATE_C] = {
	[IDLE] = {
		NEVER_CHANGES, ENDED,
		[BEGIN]			= { 0, COMPLETED },
		[BEGIN_BAD]		= { -EINVAL, SAME },
		[BEGIN_NO_CANCEL]	= { 0, COMPLETED },
		[BEGIN_LATE]		= { 0, NEVER_STARTED },
		[CALL]			= { 0, SAME },
		[CALL_LATE]		= { 0, SAME },
		[WAIT_LOOK]		= { -ESRCH, SAME },
		[WAIT_INTERRUPTED]	= { -ESRCH, SAME },
		[FINISH_NONBLOCK]	= { -ESRCH, SAME },
		[FINISH_EFAULT]		= { -EFAULT, SAME },
		[FINISH_INTERRUPTED]	= { -ESRCH, SAME },
	},
	[QUEUED]	= { NEVER_CHANGES, BUSY, NOT_READY, RUNS },
	[RUNNING]	= { NEVER_CHANGES, BUSY, NOT_READY, RUNS },
	[CANCELLING]	= { NEVER_CHANGES, BUSY, NOT_READY, RUNS },
	[COMPLETED]	= { NEVER_CHANGES, BUSY, READY, ENDED },
	[STOPPED]	= { NEVER_CHANGES, BUSY, READY, ENDED },
	[NEVER_STARTED]	= { NEVER_CHANGES, BUSY, READY, ENDED },
	[ABANDONED]	= { NEVER_CHANGES, BUSY, READY, RUNS },
};

#if HAVE_TABLE
static const enum acall_phase phases[NR_PLACES] = {
	[QUEUED] = ACALL_PHASE_QUEUED,
	[RUNNING] = ACALL_PHASE_RUNNING,
	[CANCELLING] = ACALL_PHASE_CANCELLING,
	[COMPLETED] = ACALL_PHASE_COMPLETED,
	[STOPPED] = ACALL_PHASE_STOPPED,
	[NEVER_STARTED] = ACALL_PHASE_NEVER_STARTED,
	[ABANDONED] = ACALL_PHASE_ABANDONED,
};

/* The state word of a call that has come to @place. */
static __u32 word_at(enum place place, bool no_cancel)
{
	__u32 word = phases[place];

	if (no_cancel)
		word |= ACALL_WORD_NO_CANCEL;
	if (place != QUEUED && place != RUNNING && place != COMPLETED)
		word |= (no_cancel ? ACALL_REASON_ADMIN : ACALL_REASON_CLIENT)
			<< ACALL_WORD_REASON_SHIFT;
	if (place == COMPLETED || place == STOPPED || place == NEVER_STARTED)
		word |= ACALL_WORD_ENDED;
	return word;
}

static enum place place_of(__u32 word)
{
	enum place place;

	for (place = QUEUED; place < NR_PLACES; place++)
		if (phases[place] == acall_word_phase(word))
			return place;
	return IDLE;
}

static bool waits_for_ever(enum event event)
{
	return event == CANCEL_NOWAIT || event == CANCEL_ID_NOWAIT ||
	       event == ESCALATE_NOWAIT || event == CANCEL_INTERRUPTED;
}

/* What the cancel @event does to a call at @from. */
static struct cell cancelled(enum place from, enum event event, bool no_cancel)
{
	bool admin = event == CANCEL_ID || event == CANCEL_ID_NOWAIT ||
		     event == CANCEL_ID_ABANDON || event == ESCALATE_ID;
	bool escalate = event >= ESCALATE;
	bool abandon = event == CANCEL_OWN_GRACE || event == CANCEL_ABANDON ||
		       event == CANCEL_ID_ABANDON || event == ESCALATE_ABANDON;
	enum acall_reason by = admin ? ACALL_REASON_ADMIN :
			       ACALL_REASON_CLIENT;
	__u32 word = word_at(from, no_cancel);

	switch (acall_state_next(word, abandon ? ACALL_EVENT_ABANDON :
				 ACALL_EVENT_CANCEL, by, &word)) {
	case ACALL_TOO_LATE:
		return (struct cell) { -ESRCH, SAME };
	case ACALL_FORBIDDEN:
		return (struct cell) { -EPERM, SAME };
	case ACALL_UNSUPPORTED:
		return (struct cell) { -EOPNOTSUPP, SAME };
	case ACALL_ALREADY:
		if (!escalate)
			return (struct cell) { -EALREADY, SAME };
		if (acall_word_done(word))
			return (struct cell) { 0, SAME };
		/* It would end a grace that it did not begin (B6). */
		if (no_cancel && !admin)
			return (struct cell) { -EPERM, SAME };
		break;
	case ACALL_MADE:
		break;
	default:
		return (struct cell) { -EPROTO, SAME };
	}
	/* What follows by itself: the files are dropped, the grace is over. */
	if (acall_word_phase(word) == ACALL_PHASE_DEQUEUED)
		acall_state_next(word, ACALL_EVENT_SETTLE, ACALL_REASON_NONE,
				 &word);
	else if (!acall_word_done(word) && !waits_for_ever(event))
		acall_state_next(word, ACALL_EVENT_EXPIRE, ACALL_REASON_NONE,
				 &word);
	return (struct cell) {
		event == CANCEL_INTERRUPTED && !acall_word_done(word) ?
			-EINTR : 0, place_of(word),
	};
}
#else
static struct cell cancelled(enum place from, enum event event, bool no_cancel)
{
	return (struct cell) { -EPROTO, SAME };
}
#endif

static struct cell expected(enum place from, enum event event, bool orphan,
			    bool no_cancel)
{
	struct cell cell;

	if (event >= FROM_STATE_C)
		return from == IDLE ? (struct cell) { -ESRCH, SAME } :
		       cancelled(from, event, no_cancel);
	cell = table[from][event];
	if (orphan && event == SETTLED_LOOK)
		cell.ret = -ETIMEDOUT;
	if (orphan && event == SETTLED_INTERRUPTED)
		cell.ret = -EINTR;
	return cell;
}

FIXTURE(matrix)
{
	FIXTURE_DATA(acall) base;
	int fd;
	int busy;	/* has this user's only slot */
	bool orphan;
	bool no_cancel;
};

FIXTURE_VARIANT(matrix)
{
	bool orphan;
	bool no_cancel;
};

FIXTURE_VARIANT_ADD(matrix, fresh)
{
	.orphan = false,
};

FIXTURE_VARIANT_ADD(matrix, reused_beside_an_orphan)
{
	.orphan = true,
};

FIXTURE_VARIANT_ADD(matrix, begun_with_NO_CANCEL)
{
	.no_cancel = true,
};

FIXTURE_SETUP(matrix)
{
	acall_setup(_metadata, &self->base, NULL);
	self->orphan = variant->orphan;
	self->no_cancel = variant->no_cancel;
	signals_handled = 0;
	handle_signal(SIGUSR1, 0);
}

FIXTURE_TEARDOWN(matrix)
{
	acall_teardown(_metadata, &self->base, NULL);
}

static int cancel_as(struct _test_data_matrix *m, __u32 flags, __u64 call_id,
		     __u64 grace_ns, struct acall_cancel *c)
{
	return m->no_cancel ?
	       sys_cancel_id(m->base.dev, flags, call_id, grace_ns, c) :
	       sys_cancel(m->fd, flags, call_id, grace_ns, c);
}

/*
 * QUEUED needs the narrow interface, where an orphan would take the only slot:
 * there the orphan is what holds it.
 */
static int go_to(struct _test_data_matrix *m, enum place place, __u64 *call_id)
{
	__u32 flags = m->no_cancel ? ACALL_BEGIN_NO_CANCEL : 0;
	bool queued = place == QUEUED || place == NEVER_STARTED;
	int ctl = m->base.ctl, dev = m->base.dev;
	__u64 id = fresh_id();
	struct acall_cancel c;

	m->fd = sys_create(dev, queued ? ACALL_TEST_NARROW :
			   ACALL_TEST_INTERFACE);
	CHECK(m->fd >= 0);
	m->busy = -1;
	*call_id = 0;
	if (m->orphan) {
		CHECK(!make_orphan(m->fd, ctl, fresh_id()));
	} else if (queued) {
		m->busy = take_slot(dev, ctl, fresh_id());
		CHECK(m->busy >= 0);
	}

	/* Cancelled by the one who may. */
	switch (place) {
	case QUEUED:
	case NEVER_STARTED:
		CHECK(!sys_begin_flags(m->fd, flags, ACALL_TEST_GATE, id, 0, 0,
				       call_id));
		if (place == NEVER_STARTED)
			CHECK(!cancel_as(m, 0, *call_id, 0, &c));
		break;
	case RUNNING:
	case CANCELLING:
	case ABANDONED:
		CHECK(!one_call_flags(m->fd, ctl, flags, ACALL_TEST_GATE, id,
				      call_id));
		if (place == CANCELLING)
			CHECK(!cancel_as(m, ACALL_CANCEL_NOWAIT, *call_id,
					 FOREVER, &c));
		if (place == ABANDONED)
			CHECK(!cancel_as(m, ACALL_CANCEL_ABANDON, *call_id, 0,
					 &c));
		break;
	case COMPLETED:
		CHECK(!sys_begin_flags(m->fd, flags, ACALL_TEST_COOP, id, 0, 0,
				       call_id));
		CHECK(!open_gate(ctl, id));
		CHECK(!sys_wait_until(m->fd, 0, FOREVER));
		break;
	case STOPPED:
		CHECK(!one_call_flags(m->fd, ctl, flags, ACALL_TEST_COOP, id,
				      call_id));
		CHECK(!cancel_as(m, 0, *call_id, FOREVER, &c));
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

static int call_nop(int fd, __u32 flags)
{
	struct acall_call_args c = {
		.flags = flags, .method = ACALL_TEST_NOP, .call_id = 99,
	};
	int ret = sys_call_struct(fd, &c);

	/* S2: an error, and no call; and no error without one. */
	if (!ret == !c.call_id)
		return -EPROTO;
	if (!ret && c.status != (flags ? -ETIME : 0))
		return -EPROTO;
	return ret;
}

/* By id; an idle object has no call that one could name. */
static int by_id(int dev, __u32 flags, __u64 call_id, __u64 grace_ns)
{
	struct acall_cancel c;

	return call_id ? sys_cancel_id(dev, flags, call_id, grace_ns, &c) :
	       -ESRCH;
}

static int begin_nop(int fd, __u32 flags)
{
	struct acall_begin b = {
		.size = sizeof(b), .flags = flags, .method = ACALL_TEST_NOP,
	};
	int ret = sys_begin_struct(fd, &b);

	return ret ?: sys_wait_until(fd, 0, FOREVER);
}

static int cancels(struct _test_data_matrix *m, enum event event, bool blocks,
		   __u64 call_id)
{
	struct actor a = { .act = ACT_CANCEL, .fd = m->fd,
			   .cancel.grace_ns = FOREVER };
	int fd = m->fd, dev = m->base.dev;
	struct acall_cancel c;

	switch (event) {
	case CANCEL:
		return sys_cancel(fd, 0, 0, 1, &c);
	case CANCEL_OWN_GRACE:
		return sys_cancel(fd, 0, 0, 0, &c);
	case CANCEL_NOWAIT:
		return sys_cancel(fd, ACALL_CANCEL_NOWAIT, 0, FOREVER, &c);
	case CANCEL_ABANDON:
		return sys_cancel(fd, ACALL_CANCEL_ABANDON, 0, 0, &c);
	case CANCEL_INTERRUPTED:
		return interrupted(&a, blocks);
	case CANCEL_ID:
		return by_id(dev, 0, call_id, 1);
	case CANCEL_ID_NOWAIT:
		return by_id(dev, ACALL_CANCEL_NOWAIT, call_id, FOREVER);
	case CANCEL_ID_ABANDON:
		return by_id(dev, ACALL_CANCEL_ABANDON, call_id, 0);
	case ESCALATE:
		return sys_cancel(fd, ACALL_CANCEL_ESCALATE, 0, 1, &c);
	case ESCALATE_NOWAIT:
		return sys_cancel(fd, ACALL_CANCEL_ESCALATE |
				  ACALL_CANCEL_NOWAIT, 0, FOREVER, &c);
	case ESCALATE_ABANDON:
		return sys_cancel(fd, ACALL_CANCEL_ESCALATE |
				  ACALL_CANCEL_ABANDON, 0, 0, &c);
	case ESCALATE_ID:
		return by_id(dev, ACALL_CANCEL_ESCALATE, call_id, 1);
	default:
		return -EINVAL;
	}
}

static int happen(struct _test_data_matrix *m, enum event event, bool blocks,
		  __u64 call_id)
{
	struct acall_begin b = { .size = sizeof(b), .method = 999 };
	__u64 wrong_id = call_id + 12345;
	struct actor a = { .fd = m->fd };
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query q;
	int fd = m->fd, ret;

	switch (event) {
	case BEGIN:
		return begin_nop(fd, 0);
	case BEGIN_BAD:
		return sys_begin_struct(fd, &b);
	case BEGIN_NO_CANCEL:
		return begin_nop(fd, ACALL_BEGIN_NO_CANCEL);
	case BEGIN_LATE:
		return begin_nop(fd, ACALL_BEGIN_DEADLINE);
	case CALL:
		return call_nop(fd, 0);
	case CALL_LATE:
		return call_nop(fd, ACALL_BEGIN_DEADLINE);
	case WAIT_LOOK:
		return sys_wait_until(fd, 0, 0);
	case WAIT_WRONG_ID:
		return sys_wait_until(fd, wrong_id, FOREVER);
	case SETTLED_LOOK:
		return sys_wait_settled(fd, 0, 0);
	case SETTLED_WRONG_ID:
		return sys_wait_settled(fd, wrong_id, FOREVER);
	case SETTLED_INTERRUPTED:
	case WAIT_INTERRUPTED:
		a.act = ACT_WAIT;
		if (event == SETTLED_INTERRUPTED)
			a.wait.flags = ACALL_WAIT_SETTLED;
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
	case CANCEL_ABANDON_GRACE:
		return sys_cancel(fd, ACALL_CANCEL_ABANDON, 0, 1, &c);
	case CANCEL_WRONG_ID:
		return sys_cancel(fd, 0, wrong_id, FOREVER, &c);
	case CANCEL_ID_WRONG_ID:
		return sys_cancel_id(m->base.dev, 0, 1ULL << 60, FOREVER, &c);
	case QUERY:
		return sys_query(fd, 0, &q);
	case QUERY_WRONG_ID:
		return sys_query(fd, wrong_id, &q);
	case POLL:
		ret = readiness(fd);
		return ret < 0 ? ret : 0;
	case LIST:
		/* There as long as it is pending. */
		ret = listed_state(m->base.dev, call_id);
		return ret == (call_id ? state_of(fd) : -ENOENT) ? 0 : -EPROTO;
	case DUP_CLOSE:
		ret = dup(fd);
		return ret < 0 ? -errno : close(ret);
	default:
		return cancels(m, event, blocks, call_id);
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
static int cell(struct _test_data_matrix *m, enum place from, enum event event)
{
	struct cell want = expected(from, event, m->orphan, m->no_cancel);
	enum place to = want.then == SAME ? from : want.then;
	unsigned int orphans = m->orphan;
	__u64 call_id;
	int ret;

	CHECK(!go_to(m, from, &call_id));
	CHECK(!is_at(m->fd, from, call_id, orphans + (from == ABANDONED)));
	ret = happen(m, event, want.ret == -EINTR, call_id);
	if (ret != want.ret)
		fprintf(stderr, "# answers %d, not %d\n", ret, want.ret);
	CHECK(ret == want.ret);
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

static unsigned int column(struct _test_data_matrix *m, enum place from)
{
	unsigned int event, wrong = 0;

	for (event = 0; event < (HAVE_TABLE ? NR_EVENTS : FROM_STATE_C);
	     event++) {
		if (!cell(m, from, event))
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
	EXPECT_EQ(0, column(self, IDLE));
}

TEST_F(matrix, events_while_QUEUED)
{
	EXPECT_EQ(0, column(self, QUEUED));
}

TEST_F(matrix, events_while_RUNNING)
{
	EXPECT_EQ(0, column(self, RUNNING));
}

TEST_F(matrix, events_while_CANCELLING)
{
	EXPECT_EQ(0, column(self, CANCELLING));
}

TEST_F(matrix, events_while_DONE_COMPLETED)
{
	EXPECT_EQ(0, column(self, COMPLETED));
}

TEST_F(matrix, events_while_DONE_STOPPED)
{
	EXPECT_EQ(0, column(self, STOPPED));
}

TEST_F(matrix, events_while_DONE_NEVER_STARTED)
{
	EXPECT_EQ(0, column(self, NEVER_STARTED));
}

TEST_F(matrix, events_while_DONE_ABANDONED)
{
	EXPECT_EQ(0, column(self, ABANDONED));
}

/* The event that ends every state, and is seen by nobody but the counters. */
TEST_F(matrix, close_in_every_state)
{
	enum place place;
	__u64 call_id;

	for (place = 0; place < NR_PLACES; place++) {
		ASSERT_EQ(0, go_to(self, place, &call_id));
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
		ASSERT_EQ(0, go_to(self, place, &call_id));
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
