// SPDX-License-Identifier: GPL-2.0-only
/*
 * Over suspend, calls pause at their next look, and a long one does not make
 * suspend fail (the contract's Limits).
 *
 * The kernel's side of it can be had without suspending: whoever holds
 * /dev/snapshot open is about to hibernate, and modules are told so; closing it
 * ends that. SNAPSHOT_FREEZE then freezes every other task, as any suspend does.
 * The machine really suspends only where ACALL_SUSPEND says how (a state of
 * /sys/power/state) and so that it may.
 *
 * The race is with a method that is between two looks when the pause begins: it
 * is given as long as it needs.
 */
#include "acall_more.h"

#include <linux/acall_file.h>
#include <linux/suspend_ioctls.h>

#define SNAPSHOT	"/dev/snapshot"
#define WAKEALARM	"/sys/class/rtc/rtc0/wakealarm"

/* Return: what to close, or -errno. */
static int pause_calls(void)
{
	int fd = open(SNAPSHOT, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Which of it is a lack of the machine's. */
static bool cannot(int err)
{
	return err == -ENOENT || err == -EPERM || err == -ENODEV ||
	       err == -EBUSY;
}

static __u64 progress_of(int fd)
{
	struct acall_query q;

	return sys_query(fd, 0, &q) ? 0 : q.progress;
}

/* Waits until @fd's call has come further than @progress. */
static int wait_further(int fd, __u64 progress)
{
	__u64 since = now_ns();

	while (progress_of(fd) <= progress) {
		if (guard_expired(since) || state_of(fd) == ACALL_STATE_DONE)
			return -ETIMEDOUT;
		give_way();
	}
	return 0;
}

/* How long @fd's call needs for @steps of its progress. */
static __u64 time_of(int fd, __u64 steps)
{
	__u64 before = now_ns();

	return wait_further(fd, progress_of(fd) + steps) ? 0 :
	       now_ns() - before;
}

/*
 * Waits until @fd's call has not moved for @ns, in which it would have made many
 * steps, and then looks as long again. @at is where it stands.
 */
static int stands_still(int fd, __u64 ns, __u64 *at)
{
	int tries = 0;

	/* A call that moves in each of so many windows does not pause. */
	do {
		CHECK(tries++ < 50);
		*at = progress_of(fd);
		CHECK(!pass_time(fd, now_ns() + ns));
	} while (progress_of(fd) != *at);
	CHECK(!pass_time(fd, now_ns() + ns));
	CHECK(progress_of(fd) == *at);
	return 0;
}

TEST_F(acall, suspend_pauses_a_call_at_its_next_look)
{
	struct acall_query q;
	struct acall_finish f;
	__u64 ns, at;
	int snapshot;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_CHECKPOINT,
			      self->id, NULL));
	ASSERT_EQ(0, wait_further(self->fd, 0));
	ns = time_of(self->fd, 20);
	ASSERT_NE(0, ns);
	snapshot = pause_calls();
	if (cannot(snapshot))
		SKIP(return, SNAPSHOT ": %s", strerror(-snapshot));
	ASSERT_LE(0, snapshot);
	ASSERT_EQ(0, stands_still(self->fd, ns, &at));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_STATE_RUNNING, q.state);
	EXPECT_EQ(0, q.cancel_ns);
	/* It goes on, and ends as if nothing had been. */
	ASSERT_EQ(0, close(snapshot));
	EXPECT_EQ(0, wait_further(self->fd, at));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(0, f.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
}

TEST_F(acall, suspend_pauses_many_times)
{
	__u64 at;
	int i, snapshot;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_CHECKPOINT,
			      self->id, NULL));
	for (i = 0; i < 50; i++) {
		at = progress_of(self->fd);
		ASSERT_EQ(0, wait_further(self->fd, at));
		snapshot = pause_calls();
		if (cannot(snapshot))
			SKIP(return, SNAPSHOT ": %s", strerror(-snapshot));
		if (i & 1)
			EXPECT_EQ(0, pass_time(self->fd, now_ns() + MSEC));
		ASSERT_EQ(0, close(snapshot));
	}
	at = progress_of(self->fd);
	EXPECT_EQ(0, wait_further(self->fd, at));
}

TEST_F(acall, suspend_a_paused_call_can_be_cancelled)
{
	static const struct {
		__u32 flags;
		__u32 outcome;
	} how[] = {
		{ 0, ACALL_OUTCOME_STOPPED },
		{ ACALL_CANCEL_NOWAIT, ACALL_OUTCOME_STOPPED },
		{ ACALL_CANCEL_ABANDON, ACALL_OUTCOME_ABANDONED },
	};
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;
	int snapshot;
	__u64 ns, at;

	for (i = 0; i < ARRAY_SIZE(how); i++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, one_call(self->fd, self->ctl,
				      ACALL_TEST_CHECKPOINT, id, NULL));
		ns = time_of(self->fd, 5);
		snapshot = pause_calls();
		if (cannot(snapshot))
			SKIP(return, SNAPSHOT ": %s", strerror(-snapshot));
		ASSERT_EQ(0, stands_still(self->fd, ns, &at));
		EXPECT_EQ(0, sys_cancel(self->fd, how[i].flags, 0, 0, &c));
		/* While the pause lasts. */
		EXPECT_EQ(0, sys_wait_until(self->fd, 0, hopeless()));
		ASSERT_EQ(0, sys_finish_now(self->fd, &f));
		EXPECT_EQ(how[i].outcome, f.outcome);
		EXPECT_EQ(at, f.progress);
		EXPECT_EQ(0, wait_counter("executions", 0));
		EXPECT_EQ(1, ctl_get(self->ctl, id).seen);
		ASSERT_EQ(0, close(snapshot));
	}
}

