// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mounts whose server has frozen, asked a thousand times, as monitoring does it.
 *
 * Whoever asks is free when his time is over; what is left of it in the kernel is
 * bounded, however often he comes back; nobody hangs; and when the server goes on,
 * all of it goes. Which outcome a try has depends on what the server was doing:
 * file_fuse_stop.c looks at that.
 */
#include "file_fuse_test.h"
#include "file_nfs.h"

#include "acall_more.h"

#define TRIES		1000
#define KILLED		20

/* How a mount can be dead. */
enum death {
	UNREAD,			/* a FUSE server that is stopped */
	UNANSWERED,		/* one that reads, and says nothing */
	NFS,
};

FIXTURE(dead) {
	const char *why;
	struct ft_fuse fuse;
	struct ft_nfs nfs;
	const char *mnt;
	int dev;
	int obj;
	int src;
	int dst;
	int share;
	struct acall_finish finish;
};

FIXTURE_VARIANT(dead) {
	enum death death;
};

FIXTURE_VARIANT_ADD(dead, fuse_unread) {
	.death = UNREAD,
};

FIXTURE_VARIANT_ADD(dead, fuse_unanswered) {
	.death = UNANSWERED,
};

FIXTURE_VARIANT_ADD(dead, nfs) {
	.death = NFS,
};

static const char *start(struct _test_data_dead *self, enum death death)
{
	const char *why = ft_missing("ACALL_DIR_TMPFS");

	why = why ?: ft_missing("ACALL_DIR_EXT4");
	if (why)
		return why;
	if (death == NFS) {
		self->mnt = self->nfs.mnt;
		return ft_nfs_start(&self->nfs);
	}
	self->mnt = self->fuse.mnt;
	return ft_fuse_start(&self->fuse);
}

static void freeze(struct _test_data_dead *self, enum death death)
{
	pid_t server = death == NFS ? self->nfs.between : self->fuse.server;
	const struct ft_fuse_op hold = { .hold = true };
	unsigned int i;

	if (death == UNANSWERED) {
		for (i = 0; i < FT_FUSE_OPS; i++)
			ft_fuse_set(&self->fuse, i, hold);
		return;
	}
	/* It is not stopped yet when the signal has been sent. */
	kill(server, SIGSTOP);
	waitpid(server, NULL, WUNTRACED);
}

static void thaw(struct _test_data_dead *self, enum death death)
{
	if (death == UNANSWERED)
		ft_fuse_open_gate(&self->fuse);
	else
		kill(death == NFS ? self->nfs.between : self->fuse.server,
		     SIGCONT);
}

static int set_up_dead(struct _test_data_dead *self, enum death death)
{
	self->obj = -1;
	self->src = -1;
	self->dst = -1;
	self->why = start(self, death);
	if (self->why)
		return 0;
	self->dev = sys_open_device();
	self->obj = ft_object();
	CHECK(self->obj >= 0);
	self->share = user_share(self->dev, ACALL_FILE_INTERFACE);
	CHECK(self->share > 0);
	self->src = ft_temp("ACALL_DIR_TMPFS");
	CHECK(self->src >= 0);
	CHECK(!ft_write_pattern(self->src, 0, SIZE, SRC_SEED));
	self->dst = ft_open_in(self->mnt, "target");
	CHECK(self->dst >= 0);
	return 0;
}

/* Everything settles, and nobody uses the mount (F8). */
static const char *tear_down_dead(struct _test_data_dead *self,
				  enum death death)
{
	const char *left;

	if (self->why)
		return NULL;
	thaw(self, death);
	close(self->obj);
	close(self->src);
	close(self->dst);
	left = ft_leftovers();
	close(self->dev);
	if (death == NFS ? ft_nfs_stop(&self->nfs) : ft_fuse_stop(&self->fuse))
		left = left ?: "the mount is in use";
	return left;
}

FIXTURE_SETUP(dead)
{
	ASSERT_EQ(0, set_up_dead(self, variant->death));
}

