// SPDX-License-Identifier: GPL-2.0-only
/*
 * libacall: everybody's calls, listed and cancelled by their id; the devices of
 * single interfaces; and the typed pair of "timer".
 */
#include "lib_util.h"

/* How many records LIST gives @nr at a time, and the one of @call_id. */
static int find_call(unsigned int flags, unsigned int nr, __u64 call_id,
		     struct acall_list_record *found)
{
	struct acall_list_record page[8];
	uint64_t cursor = 0;
	int i, n, total = 0;

	found->call_id = 0;
	do {
		n = acall_list(ACALL_DEVICE_DEFAULT, flags, &cursor, page,
			       sizeof(*page), nr);
		if (n < 0)
			return n;
		for (i = 0; i < n; i++) {
			if (page[i].call_id == call_id)
				*found = page[i];
		}
		total += n;
	} while (n);
	return total;
}

TEST_F(acall, X13_list_shows_every_call)
{
	const struct acall_options options = {
		.user_data = 99, .deadline = acall_after_ns(600 * SEC),
	};
	acall_t *call[3];
	struct acall_list_record r;
	unsigned int i, nr;
	__s32 status;

	for (i = 0; i < 3; i++) {
		call[i] = new_call(_metadata, "test");
		ASSERT_EQ(0, begin_with(call[i], self->ctl, ACALL_TEST_GATE,
					self->id + i, i ? NULL : &options));
	}
	/* However many fit on a page. */
	for (nr = 1; nr <= 8; nr++)
		EXPECT_EQ(3, find_call(0, nr, acall_id(call[0]), &r));
	EXPECT_EQ(3, find_call(ACALL_LIST_OWN, 2, acall_id(call[0]), &r));
	ASSERT_EQ(acall_id(call[0]), r.call_id);
	EXPECT_STREQ("test", r.interface);
	EXPECT_EQ(ACALL_TEST_GATE, r.method);
	EXPECT_EQ(ACALL_STATE_RUNNING, r.state);
	EXPECT_EQ(99, r.user_data);
	EXPECT_EQ(options.deadline, r.deadline);
	EXPECT_EQ(getpid(), r.owner_tgid);
	EXPECT_EQ(getuid(), r.owner_uid);
	EXPECT_EQ(3, find_call(0, 8, acall_id(call[1]), &r));
	EXPECT_EQ(UINT64_MAX, r.deadline);

	/* Also what was abandoned and finished, until it has ended. */
	EXPECT_EQ(ACALL_CANCELLED, acall_abandon(call[1]));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, outcome_of(call[1], &status));
	EXPECT_EQ(3, find_call(0, 8, acall_id(call[1]), &r));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, r.outcome);
	EXPECT_EQ(ACALL_REASON_CLIENT, r.reason);
	EXPECT_EQ(getpid(), r.cancel_tgid);
	EXPECT_EQ(ACALL_LIST_CONSUMED, r.flags);
	EXPECT_EQ(0, open_gate(self->ctl, self->id + 1));
	EXPECT_EQ(0, acall_wait_settled(call[1], 0, ACALL_FOREVER));
	EXPECT_EQ(2, find_call(0, 8, acall_id(call[1]), &r));
	EXPECT_EQ(0, r.call_id);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, open_gate(self->ctl, self->id + i));
		acall_destroy(call[i]);
	}
}

