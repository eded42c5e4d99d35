// SPDX-License-Identifier: GPL-2.0-only
/*
 * libacall: call queues, made and ended, and their rings: how entries become calls
 * or are refused, which stay in the ring, and how completions are read. The race
 * it is about: one thread submits while another reads.
 */
#include "lib_queue.h"
#include "acall_more.h"

#define MANY	2000

TEST_F(acall, queue_create_tells_version_and_sizes)
{
	struct acall_create_queue args = {
		.size = sizeof(args), .interface = "test", .slots = 1000,
	};
	acall_queue_t *queue;

	queue = new_queue(_metadata, "test", 4);
	EXPECT_EQ(ACALL_TEST_VERSION, acall_queue_version(queue));
	EXPECT_EQ(FD_CLOEXEC, fcntl(acall_queue_fd(queue), F_GETFD));
	EXPECT_EQ(0, acall_queue_ready(queue));
	EXPECT_EQ(0, acall_queue_unsubmitted(queue));
	EXPECT_EQ(NULL, acall_queue_peek(queue, 0));
	EXPECT_EQ(NULL, acall_queue_submitted(queue, 0));
	acall_queue_destroy(queue);

	ASSERT_EQ(0, acall_queue_create_args(self->dev, &args, &queue));
	EXPECT_EQ(256, args.entries);
	EXPECT_LE(1000, args.completions);
	EXPECT_EQ(ACALL_TEST_VERSION, args.version);
	acall_queue_destroy(queue);
	args.slots = 2;
	args.entries = 8;
	ASSERT_EQ(0, acall_queue_create_args(self->dev, &args, &queue));
	EXPECT_EQ(8, args.entries);
	acall_queue_destroy(queue);
	acall_queue_destroy(NULL);
}

TEST_F(acall, queue_create_refuses_and_leaves_the_pointer)
{
	struct acall_create_queue args = {
		.size = sizeof(args), .interface = "test", .slots = 8,
		.entries = 3,
	};
	acall_queue_t *const mark = (acall_queue_t *)&args;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	acall_queue_t *queue = mark;
	struct rlimit limit, none;
	int fds = count_fds();

	EXPECT_EQ(-ENOENT, acall_queue_create("test-none", 0, 1, 0, &queue));
	EXPECT_EQ(-EINVAL, acall_queue_create(NULL, 0, 1, 0, &queue));
	EXPECT_EQ(-EINVAL, acall_queue_create("test", 0, 1, 0, NULL));
	EXPECT_EQ(-EINVAL, acall_queue_create("test", 0, 0, 0, &queue));
	EXPECT_EQ(-EINVAL, acall_queue_create("test", 0, ACALL_MAX_SLOTS + 1,
					      0, &queue));
	EXPECT_EQ(-EINVAL, acall_queue_create("test", 0, 1, 0x80, &queue));
	EXPECT_EQ(-EPROTONOSUPPORT, acall_queue_create("test", 99, 1, 0,
						       &queue));
	EXPECT_EQ(-ENOTTY, acall_queue_create_on(null, "test", 0, 1, 0,
						 &queue));
	EXPECT_EQ(-ENOTTY, acall_queue_create_on(self->fd, "test", 0, 1, 0,
						 &queue));
	EXPECT_EQ(-EBADF, acall_queue_create_on(-5, "test", 0, 1, 0, &queue));
	EXPECT_EQ(-EINVAL, acall_queue_create_args(self->dev, NULL, &queue));
	EXPECT_EQ(-EINVAL, acall_queue_create_args(self->dev, &args, &queue));
	args.entries = 0;
	args.size -= 8;
	EXPECT_EQ(-EINVAL, acall_queue_create_args(self->dev, &args, &queue));

	pretended_old = true;
	EXPECT_EQ(-EOPNOTSUPP, acall_queue_create("test", 0, 1, 0, &queue));
	EXPECT_EQ(-EOPNOTSUPP, acall_queue_create_on(self->dev, "test", 0, 1,
						     0, &queue));
	EXPECT_EQ(-ENOTTY, acall_queue_create_on(null, "test", 0, 1, 0,
						 &queue));
	pretended_old = false;

	/* Also where there is no room for the rings in this process. */
	ASSERT_EQ(0, getrlimit(RLIMIT_AS, &limit));
	none = limit;
	none.rlim_cur = 4096;
	ASSERT_EQ(0, setrlimit(RLIMIT_AS, &none));
	EXPECT_EQ(-ENOMEM, acall_queue_create("test", 0, 64, 0, &queue));
	ASSERT_EQ(0, setrlimit(RLIMIT_AS, &limit));
	EXPECT_EQ(mark, queue);
	EXPECT_EQ(fds, count_fds());
}

