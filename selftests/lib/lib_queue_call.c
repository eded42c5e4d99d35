// SPDX-License-Identifier: GPL-2.0-only
/*
 * libacall: the calls of a queue by their handles, one or many: each verdict of a
 * cancel, the cancels of many, taking outputs and files, looking and settling. And
 * that no handle of call k reaches call k + 1 in the same slot.
 */
#include "lib_queue.h"

TEST_F(acall, queue_cancel_gives_each_verdict)
{
	acall_queue_t *queue = new_queue(_metadata, "test", 2);
	struct acall_completion done;
	__u64 handle;

	handle = run_at(queue, self->ctl, ACALL_TEST_COOP, self->id, 0);
	ASSERT_NE(0, handle);
	EXPECT_EQ(ACALL_CANCELLED, acall_queue_cancel(queue, handle,
						      ACALL_FOREVER, 0));
	EXPECT_EQ(ACALL_ALREADY, acall_queue_cancel(queue, handle, 0,
						    ACALL_CANCEL_NOWAIT));
	ASSERT_EQ(0, take(queue, &done));
	EXPECT_EQ(handle, done.handle);
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, done.outcome);
	EXPECT_EQ(-ECANCELED, done.status);

	self->id = fresh_id();
	handle = run_at(queue, self->ctl, ACALL_TEST_LATE, self->id, 0);
	ASSERT_NE(0, handle);
	EXPECT_EQ(ACALL_REQUESTED, acall_queue_cancel(queue, handle,
						      ACALL_FOREVER,
						      ACALL_CANCEL_NOWAIT));
	EXPECT_EQ(ACALL_ALREADY, acall_queue_cancel(queue, handle,
						    ACALL_FOREVER, 0));
	EXPECT_EQ(0, wait_seen(self->ctl, self->id, 1));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, take(queue, &done));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, done.outcome);
	EXPECT_EQ(0, done.status);
	EXPECT_EQ(ACALL_TOO_LATE, acall_queue_cancel(queue, handle, 0, 0));

	EXPECT_EQ(-EINVAL, acall_queue_cancel(queue, 0, 0, 0));
	EXPECT_EQ(-EINVAL, acall_queue_cancel(NULL, handle, 0, 0));
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_cancel_lets_no_queued_call_start)
{
	acall_queue_t *queue = new_queue(_metadata, "test-narrow", 2);
	struct acall_completion done;

	ASSERT_NE(0, run_at(queue, self->ctl, ACALL_TEST_GATE, self->id, 0));
	ASSERT_NE(NULL, add_nop(queue, 9));
	ASSERT_EQ(1, acall_queue_submit(queue));
	EXPECT_EQ(ACALL_CANCELLED, acall_queue_cancel(queue,
						      handle_of(queue, 0),
						      ACALL_FOREVER, 0));
	ASSERT_EQ(0, take(queue, &done));
	EXPECT_EQ(9, done.user_data);
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, done.outcome);
	EXPECT_EQ(-ECANCELED, done.status);
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_a_late_cancel_misses_the_next_call_in_the_slot)
{
	acall_queue_t *queue = new_queue(_metadata, "test", 1);
	struct acall_query query;
	__u64 old, handle;

	ASSERT_NE(NULL, add_nop(queue, 0));
	EXPECT_EQ(1, acall_queue_submit_and_wait(queue, 1, ACALL_FOREVER));
	old = handle_of(queue, 0);
	EXPECT_EQ(0, acall_queue_seen(queue, 1));
	handle = run_at(queue, self->ctl, ACALL_TEST_COOP, self->id, 0);
	ASSERT_NE(0, handle);
	EXPECT_NE(old, handle);
	EXPECT_EQ(ACALL_TOO_LATE, acall_queue_cancel(queue, old, 0, 0));
	EXPECT_EQ(ACALL_TOO_LATE, acall_queue_cancel(queue, old, 0,
						     ACALL_CANCEL_ABANDON));
	EXPECT_EQ(-ESRCH, acall_queue_finish(queue, old, NULL, 0, NULL, 0,
					     NULL));
	EXPECT_EQ(-ESRCH, acall_queue_wait_call(queue, old, ACALL_FOREVER));
	EXPECT_EQ(-ESRCH, queue_state(queue, old));
	EXPECT_EQ(0, acall_queue_query(queue, handle, &query, sizeof(query)));
	EXPECT_EQ(ACALL_STATE_RUNNING, query.state);
	EXPECT_EQ(0, query.cancel_ns);
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_cancel_many_tells_of_each)
{
	struct acall_enter_cancel cancels[4] = { { 0 } };
	acall_queue_t *queue = new_queue(_metadata, "test", 4);
	const struct acall_completion *done;
	int i;

	ASSERT_NE(NULL, add_nop(queue, 0));
	EXPECT_EQ(1, acall_queue_submit_and_wait(queue, 1, ACALL_FOREVER));
	cancels[1].handle = handle_of(queue, 0);
	for (i = 0; i < 4; i++) {
		cancels[i].error = 1;
		cancels[i].grace_ns = ACALL_FOREVER;
		if (i == 1)
			continue;
		cancels[i].handle = run_at(queue, self->ctl, ACALL_TEST_COOP,
					   self->id + i, 0);
		ASSERT_NE(0, cancels[i].handle);
	}
	EXPECT_EQ(3, acall_queue_cancel_many(queue, cancels, 4));
	for (i = 0; i < 4; i++)
		EXPECT_EQ(i == 1 ? -ESRCH : 0, cancels[i].error);
	EXPECT_EQ(0, acall_queue_wait(queue, 4, ACALL_FOREVER));
	for (i = 0; (done = acall_queue_peek(queue, i)); i++)
		EXPECT_EQ(i ? ACALL_OUTCOME_STOPPED : ACALL_OUTCOME_COMPLETED,
			  done->outcome);
	EXPECT_EQ(0, acall_queue_cancel_many(queue, cancels, 4));
	EXPECT_EQ(0, acall_queue_cancel_many(queue, cancels, 0));
	EXPECT_EQ(-EINVAL, acall_queue_cancel_many(queue, NULL, 4));
	EXPECT_EQ(-EINVAL, acall_queue_cancel_many(NULL, cancels, 4));
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_cancels_by_tag_by_method_and_all)
{
	static const __u32 methods[] = { ACALL_TEST_COOP, ACALL_TEST_KILLABLE };
	acall_queue_t *queue = new_queue(_metadata, "test", 8);
	const struct acall_completion *done;
	struct acall_submission *sub;
	__u64 id = self->id;
	int i;

	/* Tags 0, 1, 2, 3; 0 to 3 of the first method, 4 to 7 of the other. */
	for (i = 0; i < 8; i++) {
		sub = add_at(queue, methods[i / 4], id, 0);
		ASSERT_NE(NULL, sub);
		sub->user_data = i;
		sub->tag = i % 4;
	}
	EXPECT_EQ(8, acall_queue_submit(queue));
	EXPECT_EQ(0, wait_starts(self->ctl, id, 8));

	EXPECT_EQ(0, acall_queue_cancel_tag(queue, 4, ACALL_FOREVER, 0));
	EXPECT_EQ(2, acall_queue_cancel_tag(queue, 0, ACALL_FOREVER, 0));
	EXPECT_EQ(0, acall_queue_wait(queue, 2, ACALL_FOREVER));
	for (i = 0; (done = acall_queue_peek(queue, i)); i++)
		EXPECT_EQ(0, done->tag);
	EXPECT_EQ(2, i);
	EXPECT_EQ(0, acall_queue_seen(queue, 2));

	EXPECT_EQ(0, acall_queue_cancel_method(queue, ACALL_TEST_GATE,
					       ACALL_FOREVER, 0));
	EXPECT_EQ(3, acall_queue_cancel_method(queue, ACALL_TEST_KILLABLE,
					       ACALL_FOREVER, 0));
	EXPECT_EQ(0, acall_queue_wait(queue, 3, ACALL_FOREVER));
	for (i = 0; (done = acall_queue_peek(queue, i)); i++)
		EXPECT_LT(4, done->user_data);
	EXPECT_EQ(3, i);
	EXPECT_EQ(0, acall_queue_seen(queue, 3));

	EXPECT_EQ(3, acall_queue_cancel_all(queue, ACALL_FOREVER, 0));
	EXPECT_EQ(0, acall_queue_wait(queue, 3, ACALL_FOREVER));
	for (i = 0; (done = acall_queue_peek(queue, i)); i++) {
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, done->outcome);
		EXPECT_EQ(-ECANCELED, done->status);
		EXPECT_GT(4, done->user_data);
	}
	EXPECT_EQ(3, i);
	EXPECT_EQ(0, acall_queue_cancel_all(queue, 0, 0));
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_cancel_match_counts_and_refuses)
{
	struct acall_cancel_match match = {
		.size = sizeof(match), .grace_ns = ACALL_FOREVER,
		.flags = ACALL_MATCH_TAG | ACALL_MATCH_METHOD,
		.tag = 1, .method = ACALL_TEST_LATE,
	};
	acall_queue_t *queue = new_queue(_metadata, "test", 2);
	struct acall_submission *sub;
	struct acall_completion done;

	sub = add_at(queue, ACALL_TEST_LATE, self->id, 0);
	ASSERT_NE(NULL, sub);
	sub->tag = 1;
	sub = add_at(queue, ACALL_TEST_GATE, self->id, 0);
	ASSERT_NE(NULL, sub);
	sub->tag = 1;
	EXPECT_EQ(2, acall_queue_submit(queue));
	EXPECT_EQ(0, wait_starts(self->ctl, self->id, 2));
	EXPECT_EQ(0, acall_queue_cancel_match(queue, &match));
	EXPECT_EQ(1, match.matched);
	EXPECT_EQ(1, match.cancelled);
	/* It matches still, but its grace runs. */
	EXPECT_EQ(0, acall_queue_cancel_match(queue, &match));
	EXPECT_EQ(1, match.matched);
	EXPECT_EQ(0, match.cancelled);

	/* Leaving at once ends the grace of an earlier cancel, too. */
	EXPECT_EQ(2, acall_queue_cancel_all(queue, 0, ACALL_CANCEL_ABANDON |
						      ACALL_CANCEL_ESCALATE));
	EXPECT_EQ(0, take(queue, &done));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, done.outcome);
	EXPECT_EQ(0, take(queue, &done));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, done.outcome);
	EXPECT_EQ(0, open_gate(self->ctl, self->id));

	EXPECT_EQ(-EINVAL, acall_queue_cancel_all(queue, 0, ACALL_MATCH_TAG));
	EXPECT_EQ(-EINVAL, acall_queue_cancel_tag(queue, 1, 0,
						  ACALL_MATCH_METHOD));
	EXPECT_EQ(-EINVAL, acall_queue_cancel_all(NULL, 0, 0));
	EXPECT_EQ(-EINVAL, acall_queue_cancel_match(queue, NULL));
	EXPECT_EQ(-EINVAL, acall_queue_cancel_match(NULL, &match));
	match.size -= 8;
	EXPECT_EQ(-EINVAL, acall_queue_cancel_match(queue, &match));
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_finish_takes_the_output_before_or_after_seen)
{
	static const char text[] = "over there and back";
	acall_queue_t *queue = new_queue(_metadata, "test", 1);
	struct acall_result result;
	struct acall_submission *sub;
	char out[32];
	__u64 handle;
	int i;

	for (i = 0; i < 2; i++) {
		sub = acall_queue_get_submission(queue);
		ASSERT_NE(NULL, sub);
		acall_queue_prepare(sub, ACALL_TEST_ECHO, text, sizeof(text),
				    40 + i);
		ASSERT_EQ(1, acall_queue_submit_and_wait(queue, 1,
							 ACALL_FOREVER));
		handle = acall_queue_peek(queue, 0)->handle;
		EXPECT_EQ(ACALL_RESULT_MORE,
			  acall_queue_peek(queue, 0)->result);
		if (i) {
			EXPECT_EQ(0, acall_queue_seen(queue, 1));
			EXPECT_EQ(0, acall_queue_wait(queue, 0, ACALL_NOW));
		}
		EXPECT_EQ(-EMSGSIZE, acall_queue_finish(queue, handle, out,
							sizeof(text) - 1, NULL,
							0, &result));
		EXPECT_EQ(sizeof(text), result.out_len);
		EXPECT_EQ(-EFAULT, acall_queue_finish(queue, handle, (void *)8,
						      SIZE_MAX, NULL, 0,
						      &result));
		memset(out, 0, sizeof(out));
		EXPECT_EQ(0, acall_queue_finish(queue, handle, out,
						sizeof(out), NULL, 0,
						&result));
		EXPECT_STREQ(text, out);
		EXPECT_EQ(sizeof(text), result.out_len);
		EXPECT_EQ(handle, result.call_id);
		EXPECT_EQ(40 + i, result.user_data);
		EXPECT_EQ(ACALL_TEST_ECHO, result.method);
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, result.outcome);
		EXPECT_LE(result.begin_ns, result.end_ns);
		EXPECT_EQ(-ESRCH, acall_queue_finish(queue, handle, out,
						     sizeof(out), NULL, 0,
						     NULL));
		/* What was finished by its handle is still to be seen. */
		EXPECT_EQ(!i, acall_queue_ready(queue));
		if (!i)
			EXPECT_EQ(0, acall_queue_seen(queue, 1));
	}
	EXPECT_EQ(-EINVAL, acall_queue_finish(queue, 0, NULL, 0, NULL, 0,
					      NULL));
	EXPECT_EQ(-EINVAL, acall_queue_finish(NULL, handle, NULL, 0, NULL, 0,
					      NULL));
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_finish_tells_of_a_call_without_output_too)
{
	acall_queue_t *queue = new_queue(_metadata, "test", 1);
	struct acall_result result;
	struct acall_completion done;
	__u64 handle;

	ASSERT_NE(NULL, add_nop(queue, 3));
	EXPECT_EQ(1, acall_queue_submit(queue));
	handle = handle_of(queue, 0);
	EXPECT_EQ(0, acall_queue_finish(queue, handle, NULL, 0, NULL, 0,
					&result));
	EXPECT_EQ(handle, result.call_id);
	EXPECT_EQ(3, result.user_data);
	EXPECT_EQ(0, take(queue, &done));
	EXPECT_EQ(handle, done.handle);

	ASSERT_NE(NULL, add_nop(queue, 4));
	EXPECT_EQ(1, acall_queue_submit(queue));
	EXPECT_EQ(0, take(queue, &done));
	EXPECT_EQ(4, done.user_data);
	/* Seen, and told to the kernel. */
	EXPECT_EQ(0, acall_queue_wait(queue, 0, ACALL_NOW));
	EXPECT_EQ(-ESRCH, acall_queue_finish(queue, done.handle, NULL, 0, NULL,
					     0, NULL));
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_finish_gives_result_files)
{
	struct acall_test_custom arg = { .id = self->id, .files = 2 };
	acall_queue_t *queue = new_queue(_metadata, "test", 1);
	struct acall_submission *sub = acall_queue_get_submission(queue);
	struct acall_test_file file;
	struct acall_completion done;
	struct acall_result result;
	int i, files[4];

	acall_queue_prepare(sub, ACALL_TEST_FILES, &arg, sizeof(arg), 0);
	EXPECT_EQ(1, acall_queue_submit(queue));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, take(queue, &done));
	EXPECT_EQ(2, done.nr_files);
	EXPECT_EQ(0, done.out_len);
	EXPECT_EQ(ACALL_RESULT_MORE, done.result);
	EXPECT_EQ(-EMSGSIZE, acall_queue_finish(queue, done.handle, NULL, 0,
						files, 1, &result));
	EXPECT_EQ(2, result.nr_files);
	ASSERT_EQ(0, acall_queue_finish(queue, done.handle, NULL, 0, files, 4,
					&result));
	ASSERT_EQ(2, result.nr_files);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(sizeof(file), read(files[i], &file, sizeof(file)));
		EXPECT_EQ(i, file.index);
		EXPECT_EQ(FD_CLOEXEC, fcntl(files[i], F_GETFD));
		close(files[i]);
	}
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_passes_files_and_lets_them_go)
{
	acall_queue_t *queue = new_queue(_metadata, "test", 1);
	struct acall_completion done;
	struct acall_submission *sub;
	int ends[2];

	ASSERT_EQ(0, pipe2(ends, O_CLOEXEC));
	sub = add_at(queue, ACALL_TEST_HOLD, self->id, 0);
	ASSERT_NE(NULL, sub);
	EXPECT_EQ(0, acall_queue_set_files(sub, &ends[1], 1));
	EXPECT_EQ(1, acall_queue_submit(queue));
	close(ends[1]);
	EXPECT_FALSE(hung_up(ends[0]));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, take(queue, &done));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, done.outcome);
	EXPECT_TRUE(hung_up(ends[0]));
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_options_are_those_of_begin)
{
	struct acall_options options = { .user_data = 99, .deadline = 1 };
	acall_queue_t *queue = new_queue(_metadata, "test", 2);
	struct acall_completion done;
	struct acall_submission *sub;

	sub = add_at(queue, ACALL_TEST_GATE, self->id, 0);
	ASSERT_NE(NULL, sub);
	EXPECT_EQ(0, acall_queue_set_options(sub, &options));
	EXPECT_EQ(1, acall_queue_submit(queue));
	ASSERT_EQ(0, take(queue, &done));
	EXPECT_EQ(-ETIME, done.status);
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, done.outcome);
	EXPECT_EQ(self->id, done.user_data);

	options = (struct acall_options) { .flags = ACALL_BEGIN_NO_CANCEL };
	sub = add_at(queue, ACALL_TEST_GATE, self->id, 0);
	ASSERT_NE(NULL, sub);
	EXPECT_EQ(0, acall_queue_set_options(sub, &options));
	EXPECT_EQ(1, acall_queue_submit(queue));
	EXPECT_EQ(0, wait_starts(self->ctl, self->id, 1));
	EXPECT_EQ(-EPERM, acall_queue_cancel(queue, handle_of(queue, 0), 0,
					     0));
	EXPECT_EQ(0, acall_queue_cancel_all(queue, 0, 0));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, take(queue, &done));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, done.outcome);

	/* None are options, too: an entry can lose them again. */
	options = (struct acall_options) { .deadline = 1 };
	sub = add_at(queue, ACALL_TEST_GATE, self->id, 0);
	ASSERT_NE(NULL, sub);
	EXPECT_EQ(0, acall_queue_set_options(sub, &options));
	EXPECT_EQ(0, acall_queue_set_options(sub, NULL));
	EXPECT_EQ(1, acall_queue_submit(queue));
	ASSERT_EQ(0, take(queue, &done));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, done.outcome);
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_query_and_wait_by_handle)
{
	acall_queue_t *queue = new_queue(_metadata, "test", 2);
	struct acall_query query;
	__u64 handle;

	handle = run_at(queue, self->ctl, ACALL_TEST_GATE, self->id, 0);
	ASSERT_NE(0, handle);
	EXPECT_EQ(0, acall_queue_query(queue, handle, &query, sizeof(query)));
	EXPECT_EQ(handle, query.call_id);
	EXPECT_EQ(ACALL_STATE_RUNNING, query.state);
	EXPECT_EQ(self->id, query.user_data);
	EXPECT_EQ(ACALL_TEST_GATE, query.method);
	EXPECT_EQ(0, acall_queue_query(queue, 0, &query, sizeof(query)));
	EXPECT_EQ(1, query.executions);
	EXPECT_EQ(0, query.orphans);
	EXPECT_EQ(-ETIMEDOUT, acall_queue_wait_call(queue, handle, ACALL_NOW));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, acall_queue_wait_call(queue, handle, ACALL_FOREVER));
	EXPECT_EQ(ACALL_STATE_DONE, queue_state(queue, handle));

	EXPECT_EQ(-EINVAL, acall_queue_wait_call(queue, 0, ACALL_NOW));
	EXPECT_EQ(-EINVAL, acall_queue_wait_call(NULL, handle, ACALL_NOW));
	EXPECT_EQ(-EINVAL, acall_queue_query(NULL, 0, &query, sizeof(query)));
	EXPECT_EQ(-EINVAL, acall_queue_query(queue, 0, NULL, sizeof(query)));
	EXPECT_EQ(-EINVAL, acall_queue_query(queue, 0, &query, 8));
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_settled_means_that_what_was_left_has_ended)
{
	acall_queue_t *queue = new_queue(_metadata, "test", 2);
	struct acall_completion done;
	__u64 handle;

	EXPECT_EQ(0, acall_queue_wait_settled(queue, 0, ACALL_FOREVER));
	handle = run_at(queue, self->ctl, ACALL_TEST_GATE, self->id, 0);
	ASSERT_NE(0, handle);
	EXPECT_EQ(ACALL_CANCELLED, acall_queue_cancel(queue, handle, 0,
						      ACALL_CANCEL_ABANDON));
	ASSERT_EQ(0, take(queue, &done));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, done.outcome);
	EXPECT_EQ(0, acall_queue_wait(queue, 0, ACALL_NOW));
	EXPECT_EQ(-ETIMEDOUT, acall_queue_wait_settled(queue, handle,
						       ACALL_NOW));
	EXPECT_EQ(-ETIMEDOUT, acall_queue_wait_settled(queue, 0, ACALL_NOW));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, acall_queue_wait_settled(queue, handle, ACALL_FOREVER));
	EXPECT_EQ(0, acall_queue_wait_settled(queue, 0, ACALL_FOREVER));
	EXPECT_EQ(-EINVAL, acall_queue_wait_settled(NULL, 0, ACALL_NOW));
	acall_queue_destroy(queue);
}

TEST_HARNESS_MAIN