FIXTURE_TEARDOWN(dead)
{
	const char *left = tear_down_dead(self, variant->death);

	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

/* How many programs hang where nothing wakes them; @tell: which. */
static int hanging(bool tell)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int found = 0;

	while (proc && (entry = readdir(proc))) {
		const unsigned long kthread = 0x200000;
		char path[300], text[1024], state = 0, *at;
		unsigned long flags = kthread;
		ssize_t n;
		int fd;

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
		if (n <= 0)
			continue;
		text[n] = 0;
		at = strrchr(text, ')');
		if (at)
			sscanf(at, ") %c %*d %*d %*d %*d %*d %lu", &state,
			       &flags);
		if (state != 'D' || flags & kthread)
			continue;
		if (tell)
			fprintf(stderr, "# hangs: %.60s\n", text);
		found++;
	}
	if (proc)
		closedir(proc);
	return found;
}

/* Some wait for a disk for a moment. */
static bool nobody_hangs(void)
{
	__u64 since = now_ns();

	while (hanging(false)) {
		if (guard_expired(since))
			return !hanging(true);
		give_way();
	}
	return true;
}

/* How many threads the kernel has for work. */
static int workers(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int found = 0;

	while (proc && (entry = readdir(proc))) {
		char path[300], name[16] = "";
		int fd;

		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		found += read(fd, name, sizeof(name)) > 8 &&
			 !memcmp(name, "kworker/", 8);
		close(fd);
	}
	if (proc)
		closedir(proc);
	return found;
}

/* Asks about the mount for at most @time. */
static int ask(struct _test_data_dead *self, __u32 method, __u64 time)
{
	char in[sizeof(struct acall_file_path) + 200] = "";
	char out[sizeof(struct acall_file_stat_out) +
		 sizeof(struct acall_file_statfs_out)];
	size_t len = strlen(self->mnt);
	struct acall_begin b = {
		.size = sizeof(b),
		.flags = ACALL_BEGIN_DEADLINE,
		.method = method,
		.in = PTR(in),
		.in_len = sizeof(struct acall_file_path) + len,
		.deadline = time == FOREVER ? FOREVER : now_ns() + time,
	};

	memcpy(in + sizeof(struct acall_file_path), self->mnt, len);
	return sys_begin_struct(self->obj, &b) ?:
	       sys_finish_out(self->obj, out, sizeof(out), &self->finish);
}

/* Ended by its time, and honestly: it says what may still be going on. */
static bool out_of_time(const struct acall_finish *f)
{
	if (f->status == -ETIME && f->end_ns >= f->begin_ns &&
	    f->outcome != ACALL_OUTCOME_COMPLETED)
		return true;
	fprintf(stderr, "# FINISH: outcome %u status %d\n", f->outcome,
		f->status);
	return false;
}

TEST_F(dead, B5_a_thousand_tries)
{
	int before, started = 0, i;
	long long is, most = 0;
	__u64 time = MSEC;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ask(self, ACALL_FILE_STATFS, FOREVER));
	ASSERT_EQ(0, self->finish.status);
	before = workers();
	freeze(self, variant->death);
	for (i = 0; i < TRIES; i++) {
		ASSERT_EQ(0, ask(self, i & 1 ? ACALL_FILE_STAT :
				 ACALL_FILE_STATFS, time));
		ASSERT_TRUE(out_of_time(&self->finish));
		is = counter("executions");
		most = is > most ? is : most;
		/* Not too short to get anywhere, nor longer than it need be. */
		if (self->finish.outcome != ACALL_OUTCOME_NEVER_STARTED) {
			started++;
			time -= (time - MSEC) / 4;
		} else if (is < self->share && time < SEC) {
			time *= 2;
		}
	}
	EXPECT_LE(self->share, started);
	EXPECT_GE(self->share, most);
	EXPECT_LT(0, before);
	EXPECT_GE(2 * self->share, workers() - before);
	EXPECT_TRUE(nobody_hangs());
	thaw(self, variant->death);
	EXPECT_EQ(0, wait_counter("executions", 0));
	EXPECT_EQ(0, counter("orphans"));
	ASSERT_EQ(0, ask(self, ACALL_FILE_STAT, FOREVER));
	EXPECT_EQ(0, self->finish.status);
	ASSERT_EQ(0, ask(self, ACALL_FILE_STATFS, FOREVER));
	EXPECT_EQ(0, self->finish.status);
}