TEST_F(acall, X13_list_and_its_arguments)
{
	struct acall_list_record record;
	int device = acall_open_device();
	acall_t *call = new_call(_metadata, "test");
	uint64_t cursor = 0;
	__u64 shorter[2] = { 0, 77 };
	char text[256];
	struct {
		struct acall_list_record r;
		__u64 more;
	} longer = { .more = 77 };

	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_GATE, self->id, 0));
	EXPECT_EQ(-EINVAL, acall_list(device, 0, NULL, &record, sizeof(record),
				      1));
	EXPECT_EQ(-EINVAL, acall_list(device, 0, &cursor, NULL, sizeof(record),
				      1));
	EXPECT_EQ(-EINVAL, acall_list(device, 0, &cursor, &record,
				      sizeof(record), 0));
	EXPECT_EQ(-EINVAL, acall_list(device, 0, &cursor, &record,
				      sizeof(record), 1U << 31));
	EXPECT_EQ(-EINVAL, acall_list(device, 1U << 31, &cursor, &record,
				      sizeof(record), 1));
	EXPECT_EQ(-EINVAL, acall_list(device, 0, &cursor, &record, 4, 1));
	EXPECT_EQ(-EFAULT, acall_list(device, 0, &cursor, (void *)8,
				      sizeof(record), 1));
	EXPECT_EQ(-EBADF, acall_list(12345, 0, &cursor, &record,
				     sizeof(record), 1));
	EXPECT_EQ(-ENOTTY, acall_list(acall_fd(call), 0, &cursor, &record,
				      sizeof(record), 1));
	acall_strerror(NULL, ACALL_OP_CALLS, -ENOTTY, text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "not the acall device"));
	EXPECT_EQ(0, cursor);

	/* Records of other sizes than the library knows. */
	EXPECT_EQ(1, acall_list(device, 0, &cursor, (void *)shorter, 8, 1));
	EXPECT_EQ(acall_id(call), shorter[0]);
	EXPECT_EQ(77, shorter[1]);
	cursor = 0;
	EXPECT_EQ(1, acall_list(device, 0, &cursor, &longer.r, sizeof(longer),
				1));
	EXPECT_EQ(acall_id(call), longer.r.call_id);
	EXPECT_EQ(0, longer.more);
	EXPECT_EQ(0, acall_list(device, 0, &cursor, &record, sizeof(record),
				1));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	acall_destroy(call);
	close(device);
}

/* What became of a call that by_id() has cancelled. */
#define CANCELLED(outcome)	(100 + ACALL_OUTCOME_##outcome)

static int by_id(acall_t *call, __u64 grace_ns, unsigned int flags)
{
	uint32_t outcome = 99;
	int verdict = acall_cancel_by_id(ACALL_DEVICE_DEFAULT, acall_id(call),
					 grace_ns, flags, &outcome);

	return verdict ? verdict : 100 + (int)outcome;
}

TEST_F(acall, X13_cancel_by_id_has_the_verdicts_of_a_cancel)
{
	const int device = ACALL_DEVICE_DEFAULT;
	acall_t *call = new_call(_metadata, "test");
	struct acall_query query;
	__s32 status;

	EXPECT_EQ(-EINVAL, acall_cancel_by_id(device, 0, 0, 0, NULL));
	EXPECT_EQ(-EINVAL, acall_cancel_by_id(device, 1, 0, 1U << 31, NULL));
	EXPECT_EQ(-ESRCH, acall_cancel_by_id(device, UINT64_MAX, 0, 0, NULL));
	EXPECT_EQ(-EBADF, acall_cancel_by_id(12345, 1, 0, 0, NULL));
	EXPECT_EQ(-ENOTTY, acall_cancel_by_id(acall_fd(call), 1, 0, 0, NULL));

	/* Stops; abandoned; asked; asked again; escalated. */
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_COOP, self->id, 0));
	EXPECT_EQ(CANCELLED(STOPPED), by_id(call, ACALL_FOREVER, 0));
	EXPECT_EQ(0, acall_query(call, 0, &query, sizeof(query)));
	EXPECT_EQ(ACALL_REASON_ADMIN, query.reason);
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, outcome_of(call, &status));
	EXPECT_EQ(-ECANCELED, status);
	self->id = fresh_id();
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_LATE, self->id, 0));
	EXPECT_EQ(ACALL_REQUESTED, by_id(call, ACALL_FOREVER,
					 ACALL_CANCEL_NOWAIT));
	EXPECT_EQ(ACALL_ALREADY, by_id(call, ACALL_GRACE_NONE, 0));
	EXPECT_EQ(ACALL_REQUESTED, by_id(call, ACALL_FOREVER,
					 ACALL_CANCEL_NOWAIT |
					 ACALL_CANCEL_ESCALATE));
	EXPECT_EQ(CANCELLED(ABANDONED),
		  by_id(call, ACALL_GRACE_NONE, ACALL_CANCEL_ESCALATE));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, outcome_of(call, &status));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	self->id = fresh_id();
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_GATE, self->id, 0));
	EXPECT_EQ(CANCELLED(ABANDONED), by_id(call, 0, ACALL_CANCEL_ABANDON));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, outcome_of(call, &status));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));

	/* Too late as long as the result is there, and then no such call. */
	EXPECT_EQ(0, acall_wait_settled(call, 0, ACALL_FOREVER));
	ASSERT_EQ(0, begin_nop(call));
	EXPECT_EQ(0, acall_wait(call, ACALL_FOREVER));
	EXPECT_EQ(ACALL_TOO_LATE, by_id(call, 0, 0));
	EXPECT_EQ(0, acall_wait_settled(call, 0, ACALL_FOREVER));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, outcome_of(call, &status));
	EXPECT_EQ(-ESRCH, by_id(call, 0, 0));
	acall_destroy(call);
}