TEST_F(acall, queue_misuse_is_EINVAL)
{
	struct acall_enter enter = { .size = sizeof(enter) - 8 };
	struct acall_options options = { .reserved = { [6] = 1 } };
	acall_queue_t *queue = new_queue(_metadata, "test", 2);
	struct acall_submission *sub;

	EXPECT_EQ(-EINVAL, acall_queue_fd(NULL));
	EXPECT_EQ(0, acall_queue_version(NULL));
	EXPECT_EQ(NULL, acall_queue_get_submission(NULL));
	EXPECT_EQ(-EINVAL, acall_queue_prepare(NULL, ACALL_TEST_NOP, NULL, 0,
					       0));
	EXPECT_EQ(-EINVAL, acall_queue_set_files(NULL, NULL, 0));
	EXPECT_EQ(-EINVAL, acall_queue_set_options(NULL, NULL));
	EXPECT_EQ(-EINVAL, acall_queue_submit(NULL));
	EXPECT_EQ(-EINVAL, acall_queue_submit_and_wait(NULL, 1, ACALL_NOW));
	EXPECT_EQ(NULL, acall_queue_submitted(NULL, 0));
	EXPECT_EQ(0, acall_queue_unsubmitted(NULL));
	EXPECT_EQ(-EINVAL, acall_queue_wait(NULL, 1, ACALL_NOW));
	EXPECT_EQ(0, acall_queue_ready(NULL));
	EXPECT_EQ(NULL, acall_queue_peek(NULL, 0));
	EXPECT_EQ(-EINVAL, acall_queue_seen(NULL, 0));
	EXPECT_EQ(-EINVAL, acall_queue_enter(NULL, &enter));
	EXPECT_EQ(-EINVAL, acall_queue_enter(queue, NULL));
	EXPECT_EQ(-EINVAL, acall_queue_enter(queue, &enter));
	EXPECT_EQ(-EINVAL, acall_queue_seen(queue, 1));

	/* A mistake in the options leaves the entry as it was. */
	sub = add_nop(queue, 5);
	EXPECT_EQ(-EINVAL, acall_queue_set_options(sub, &options));
	options = (struct acall_options) { .flags = ACALL_BEGIN_INLINE };
	EXPECT_EQ(-EINVAL, acall_queue_set_options(sub, &options));
	EXPECT_EQ(1, acall_queue_submit_and_wait(queue, 1, ACALL_FOREVER));
	EXPECT_EQ(5, acall_queue_peek(queue, 0)->user_data);
	EXPECT_EQ(NULL, acall_queue_peek(queue, 1));
	EXPECT_EQ(-EINVAL, acall_queue_seen(queue, 2));
	EXPECT_EQ(1, acall_queue_ready(queue));
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_begins_with_input_of_any_length)
{
	static const size_t lengths[] = {
		0, 1, ACALL_SUBMISSION_BYTES, ACALL_SUBMISSION_BYTES + 1, 4096,
	};
	acall_queue_t *queue = new_queue(_metadata, "test", 8);
	char in[4096], out[4096];
	const struct acall_completion *done;
	struct acall_submission *sub;
	struct acall_result result;
	unsigned int i;
	size_t len;

	for (i = 0; i < sizeof(in); i++)
		in[i] = i * 7;
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		sub = acall_queue_get_submission(queue);
		ASSERT_NE(NULL, sub);
		EXPECT_EQ(0, acall_queue_prepare(sub, ACALL_TEST_ECHO, in,
						 lengths[i], i));
		sub->tag = 100 + i;
	}
	EXPECT_EQ(ARRAY_SIZE(lengths), acall_queue_unsubmitted(queue));
	EXPECT_EQ(ARRAY_SIZE(lengths),
		  acall_queue_submit_and_wait(queue, ARRAY_SIZE(lengths),
					      ACALL_FOREVER));
	EXPECT_EQ(0, acall_queue_unsubmitted(queue));
	ASSERT_EQ(ARRAY_SIZE(lengths), acall_queue_ready(queue));
	for (i = 0; (done = acall_queue_peek(queue, i)); i++) {
		ASSERT_GT(ARRAY_SIZE(lengths), done->user_data);
		len = lengths[done->user_data];
		EXPECT_EQ(100 + done->user_data, done->tag);
		EXPECT_EQ(0, done->status);
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, done->outcome);
		EXPECT_EQ(handle_of(queue, done->user_data), done->handle);
		EXPECT_NE(0, done->call_id);
		EXPECT_EQ(len, done->out_len);
		EXPECT_EQ(0, done->nr_files);
		EXPECT_EQ(len ? ACALL_RESULT_MORE : 0, done->result);
		if (!len)
			continue;
		memset(out, 0, sizeof(out));
		EXPECT_EQ(0, acall_queue_finish(queue, done->handle, out,
						sizeof(out), NULL, 0,
						&result));
		EXPECT_EQ(len, result.out_len);
		EXPECT_EQ(0, memcmp(in, out, len));
	}
	EXPECT_EQ(ARRAY_SIZE(lengths), i);
	EXPECT_EQ(0, acall_queue_seen(queue, i));
	EXPECT_EQ(0, acall_queue_ready(queue));
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_takes_small_input_before_it_is_submitted)
{
	acall_queue_t *queue = new_queue(_metadata, "test", 1);
	struct acall_submission *sub = acall_queue_get_submission(queue);
	struct acall_completion done;
	char text[] = "as it was", out[16] = "";

	EXPECT_EQ(0, acall_queue_prepare(sub, ACALL_TEST_ECHO, text,
					 sizeof(text), 0));
	memset(text, 'x', sizeof(text));
	EXPECT_EQ(1, acall_queue_submit(queue));
	ASSERT_EQ(0, take(queue, &done));
	EXPECT_EQ(0, acall_queue_finish(queue, done.handle, out, sizeof(out),
					NULL, 0, NULL));
	EXPECT_STREQ("as it was", out);
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_rings_go_round)
{
	acall_queue_t *queue = new_queue(_metadata, "test", 3);
	const struct acall_completion *done;
	unsigned int i, n;
	__u64 sum = 0;

	for (i = 0; i < 100; i++) {
		for (n = 0; n < 3; n++)
			ASSERT_NE(NULL, add_nop(queue, i * 3 + n));
		ASSERT_EQ(3, acall_queue_submit_and_wait(queue, 3,
							 ACALL_FOREVER));
		for (n = 0; (done = acall_queue_peek(queue, n)); n++)
			sum += done->user_data;
		ASSERT_EQ(3, n);
		ASSERT_EQ(0, acall_queue_seen(queue, 3));
	}
	EXPECT_EQ(300 * 299 / 2, sum);
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_gives_no_entry_when_the_ring_is_full)
{
	acall_queue_t *queue = new_queue(_metadata, "test", 4);
	int i;

	for (i = 0; i < 4; i++)
		ASSERT_NE(NULL, add_nop(queue, i));
	EXPECT_EQ(NULL, add_nop(queue, 4));
	EXPECT_EQ(4, acall_queue_unsubmitted(queue));
	EXPECT_EQ(4, acall_queue_submit(queue));
	EXPECT_NE(NULL, add_nop(queue, 4));
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_entries_that_are_refused_say_why)
{
	static const int errors[] = {
		0, -EINVAL, -EXDEV, -EBADF, -EFAULT, -E2BIG, -EOPNOTSUPP, 0,
	};
	const struct acall_options deadline = { .deadline = 1 };
	acall_queue_t *queue = new_queue(_metadata, "test", 8);
	struct acall_submission *sub[ARRAY_SIZE(errors)];
	const struct acall_submission *taken;
	const int bad = 12345;
	const __s32 code = -EXDEV;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		sub[i] = add_nop(queue, i);
		ASSERT_NE(NULL, sub[i]);
	}
	acall_queue_prepare(sub[1], 4711, NULL, 0, 1);
	acall_queue_prepare(sub[2], ACALL_TEST_REFUSE, &code, sizeof(code), 2);
	acall_queue_prepare(sub[3], ACALL_TEST_HOLD, NULL, 0, 3);
	acall_queue_set_files(sub[3], &bad, 1);
	acall_queue_prepare(sub[4], ACALL_TEST_ECHO, NULL, 8, 4);
	acall_queue_prepare(sub[5], ACALL_TEST_ECHO, &code, SIZE_MAX, 5);
	acall_queue_prepare(sub[6], ACALL_TEST_INLINE_ECHO, NULL, 0, 6);
	acall_queue_set_options(sub[6], &deadline);

	/* And are no reason not to begin what comes after them. */
	EXPECT_EQ(2, acall_queue_submit_and_wait(queue, 2, ACALL_FOREVER));
	EXPECT_EQ(2, acall_queue_ready(queue));
	for (i = 0; (taken = acall_queue_submitted(queue, i)); i++) {
		EXPECT_EQ(sub[i], taken);
		EXPECT_EQ(errors[i], taken->error) {
			TH_LOG("entry %u", i);
		}
		EXPECT_EQ(!errors[i], !!taken->handle);
	}
	EXPECT_EQ(ARRAY_SIZE(errors), i);
	EXPECT_EQ(0, acall_queue_seen(queue, 2));

	/* None begun is no error of the submit. */
	acall_queue_prepare(add_nop(queue, 0), 4711, NULL, 0, 0);
	EXPECT_EQ(0, acall_queue_submit(queue));
	EXPECT_EQ(-EINVAL, acall_queue_submitted(queue, 0)->error);
	EXPECT_EQ(NULL, acall_queue_submitted(queue, 1));
	/* Nothing to submit takes nothing. */
	EXPECT_EQ(0, acall_queue_submit(queue));
	EXPECT_EQ(NULL, acall_queue_submitted(queue, 0));
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_without_a_free_slot_leaves_entries_in_the_ring)
{
	struct acall_create_queue args = {
		.size = sizeof(args), .interface = "test", .slots = 2,
		.entries = 8,
	};
	struct acall_completion done;
	acall_queue_t *queue;
	int i;

	ASSERT_EQ(0, acall_queue_create_args(self->dev, &args, &queue));
	for (i = 0; i < 2; i++)
		ASSERT_NE(NULL, add_at(queue, ACALL_TEST_GATE, self->id, 0));
	for (i = 0; i < 3; i++)
		ASSERT_NE(NULL, add_nop(queue, i));
	EXPECT_EQ(2, acall_queue_submit(queue));
	EXPECT_EQ(3, acall_queue_unsubmitted(queue));
	EXPECT_EQ(NULL, acall_queue_submitted(queue, 2));
	EXPECT_EQ(-EAGAIN, acall_queue_submit(queue));
	EXPECT_EQ(3, acall_queue_unsubmitted(queue));
	EXPECT_EQ(NULL, acall_queue_submitted(queue, 0));

	/* Ready is not finished yet, read is. */
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, acall_queue_wait(queue, 2, ACALL_FOREVER));
	EXPECT_EQ(-EAGAIN, acall_queue_submit(queue));
	EXPECT_EQ(0, acall_queue_seen(queue, 1));
	EXPECT_EQ(1, acall_queue_submit(queue));
	EXPECT_EQ(2, acall_queue_unsubmitted(queue));
	EXPECT_EQ(0, take(queue, &done));
	EXPECT_EQ(self->id, done.user_data);
	EXPECT_EQ(0, take(queue, &done));
	EXPECT_EQ(0, done.user_data);
	EXPECT_EQ(2, acall_queue_submit(queue));
	EXPECT_EQ(0, acall_queue_wait(queue, 2, ACALL_FOREVER));
	EXPECT_EQ(0, acall_queue_unsubmitted(queue));
	acall_queue_destroy(queue);
}