/* With @in of @method on @files, for at most @time. */
static int work(struct _test_data_dead *self, __u32 method, const void *in,
		__u32 in_len, const int *files, __u32 nr_files, __u64 time)
{
	struct acall_begin b = {
		.size = sizeof(b),
		.flags = ACALL_BEGIN_DEADLINE,
		.method = method,
		.nr_files = nr_files,
		.files = PTR(files),
		.in = PTR(in),
		.in_len = in_len,
		.deadline = now_ns() + time,
		.grace_ns = MSEC,
	};

	return sys_begin_struct(self->obj, &b) ?:
	       ft_finish(self->obj, &self->finish);
}

/* Nothing is reported durable that the server has not said to be. */
TEST_F(dead, B5_copy_and_sync_onto_it)
{
	const struct acall_file_copy copy = { .flags = ACALL_FILE_COPY_SYNC };
	const struct acall_file_sync sync = { .scope = ACALL_FILE_SYNC_FILE };
	struct acall_finish *f = &self->finish;
	__u64 time = 10 * MSEC;
	const int files[] = { self->src, self->dst };
	int round;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (round = 0; round < 3; round++) {
		/* For what is clean NFS's server is not asked. */
		ASSERT_EQ(0, ft_write_byte(self->dst, SIZE, 4096, round));
		freeze(self, variant->death);
		do {
			ASSERT_EQ(0, work(self, ACALL_FILE_COPY, &copy,
					  sizeof(copy), files, 2, time));
			ASSERT_TRUE(out_of_time(f));
			time *= 2;
		} while (f->outcome == ACALL_OUTCOME_NEVER_STARTED);
		/* NFS may have it all in memory by then. */
		EXPECT_GE(SIZE, f->progress);
		do {
			ASSERT_EQ(0, work(self, ACALL_FILE_SYNC, &sync,
					  sizeof(sync), &self->dst, 1, time));
			ASSERT_TRUE(out_of_time(f));
			time *= 2;
		} while (f->outcome == ACALL_OUTCOME_NEVER_STARTED);
		EXPECT_TRUE(nobody_hangs());
		thaw(self, variant->death);
		EXPECT_EQ(0, sys_wait_settled(self->obj, 0, FOREVER));
		EXPECT_EQ(0, counter("executions"));
	}
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &copy, f));
	EXPECT_TRUE(ft_ended(f, 0, SIZE));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, SIZE, SRC_SEED));
}

/* Waits in CALL for ever. */
static int call_statfs(void *arg)
{
	struct _test_data_dead *self = arg;
	char in[sizeof(struct acall_file_path) + 200] = "", out[200];
	size_t len = strlen(self->mnt);
	struct acall_call_args c;
	int obj = ft_object();

	if (obj < 0)
		return 1;
	memcpy(in + sizeof(struct acall_file_path), self->mnt, len);
	c = (struct acall_call_args){
		.size = sizeof(c),
		.method = ACALL_FILE_STATFS,
		.in = PTR(in),
		.in_len = sizeof(struct acall_file_path) + len,
		.out = PTR(out),
		.out_len = sizeof(out),
	};
	sys_call_struct(obj, &c);
	return 2;
}

/* What changes a file of NFS by one request. */
static int begin_change(struct _test_data_dead *self, unsigned int which)
{
	const struct acall_file_allocate punch = {
		.length = FT_MIB / 2,
		.mode = ACALL_FILE_ALLOCATE_PUNCH,
	};
	const struct acall_file_allocate plain = { .length = 2 * FT_MIB };
	const struct acall_file_copy copy = { .dst_offset = FT_MIB / 2 };

	switch (which) {
	case 0:
		return ft_begin(self->obj, ACALL_FILE_ALLOCATE, &punch,
				sizeof(punch), &self->dst, 1);
	case 1:
		return ft_begin(self->obj, ACALL_FILE_ALLOCATE, &plain,
				sizeof(plain), &self->dst, 1);
	default:
		return ft_begin_copy(self->obj, self->src, self->dst, &copy);
	}
}