TEST_F(acall, X13_cancel_by_id_passes_a_refusal_on)
{
	struct acall_test_custom arg = {
		.id = self->id, .refuse = -EBUSY, .refusals = 1,
		.flags = ACALL_TEST_HOOK_COMPLETES,
	};
	acall_t *call = new_call(_metadata, "test");
	__s32 status;

	ASSERT_EQ(0, begin_custom(call, self->ctl, ACALL_TEST_PARK, &arg));
	EXPECT_EQ(-EBUSY, by_id(call, 0, 0));
	EXPECT_EQ(CANCELLED(STOPPED), by_id(call, ACALL_FOREVER, 0));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, outcome_of(call, &status));

	arg.id = fresh_id();
	ASSERT_EQ(0, begin_custom(call, self->ctl, ACALL_TEST_PARK_FIXED,
				  &arg));
	EXPECT_EQ(-EOPNOTSUPP, by_id(call, 0, 0));
	EXPECT_EQ(0, complete(self->ctl, arg.id));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, outcome_of(call, &status));
	acall_destroy(call);
}

TEST_F(acall, X13_B6_the_administrator_is_not_bound_by_NO_CANCEL)
{
	const struct acall_options options = {
		.flags = ACALL_BEGIN_NO_CANCEL,
	};
	acall_t *call = new_call(_metadata, "test");
	struct acall_list_record r;
	__s32 status;

	ASSERT_EQ(0, begin_with(call, self->ctl, ACALL_TEST_COOP, self->id,
				&options));
	EXPECT_EQ(1, find_call(0, 8, acall_id(call), &r));
	EXPECT_EQ(ACALL_LIST_NO_CANCEL, r.flags);
	EXPECT_EQ(-EPERM, acall_cancel(call, 0));
	EXPECT_EQ(CANCELLED(STOPPED), by_id(call, ACALL_FOREVER, 0));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, outcome_of(call, &status));
	acall_destroy(call);
}

static __u64 roots_call;
static __u64 my_meeting;

/* Somebody who owns nothing but what he begins. */
static int as_user(void *arg)
{
	const struct acall_options options = {
		.flags = ACALL_BEGIN_NO_CANCEL,
	};
	int ctl = *(int *)arg;
	struct acall_list_record r;
	acall_t *call;
	__s32 status;

	CHECK(!become(UID_A));
	CHECK(find_call(0, 8, roots_call, &r) == 0);
	CHECK(acall_cancel_by_id(ACALL_DEVICE_DEFAULT, roots_call, 0, 0,
				 NULL) == -ESRCH);
	CHECK(!acall_create("test", 0, ACALL_CREATE_DETACH, &call));
	CHECK(!begin_at(call, ctl, ACALL_TEST_COOP, my_meeting, 0));
	CHECK(find_call(0, 8, acall_id(call), &r) == 1);
	CHECK(r.call_id == acall_id(call) && r.owner_uid == UID_A);
	CHECK(by_id(call, ACALL_FOREVER, 0) == CANCELLED(STOPPED));
	CHECK(outcome_of(call, &status) == ACALL_OUTCOME_STOPPED);

	/* His own NO_CANCEL binds him. */
	CHECK(!begin_with(call, ctl, ACALL_TEST_COOP, my_meeting + 1,
			  &options));
	CHECK(by_id(call, 0, 0) == -EPERM);
	CHECK(!open_gate(ctl, my_meeting + 1));
	CHECK(outcome_of(call, &status) == ACALL_OUTCOME_COMPLETED);
	return 0;
}