struct waiter {
	struct thread t;
	acall_queue_t *queue;
	bool submits;
};

static int do_queue_wait(struct thread *t)
{
	struct waiter *w = (struct waiter *)t;

	return w->submits ?
		acall_queue_submit_and_wait(w->queue, 1, ACALL_FOREVER) :
		acall_queue_wait(w->queue, 1, ACALL_FOREVER);
}

TEST_F(acall, queue_wait_and_its_errors)
{
	acall_queue_t *queue = new_queue(_metadata, "test", 2);
	struct waiter w = { .t.fn = do_queue_wait, .queue = queue };

	EXPECT_EQ(-ESRCH, acall_queue_wait(queue, 1, ACALL_FOREVER));
	EXPECT_EQ(0, acall_queue_wait(queue, 0, ACALL_FOREVER));
	ASSERT_NE(0, run_at(queue, self->ctl, ACALL_TEST_GATE, self->id, 0));
	EXPECT_EQ(-ETIMEDOUT, acall_queue_wait(queue, 1, ACALL_NOW));
	EXPECT_EQ(-ETIMEDOUT, acall_queue_wait(queue, 1, acall_after_ns(MSEC)));
	EXPECT_EQ(0, acall_queue_wait(queue, 0, ACALL_FOREVER));
	ASSERT_EQ(0, thread_block(&w.t, ACALL_IOC_ENTER));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, thread_join(&w.t));
	EXPECT_EQ(1, acall_queue_ready(queue));
	/* Only one could come. */
	EXPECT_EQ(-ESRCH, acall_queue_wait(queue, 2, ACALL_FOREVER));
	EXPECT_EQ(0, acall_queue_wait(queue, 1, ACALL_NOW));
	EXPECT_EQ(1, acall_queue_ready(queue));
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_signals_interrupt_wait)
{
	acall_queue_t *queue = new_queue(_metadata, "test", 2);
	struct waiter w = { .t.fn = do_queue_wait, .queue = queue };

	ASSERT_NE(0, run_at(queue, self->ctl, ACALL_TEST_GATE, self->id, 0));
	handle_signal(SIGUSR1, SA_RESTART);
	ASSERT_EQ(0, thread_block(&w.t, ACALL_IOC_ENTER));
	EXPECT_EQ(0, thread_signal(&w.t, SIGUSR1));
	EXPECT_EQ(0, wait_signals_handled(1));
	EXPECT_EQ(0, wait_blocked(getpid(), w.t.tid, __NR_ioctl,
				  ACALL_IOC_ENTER));
	handle_signal(SIGUSR1, 0);
	EXPECT_EQ(0, thread_signal(&w.t, SIGUSR1));
	EXPECT_EQ(-EINTR, thread_join(&w.t));
	EXPECT_EQ(0, acall_queue_ready(queue));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, acall_queue_wait(queue, 1, ACALL_FOREVER));
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_tells_what_was_begun_however_the_wait_ended)
{
	acall_queue_t *queue = new_queue(_metadata, "test", 4);
	struct waiter w = {
		.t.fn = do_queue_wait, .queue = queue, .submits = true,
	};

	ASSERT_NE(NULL, add_at(queue, ACALL_TEST_GATE, self->id, 0));
	EXPECT_EQ(1, acall_queue_submit_and_wait(queue, 1, ACALL_NOW));
	EXPECT_EQ(0, acall_queue_ready(queue));
	EXPECT_NE(0, handle_of(queue, 0));
	/* A handler does not begin it twice. */
	handle_signal(SIGUSR1, SA_RESTART);
	ASSERT_NE(NULL, add_at(queue, ACALL_TEST_GATE, self->id, 0));
	ASSERT_EQ(0, thread_block(&w.t, ACALL_IOC_ENTER));
	EXPECT_EQ(0, thread_signal(&w.t, SIGUSR1));
	EXPECT_EQ(1, thread_join(&w.t));
	EXPECT_EQ(0, acall_queue_ready(queue));
	EXPECT_EQ(0, acall_queue_unsubmitted(queue));
	/* With nothing to submit it is a wait. */
	EXPECT_EQ(-ETIMEDOUT, acall_queue_submit_and_wait(queue, 1,
							  ACALL_NOW));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, acall_queue_submit_and_wait(queue, 2, ACALL_FOREVER));
	EXPECT_EQ(2, acall_queue_ready(queue));
	EXPECT_EQ(2, ctl_get(self->ctl, self->id).starts);
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_fd_is_readable_until_all_is_seen)
{
	acall_queue_t *queue = new_queue(_metadata, "test", 2);
	int fd = acall_queue_fd(queue);

	EXPECT_EQ(0, revents_of(fd, POLLIN));
	ASSERT_NE(NULL, add_nop(queue, 0));
	ASSERT_NE(NULL, add_nop(queue, 1));
	EXPECT_EQ(2, acall_queue_submit_and_wait(queue, 2, ACALL_FOREVER));
	EXPECT_EQ(POLLIN, revents_of(fd, POLLIN));
	EXPECT_EQ(0, acall_queue_seen(queue, 1));
	EXPECT_EQ(POLLIN, revents_of(fd, POLLIN));
	EXPECT_EQ(0, acall_queue_seen(queue, 1));
	EXPECT_EQ(0, revents_of(fd, POLLIN));
	acall_queue_destroy(queue);
}