/* Nothing of it is lost. */
static int open_kept(const char *dir, const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

/* What there is only of NFS. */
FIXTURE(nfs) {
	FIXTURE_DATA(dead) base;
};

FIXTURE_SETUP(nfs)
{
	ASSERT_EQ(0, set_up_dead(&self->base, NFS));
}

FIXTURE_TEARDOWN(nfs)
{
	const char *left = tear_down_dead(&self->base, NFS);

	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

/*
 * Its client forgets what it has asked for when it is killed, and the server does
 * it later. What has been said to be stopped may not change any more.
 */
TEST_F(nfs, X5_what_is_done_later_is_not_stopped)
{
	struct _test_data_dead *base = &self->base;
	struct acall_finish *f = &base->finish;
	struct acall_cancel cancel;
	unsigned int which, tries;
	__u64 progress = 0;
	__u32 outcome = 0;
	int behind, changed;

	if (base->why)
		SKIP(return, "%s", base->why);
	/* On the server's side of it, too. */
	close(base->src);
	base->src = -1;
	behind = open_kept(base->nfs.dir, "source");
	ASSERT_EQ(0, ft_write_pattern(behind, 0, FT_MIB / 2, SRC_SEED + 1));
	close(behind);
	base->src = open_kept(base->mnt, "source");
	ASSERT_GE(base->src, 0);
	behind = open_kept(base->nfs.dir, "target");
	ASSERT_GE(behind, 0);
	for (which = 0; which < 3; which++) {
		for (tries = 0; tries < 100; tries++) {
			ASSERT_EQ(0, ft_write_pattern(base->dst, 0, FT_MIB,
						      SRC_SEED));
			ASSERT_EQ(0, ftruncate(base->dst, FT_MIB));
			ASSERT_EQ(0, fsync(base->dst));
			freeze(base, NFS);
			ASSERT_EQ(0, begin_change(base, which));
			ASSERT_EQ(0, wait_state(base->obj,
						ACALL_STATE_RUNNING));
			ASSERT_EQ(0, sys_cancel(base->obj, 0, 0, 20 * MSEC,
						&cancel));
			ASSERT_EQ(0, ft_finish(base->obj, f));
			outcome = f->outcome;
			progress = f->progress;
			thaw(base, NFS);
			ASSERT_EQ(0, sys_wait_settled(base->obj, 0, FOREVER));
			ASSERT_EQ(0, wait_counter("executions", 0));
			/* Whatever is on its way is before this. */
			ASSERT_EQ(0, ask(base, ACALL_FILE_STATFS, FOREVER));
			changed = ft_size(behind) != FT_MIB ||
				  ft_check_pattern(behind, 0, FT_MIB,
						   SRC_SEED) != -1;
			EXPECT_EQ(0, progress);
			if (outcome == ACALL_OUTCOME_ABANDONED)
				break;
			EXPECT_EQ(ACALL_OUTCOME_STOPPED, outcome);
			ASSERT_EQ(0, changed)
				TH_LOG("%u", which);
		}
		EXPECT_EQ(ACALL_OUTCOME_ABANDONED, outcome);
	}
	close(behind);
}

static int wait_held(struct ft_fuse *f, unsigned int n)
{
	__u64 since = now_ns();

	while (__atomic_load_n(&f->shared->held, __ATOMIC_ACQUIRE) < n) {
		if (guard_expired(since))
			return -ETIMEDOUT;
		give_way();
	}
	return 0;
}

/* As df is not to be killed: it would hang. */
TEST_F(dead, C4_who_waits_for_it_can_be_killed)
{
	pid_t child;
	int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	/* To close it, a child would wait for the server himself. */
	close(self->dst);
	self->dst = -1;
	freeze(self, variant->death);
	for (i = 0; i < KILLED; i++) {
		child = child_start(call_statfs, self);
		/* What has been asked and is not answered stays. */
		ASSERT_EQ(0, variant->death == UNANSWERED ?
			  wait_held(&self->fuse, i + 1) :
			  wait_counter("executions", 1));
		ASSERT_EQ(0, kill(child, SIGKILL));
		ASSERT_EQ(-SIGKILL, child_join(child));
		if (variant->death != UNANSWERED)
			ASSERT_EQ(0, wait_counter("executions", 0));
	}
	EXPECT_TRUE(nobody_hangs());
	thaw(self, variant->death);
	EXPECT_EQ(0, wait_counter("executions", 0));
}

#include "acall_main.h"