TEST_F(acall, suspend_deadline_and_close_end_a_paused_call_too)
{
	int snapshot, fd = sys_create(self->dev, "test");
	struct acall_finish f;
	__u64 id = fresh_id();

	snapshot = pause_calls();
	if (cannot(snapshot))
		SKIP(return, SNAPSHOT ": %s", strerror(-snapshot));
	ASSERT_EQ(0, sys_begin_deadline(self->fd, ACALL_TEST_CHECKPOINT,
					self->id, now_ns() + 50 * MSEC, 0));
	EXPECT_EQ(0, sys_wait_until(self->fd, 0, hopeless()));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-ETIME, f.status);

	ASSERT_EQ(0, one_call(fd, self->ctl, ACALL_TEST_CHECKPOINT, id, NULL));
	ASSERT_EQ(0, close(fd));
	EXPECT_EQ(0, wait_counter("executions", 0));
	ASSERT_EQ(0, close(snapshot));
}

static int begin_hash(int obj, int file, __u64 len)
{
	struct acall_file_hash in = { .length = len, .algorithm = "sha256" };
	__s32 fd = file;
	struct acall_begin b = {
		.size = sizeof(b), .method = ACALL_FILE_HASH,
		.files = PTR(&fd), .nr_files = 1, .in = PTR(&in),
		.in_len = sizeof(in),
	};

	return sys_begin_struct(obj, &b);
}

TEST_F(acall, suspend_pauses_the_hash_of_a_file)
{
	const __u64 len = 24 << 20;
	int obj = sys_create(self->dev, ACALL_FILE_INTERFACE), file, snapshot;
	char digest[2][ACALL_FILE_DIGEST_MAX] = { "" };
	struct acall_finish f;
	__u64 at;
	int i;

	if (obj < 0)
		SKIP(return, "no interface " ACALL_FILE_INTERFACE);
	file = open(tmp_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	ASSERT_LE(0, file);
	ASSERT_EQ(0, ftruncate(file, len));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, begin_hash(obj, file, len));
		ASSERT_EQ(0, wait_further(obj, 0));
		snapshot = i ? pause_calls() : -1;
		if (i && cannot(snapshot))
			SKIP(return, SNAPSHOT ": %s", strerror(-snapshot));
		if (i) {
			EXPECT_EQ(0, stands_still(obj, 300 * MSEC, &at));
			EXPECT_GT(len, at);
			ASSERT_EQ(0, close(snapshot));
		}
		ASSERT_EQ(0, sys_finish_out(obj, digest[i], sizeof(digest[i]),
					    &f));
		EXPECT_EQ(0, f.status);
		EXPECT_EQ(len, f.progress);
		EXPECT_EQ(32, f.out_len);
	}
	EXPECT_EQ(0, memcmp(digest[0], digest[1], 32));
}

/* One thread in each operation that blocks, on an object of its own. */
struct blocked {
	struct actor a[5];
	struct caller c;
	__u64 id;
};

static int block_everywhere(struct _test_data_acall *self, struct blocked *b)
{
	static const struct {
		enum act act;
		__u32 wait_flags;
	} how[] = {
		{ ACT_WAIT, 0 }, { ACT_WAIT, ACALL_WAIT_SETTLED },
		{ ACT_FINISH, 0 }, { ACT_CANCEL, 0 }, { ACT_POLL, 0 },
	};
	unsigned int i;
	int fd;

	memset(b, 0, sizeof(*b));
	b->id = fresh_id();
	for (i = 0; i < ARRAY_SIZE(how); i++) {
		fd = sys_create(self->dev, "test");
		CHECK(!sys_begin_arg(fd, ACALL_TEST_GATE, b->id, 0, 0, NULL));
		b->a[i] = (struct actor) {
			.act = how[i].act, .fd = fd, .events = POLLIN,
			.wait = { .flags = how[i].wait_flags,
				  .until = FOREVER },
			.cancel.grace_ns = FOREVER,
		};
	}
	CHECK(!wait_starts(self->ctl, b->id, ARRAY_SIZE(how)));
	for (i = 0; i < ARRAY_SIZE(how); i++)
		CHECK(!actor_block(&b->a[i]));
	fd = sys_create(self->dev, "test");
	CHECK(!caller_block(&b->c, fd, self->ctl, ACALL_TEST_COOP,
			    fresh_id()));
	return 0;
}