static int do_read(struct thread *t)
{
	acall_queue_t *queue = ((struct waiter *)t)->queue;
	const struct acall_completion *done;
	__u64 since = now_ns();
	unsigned int n, total;
	int ret;

	for (total = 0; total < MANY; total += n) {
		/* None may be pending now, and some soon. */
		ret = acall_queue_wait(queue, 1, ACALL_FOREVER);
		CHECK(!ret || ret == -ESRCH);
		CHECK(!guard_expired(since));
		if (ret)
			give_way();
		for (n = 0; (done = acall_queue_peek(queue, n)); n++) {
			CHECK(done->outcome == ACALL_OUTCOME_COMPLETED);
			t->value += done->user_data;
		}
		CHECK(!acall_queue_seen(queue, n));
	}
	return 0;
}

TEST_F(acall, queue_one_thread_submits_while_another_reads)
{
	acall_queue_t *queue = new_queue(_metadata, "test", 16);
	struct waiter w = { .t.fn = do_read, .queue = queue };
	__u64 since = now_ns();
	unsigned int i = 0, begun = 0;
	int ret;

	ASSERT_EQ(0, thread_start(&w.t));
	while (begun < MANY && !guard_expired(since)) {
		while (i < MANY && add_nop(queue, i))
			i++;
		ret = acall_queue_submit(queue);
		if (ret == -EAGAIN) {
			give_way();
			continue;
		}
		ASSERT_LE(0, ret);
		begun += ret;
	}
	EXPECT_EQ(MANY, begun);
	EXPECT_EQ(0, thread_join(&w.t));
	EXPECT_EQ((__u64)MANY * (MANY - 1) / 2, w.t.value);
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_enter_does_as_much_as_it_is_told)
{
	acall_queue_t *queue = new_queue(_metadata, "test", 4);
	struct acall_enter_cancel cancel = { 0 };
	struct acall_enter enter = { .size = sizeof(enter), .begin = 1 };

	ASSERT_NE(NULL, add_at(queue, ACALL_TEST_COOP, self->id, 0));
	ASSERT_NE(NULL, add_nop(queue, 7));
	EXPECT_EQ(0, acall_queue_enter(queue, &enter));
	EXPECT_EQ(1, enter.taken);
	EXPECT_EQ(1, enter.begun);
	EXPECT_EQ(0, enter.error);
	EXPECT_EQ(1, acall_queue_unsubmitted(queue));
	EXPECT_EQ(0, wait_starts(self->ctl, self->id, 1));

	/* Begin, cancel and wait in one. */
	cancel.handle = handle_of(queue, 0);
	enter = (struct acall_enter) {
		.size = sizeof(enter), .flags = ACALL_ENTER_WORKER,
		.begin = 4, .wait = 2, .until = ACALL_FOREVER,
		.cancels = PTR(&cancel), .nr_cancels = 1,
	};
	EXPECT_EQ(0, acall_queue_enter(queue, &enter));
	EXPECT_EQ(1, enter.taken);
	EXPECT_EQ(0, cancel.error);
	EXPECT_EQ(2, acall_queue_ready(queue));
	acall_queue_destroy(queue);
}

TEST_F(acall, queue_destroy_cancels_and_does_not_wait)
{
	acall_queue_t *queue = new_queue(_metadata, "test", 2);

	ASSERT_NE(0, run_at(queue, self->ctl, ACALL_TEST_LATE, self->id, 0));
	acall_queue_destroy(queue);	/* the method has not ended */
	EXPECT_EQ(0, wait_seen(self->ctl, self->id, 1));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
}

TEST_F(acall, queue_errors_in_words)
{
	char text[256];

	acall_strerror(NULL, ACALL_OP_ENTER, -EAGAIN, text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "slot"));
	acall_strerror(NULL, ACALL_OP_ENTER, -EDQUOT, text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "your limit"));
	acall_strerror(NULL, ACALL_OP_CREATE, -EDQUOT, text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "queue"));
	acall_strerror(NULL, ACALL_OP_ENTER, -ESRCH, text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "pending"));
}

TEST_HARNESS_MAIN