TEST_F(acall, X13_others_see_and_cancel_only_their_own)
{
	acall_t *call = new_call(_metadata, "test");

	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_GATE, self->id, 0));
	roots_call = acall_id(call);
	my_meeting = fresh_id() + 1000;
	EXPECT_EQ(0, child_run(as_user, &self->ctl));
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(acall_fd(call)));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	acall_destroy(call);
}

TEST_F(acall, X13_wait_by_id_without_the_object)
{
	const size_t size = sizeof(struct acall_wait_id);
	const int device = ACALL_DEVICE_DEFAULT;
	acall_t *call = new_call(_metadata, "test");
	struct acall_wait_id w;
	__s32 status;
	__u64 id;

	EXPECT_EQ(-EINVAL, acall_wait_by_id(device, 1, 0, 0, NULL, size));
	EXPECT_EQ(-EINVAL, acall_wait_by_id(device, 1, 0, 0, &w, 8));
	EXPECT_EQ(-EINVAL, acall_wait_by_id(device, 0, 0, 0, &w, size));
	EXPECT_EQ(-EINVAL, acall_wait_by_id(device, 1, 0, 1U << 31, &w, size));
	EXPECT_EQ(-ESRCH, acall_wait_by_id(device, UINT64_MAX, 0, 0, &w, size));
	EXPECT_EQ(-EBADF, acall_wait_by_id(12345, 1, 0, 0, &w, size));
	EXPECT_EQ(-ENOTTY, acall_wait_by_id(acall_fd(call), 1, 0, 0, &w, size));

	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_GATE, self->id, 0));
	id = acall_id(call);
	EXPECT_EQ(-ETIMEDOUT, acall_wait_by_id(device, id, 0, 0, &w, size));
	EXPECT_EQ(ACALL_STATE_RUNNING, w.state);
	EXPECT_EQ(-ETIMEDOUT,
		  acall_wait_by_id(self->dev, id, acall_after_ns(MSEC),
				   ACALL_WAIT_SETTLED, &w, size));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, acall_wait_by_id(device, id, ACALL_FOREVER,
				      ACALL_WAIT_SETTLED, &w, size));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, w.outcome);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, outcome_of(call, &status));
	EXPECT_EQ(-ESRCH, acall_wait_by_id(device, id, 0, 0, &w, size));
	acall_destroy(call);
}

TEST_F(acall, C4_X13_a_detached_call_is_listed_and_cancellable)
{
	struct acall_list_record r;
	acall_t *call;
	__u64 id;

	ASSERT_EQ(0, acall_create("test", 0, ACALL_CREATE_DETACH, &call));
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_COOP, self->id, 0));
	id = acall_id(call);
	acall_destroy(call);
	EXPECT_EQ(1, find_call(0, 8, id, &r));
	EXPECT_EQ(ACALL_STATE_RUNNING, r.state);
	EXPECT_EQ(ACALL_LIST_CONSUMED, r.flags);
	EXPECT_EQ(ACALL_CANCELLED,
		  acall_cancel_by_id(ACALL_DEVICE_DEFAULT, id, ACALL_FOREVER, 0,
				     NULL));
	EXPECT_EQ(0, wait_counter("executions", 0));
	EXPECT_EQ(0, find_call(0, 8, id, &r));
}