/* They are where they were, and end as they should. */
static int undisturbed(struct _test_data_acall *self, struct blocked *b)
{
	unsigned int i, ended = 0;

	/* poll is the kernel's own, and restarted by another name. */
	for (i = 0; i < ARRAY_SIZE(b->a); i++) {
		if (b->a[i].act != ACT_POLL)
			actor_blocked(&b->a[i]);
		if (!actor_ended(&b->a[i]))
			continue;
		fprintf(stderr, "# %u: ended with %d\n", i, b->a[i].ret);
		ended++;
	}
	wait_blocked(getpid(), b->c.tid, __NR_ioctl, ACALL_IOC_CALL);
	if (__atomic_load_n(&b->c.ended, __ATOMIC_ACQUIRE)) {
		fprintf(stderr, "# CALL ended with %d\n", b->c.ret);
		ended++;
	}
	CHECK(!ended);
	CHECK(!forget(self->ctl, 0));
	CHECK(actor_join(&b->a[0]) == 0);
	CHECK(actor_join(&b->a[1]) == 0);
	CHECK(actor_join(&b->a[2]) == 0);
	CHECK(b->a[2].finish.outcome == ACALL_OUTCOME_COMPLETED);
	CHECK(actor_join(&b->a[3]) == -ESRCH);
	CHECK(actor_join(&b->a[4]) == POLLIN);
	CHECK(caller_join(&b->c) == 0);
	CHECK(b->c.args.outcome == ACALL_OUTCOME_COMPLETED);
	return 0;
}

/* Calls of every kind that run long, none of which a suspend has to wait for. */
static int begin_long_ones(struct _test_data_acall *self)
{
	static const __u32 methods[] = {
		ACALL_TEST_CHECKPOINT, ACALL_TEST_GATE, ACALL_TEST_COOP,
		ACALL_TEST_KILLABLE, ACALL_TEST_LATE,
	};
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		fd = sys_create(self->dev, "test");
		CHECK(!one_call(fd, self->ctl, methods[i], fresh_id(), NULL));
	}
	return 0;
}

TEST_F(acall, suspend_is_not_held_up_and_disturbs_nobody_who_waits)
{
	struct blocked b;
	int snapshot, ret;

	snapshot = pause_calls();
	if (cannot(snapshot))
		SKIP(return, SNAPSHOT ": %s", strerror(-snapshot));
	close(snapshot);
	ASSERT_EQ(0, begin_long_ones(self));
	ASSERT_EQ(0, block_everywhere(self, &b));
	snapshot = pause_calls();
	ASSERT_LE(0, snapshot);
	ret = sys_ioctl(snapshot, SNAPSHOT_FREEZE, NULL);
	EXPECT_EQ(0, ret);
	/* All are frozen, but for this one. */
	if (!ret)
		EXPECT_EQ(0, sys_ioctl(snapshot, SNAPSHOT_UNFREEZE, NULL));
	ASSERT_EQ(0, close(snapshot));
	/* Nobody sent them a signal: none of them ends with EINTR. */
	EXPECT_EQ(0, undisturbed(self, &b));
}

static __u64 boot_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * SEC + ts.tv_nsec;
}

TEST_F(acall, suspend_of_the_machine)
{
	const char *state = getenv("ACALL_SUSPEND");
	__u64 at, deadline, slept;
	struct acall_finish f;
	struct blocked b;
	char alarm[16];
	int fd;

	if (!state)
		SKIP(return, "ACALL_SUSPEND does not say that it may");
	/* It wakes up by its clock, or never. */
	if (access(WAKEALARM, W_OK))
		SKIP(return, "no " WAKEALARM);
	ASSERT_EQ(0, begin_long_ones(self));
	ASSERT_EQ(0, block_everywhere(self, &b));
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_CHECKPOINT,
			      self->id, NULL));
	ASSERT_EQ(0, wait_further(self->fd, 0));
	snprintf(alarm, sizeof(alarm), "+%u", 6 * scale());
	write_file(WAKEALARM, "0");
	ASSERT_EQ(0, write_file(WAKEALARM, alarm));
	fd = sys_create(self->dev, "test");
	deadline = now_ns() + 3 * SEC * scale();
	ASSERT_EQ(0, sys_begin_deadline(fd, ACALL_TEST_COOP, fresh_id(),
					deadline, 0));
	slept = boot_ns() - now_ns();
	ASSERT_EQ(0, write_file("/sys/power/state", state));
	slept = boot_ns() - now_ns() - slept;
	TH_LOG("slept %llu ms", (unsigned long long)(slept / MSEC));
	EXPECT_LT(0, slept);
	/* All calls go on. */
	at = progress_of(self->fd);
	EXPECT_EQ(0, wait_further(self->fd, at));
	/* The time asleep does not count: never early by the caller's clock. */
	EXPECT_EQ(0, sys_wait_until(fd, 0, hopeless()));
	ASSERT_EQ(0, sys_finish(fd, 0, &f));
	EXPECT_EQ(-ETIME, f.status);
	EXPECT_LE(deadline, f.cancel_ns);
	EXPECT_EQ(0, undisturbed(self, &b));
}

#include "acall_main.h"