TEST_F(acall, P10_the_device_of_one_interface)
{
	static const char * const wrong[] = {
		"", "Test", "0", ".", "..", "a/b", "../null", "a b",
		"abcdefghijklmnopqrstuvwxyzabcdef",
	};
	struct acall_test_session session;
	struct acall_interface_info info;
	struct acall_result result;
	uint64_t cursor = 0;
	acall_t *call;
	unsigned int i;
	int node;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_EQ(-EINVAL, acall_open_node(wrong[i])) {
			TH_LOG("name %u", i);
		}
	EXPECT_EQ(-EINVAL, acall_open_node(NULL));
	EXPECT_EQ(-ENOENT, acall_open_node("nobody"));
	EXPECT_EQ(-ENOENT, acall_open_node("test"));

	node = acall_open_node(ACALL_TEST_INSTANCE ".0");
	ASSERT_LE(0, node);
	EXPECT_EQ(FD_CLOEXEC, fcntl(node, F_GETFD));
	EXPECT_EQ(0, acall_next_interface(node, &cursor, &info, sizeof(info)));
	EXPECT_STREQ(ACALL_TEST_INSTANCE ".0", info.name);
	EXPECT_TRUE(info.caps & ACALL_INTERFACE_NODE);
	EXPECT_EQ(-ENOENT, acall_create_on(node, "test", 0, 0, &call));
	ASSERT_EQ(0, acall_create_on(node, ACALL_TEST_INSTANCE ".0", 0, 0,
				     &call));
	close(node);
	ASSERT_EQ(0, acall_call(call, ACALL_TEST_SESSION, NULL, 0, NULL, 0,
				NULL, &session, sizeof(session), &result));
	EXPECT_EQ(0, session.nr);
	acall_destroy(call);

	/* What is private is nowhere else. */
	EXPECT_EQ(-ENOENT, acall_create(ACALL_TEST_PRIVATE, 0, 0, &call));
	node = acall_open_node(ACALL_TEST_PRIVATE);
	ASSERT_LE(0, node);
	ASSERT_EQ(0, acall_create_on(node, ACALL_TEST_PRIVATE, 0, 0, &call));
	EXPECT_EQ(0, begin_nop(call));
	EXPECT_EQ(0, acall_finish(call, NULL, 0, NULL));
	acall_destroy(call);
	close(node);
	pretended_abi = ACALL_ABI + 1;
	EXPECT_EQ(-EPROTO, acall_open_node(ACALL_TEST_PRIVATE));
	pretended_abi = 0;
}

static int open_private(void *arg __attribute__((unused)))
{
	char text[256];

	CHECK(!become(UID_A));
	CHECK(acall_open_node(ACALL_TEST_PRIVATE) == -EACCES);
	acall_strerror(NULL, ACALL_OP_DEVICE, -EACCES, text, sizeof(text));
	CHECK(strstr(text, "mode"));
	return 0;
}

TEST_F(acall, P10_its_mode_says_who_may)
{
	EXPECT_EQ(0, child_run(open_private, NULL));
}

TEST_F(acall, typed_timer)
{
	struct acall_timer_sleep args = { .ns = MSEC };
	struct acall_timer_fired fired;
	struct acall_result result;
	acall_t *call, *test;
	__s32 status;
	__u64 until;

	if (acall_create(ACALL_TIMER_INTERFACE, 1, 0, &call))
		SKIP(return, "no interface timer");
	test = new_call(_metadata, "test");
	until = acall_after_ns(MSEC);
	ASSERT_EQ(0, acall_begin_timer(call, &args, NULL));
	ASSERT_EQ(0, acall_finish_timer(call, &fired, &result));
	EXPECT_EQ(0, result.status);
	EXPECT_LE(until, fired.fired_ns);
	EXPECT_LE(fired.fired_ns, acall_after_ns(0));
	EXPECT_EQ(-ESRCH, acall_finish_timer(call, &fired, &result));

	args.flags = ACALL_TIMER_ABS;
	args.ns = ACALL_FOREVER;
	ASSERT_EQ(0, acall_begin_timer(call, &args, NULL));
	EXPECT_EQ(-ETIMEDOUT, acall_wait(call, ACALL_NOW));
	EXPECT_EQ(-EINVAL, acall_finish_timer(call, NULL, &result));
	EXPECT_EQ(ACALL_CANCELLED, acall_cancel(call, ACALL_FOREVER));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, outcome_of(call, &status));

	EXPECT_EQ(-EINVAL, acall_begin_timer(call, NULL, NULL));
	EXPECT_EQ(-EINVAL, acall_begin_timer(NULL, &args, NULL));
	EXPECT_EQ(-EINVAL, acall_begin_timer(test, &args, NULL));
	EXPECT_EQ(-EINVAL, acall_finish_timer(test, &fired, &result));
	args.flags = 1U << 31;
	EXPECT_EQ(-EINVAL, acall_begin_timer(call, &args, NULL));
	acall_destroy(test);
	acall_destroy(call);
}

#include "acall_main.h"
