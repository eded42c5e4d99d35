// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cancelling, abandoning, closing and dying in the middle of real work.
 *
 * Each test begins a method on files that are large enough to be caught in the
 * middle, waits with QUERY until there is progress, and then cuts. A cancel
 * that comes too late is no failure of the method, but it tests nothing: then
 * the same is done with files of twice the size, and again, and a method that
 * was never caught fails. What is checked after STOPPED is that progress is exact: the
 * bytes [0, progress) of the target are the source's, and beyond them there is
 * what was there before (old data in every other round, else nothing).
 *
 * After every test no kernel worker has a signal pending (ft_leftovers()).
 */
#include "file_util.h"

#define SRC_SEED	9
#define OLD		0x5a
#define ROUNDS		4
#define ATTEMPTS	16

#define STOP_SIGNAL	SYSFS_PARAMS "stop_signal"

/* allocate may have allocated up to one chunk more than progress says. */
#define CHUNK		(64 * FT_MIB)

FIXTURE(stop) {
	const char *why;
	int obj;
	int src;
	int dst;
	int attempts;
	__u64 size;		/* of the call, grows until it is caught */
	__u64 filled;		/* of the source */
	struct acall_finish finish;
	unsigned char digest[ACALL_FILE_DIGEST_MAX];
	char stop_signal[8];
};

FIXTURE_VARIANT(stop) {
	__u32 method;
	__u32 flags;		/* of copy */
	const char *src_dir;
	const char *dst_dir;
	__u64 size;		/* to begin with */
	__u64 largest;
};

FIXTURE_VARIANT_ADD(stop, copy_tmpfs) {
	.method = ACALL_FILE_COPY,
	.src_dir = "ACALL_DIR_TMPFS",
	.dst_dir = "ACALL_DIR_TMPFS",
	.size = 24 * FT_MIB,
	.largest = 256 * FT_MIB,
};

FIXTURE_VARIANT_ADD(stop, copy_ext4) {
	.method = ACALL_FILE_COPY,
	.src_dir = "ACALL_DIR_EXT4",
	.dst_dir = "ACALL_DIR_EXT4",
	.size = 24 * FT_MIB,
	.largest = 256 * FT_MIB,
};

FIXTURE_VARIANT_ADD(stop, copy_tmpfs_to_ext4) {
	.method = ACALL_FILE_COPY,
	.src_dir = "ACALL_DIR_TMPFS",
	.dst_dir = "ACALL_DIR_EXT4",
	.size = 24 * FT_MIB,
	.largest = 256 * FT_MIB,
};

FIXTURE_VARIANT_ADD(stop, copy_ext4_to_tmpfs) {
	.method = ACALL_FILE_COPY,
	.src_dir = "ACALL_DIR_EXT4",
	.dst_dir = "ACALL_DIR_TMPFS",
	.size = 24 * FT_MIB,
	.largest = 256 * FT_MIB,
};

FIXTURE_VARIANT_ADD(stop, sparse_copy_tmpfs_to_ext4) {
	.method = ACALL_FILE_COPY,
	.flags = ACALL_FILE_COPY_SPARSE,
	.src_dir = "ACALL_DIR_TMPFS",
	.dst_dir = "ACALL_DIR_EXT4",
	.size = 24 * FT_MIB,
	.largest = 256 * FT_MIB,
};

FIXTURE_VARIANT_ADD(stop, durable_copy_ext4) {
	.method = ACALL_FILE_COPY,
	.flags = ACALL_FILE_COPY_SYNC,
	.src_dir = "ACALL_DIR_EXT4",
	.dst_dir = "ACALL_DIR_EXT4",
	.size = 24 * FT_MIB,
	.largest = 256 * FT_MIB,
};

FIXTURE_VARIANT_ADD(stop, hash_tmpfs) {
	.method = ACALL_FILE_HASH,
	.src_dir = "ACALL_DIR_TMPFS",
	.dst_dir = "ACALL_DIR_TMPFS",
	.size = 16 * FT_MIB,
	.largest = 256 * FT_MIB,
};

FIXTURE_VARIANT_ADD(stop, hash_ext4) {
	.method = ACALL_FILE_HASH,
	.src_dir = "ACALL_DIR_EXT4",
	.dst_dir = "ACALL_DIR_EXT4",
	.size = 16 * FT_MIB,
	.largest = 256 * FT_MIB,
};

FIXTURE_VARIANT_ADD(stop, allocate_tmpfs) {
	.method = ACALL_FILE_ALLOCATE,
	.src_dir = "ACALL_DIR_TMPFS",
	.dst_dir = "ACALL_DIR_TMPFS",
	.size = 192 * FT_MIB,
	.largest = 768 * FT_MIB,
};

FIXTURE_VARIANT_ADD(stop, allocate_ext4) {
	.method = ACALL_FILE_ALLOCATE,
	.src_dir = "ACALL_DIR_EXT4",
	.dst_dir = "ACALL_DIR_EXT4",
	.size = 192 * FT_MIB,
	.largest = 1536 * FT_MIB,
};

FIXTURE_SETUP(stop)
{
	self->why = ft_missing(variant->src_dir);
	if (!self->why)
		self->why = ft_missing(variant->dst_dir);
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->src = ft_temp(variant->src_dir);
	ASSERT_GE(self->src, 0);
	self->dst = ft_temp(variant->dst_dir);
	ASSERT_GE(self->dst, 0);
	self->size = variant->size;
}

FIXTURE_TEARDOWN(stop)
{
	const char *left;

	if (self->why)
		return;
	if (self->stop_signal[0])
		EXPECT_EQ(0, write_file(STOP_SIGNAL, self->stop_signal));
	close(self->obj);
	left = ft_leftovers();
	close(self->src);
	close(self->dst);
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

static bool writes(const struct _fixture_variant_stop *variant)
{
	return variant->method != ACALL_FILE_HASH;
}

/* Make the files as they are before a call: source full, target empty or old. */
static int prepare(struct _test_data_stop *self,
		   const struct _fixture_variant_stop *variant, bool old)
{
	int ret = 0;

	if (variant->method != ACALL_FILE_ALLOCATE &&
	    self->filled < self->size) {
		ret = ft_write_pattern(self->src, self->filled,
				       self->size - self->filled, SRC_SEED);
		self->filled = self->size;
	}
	if (!ret && ftruncate(self->dst, 0))
		ret = -errno;
	if (!ret && old && variant->method == ACALL_FILE_COPY)
		ret = ft_write_byte(self->dst, 0, self->size + 5000, OLD);
	return ret;
}

static int begin(struct _test_data_stop *self,
		 const struct _fixture_variant_stop *variant, int obj)
{
	const struct acall_file_allocate allocate = { .length = self->size };
	const struct acall_file_copy copy = {
		.length = self->size,
		.reflink = ACALL_FILE_REFLINK_NEVER,
		.flags = variant->flags,
	};
	const struct acall_file_hash hash =
		ft_hash_arg("sha256", 0, self->size);

	switch (variant->method) {
	case ACALL_FILE_COPY:
		return ft_begin_copy(obj, self->src, self->dst, &copy);
	case ACALL_FILE_HASH:
		return ft_begin(obj, variant->method, &hash, sizeof(hash),
				&self->src, 1);
	default:
		return ft_begin(obj, variant->method, &allocate,
				sizeof(allocate), &self->dst, 1);
	}
}

static int finish(struct _test_data_stop *self)
{
	return sys_finish_out(self->obj, self->digest, sizeof(self->digest),
			      &self->finish);
}

/*
 * Is the target what a call leaves that did exactly @done bytes? NULL or what
 * is wrong with it.
 */
static const char *wrong(struct _test_data_stop *self,
			 const struct _fixture_variant_stop *variant, __u64 done,
			 bool old)
{
	__u64 size = ft_size(self->dst), end = self->size + 5000;

	switch (variant->method) {
	case ACALL_FILE_COPY:
		if (size != (old ? end : done)) {
			fprintf(stderr, "# size %llu, progress %llu\n",
				(unsigned long long)size,
				(unsigned long long)done);
			return "size of the target";
		}
		if (ft_check_pattern(self->dst, 0, done, SRC_SEED) != -1)
			return "data before progress";
		if (old && ft_check_byte(self->dst, done, end - done,
					 OLD) != -1)
			return "data beyond progress";
		return NULL;
	case ACALL_FILE_ALLOCATE:
		if (size < done || size > done + CHUNK || size > self->size)
			return "size of the target";
		if (ft_allocated(self->dst) < done)
			return "allocated less than progress";
		if (ft_allocated(self->dst) > done + CHUNK + FT_MIB)
			return "allocated more than a chunk beyond progress";
		return NULL;
	default:
		return NULL;
	}
}

/*
 * Begin, wait until at least @part 8ths are done, cancel and take the result.
 * Returns the outcome or a negative errno; all that is claimed is checked.
 */
static int stop(struct __test_metadata *_metadata, struct _test_data_stop *self,
		const struct _fixture_variant_stop *variant, unsigned int part,
		bool old)
{
	const struct acall_finish *f = &self->finish;
	struct acall_cancel cancel;
	const char *text;
	int ret;

	ret = prepare(self, variant, old);
	if (ret)
		return ret;
	ret = begin(self, variant, self->obj);
	if (ret)
		return ret;
	ret = ft_wait_progress(self->obj, self->size / 8 * part ?: 1);
	if (ret < 0)
		return ret;
	ret = sys_cancel(self->obj, 0, 0, FOREVER, &cancel);
	EXPECT_TRUE(!ret || ret == -ESRCH);
	EXPECT_EQ(ACALL_STATE_DONE, cancel.state);
	EXPECT_EQ(0, finish(self));

	/* X6: what CANCEL returned is what FINISH says. */
	EXPECT_EQ(ret ? 0 : -ECANCELED, f->status);
	EXPECT_EQ(ret ? ACALL_OUTCOME_COMPLETED : ACALL_OUTCOME_STOPPED,
		  f->outcome);
	EXPECT_EQ(cancel.outcome, f->outcome);
	EXPECT_EQ(self->size, f->total);
	if (f->outcome == ACALL_OUTCOME_STOPPED) {
		EXPECT_LT(0, f->progress);
		EXPECT_LT(f->start_ns, f->cancel_ns);
		EXPECT_LE(f->cancel_ns, f->end_ns);
		EXPECT_EQ(0, f->out_len);
	} else {
		EXPECT_EQ(self->size, f->progress);
	}
	text = wrong(self, variant, f->progress, old);
	EXPECT_EQ(NULL, text)
		TH_LOG("%s", text);
	return f->outcome;
}

/* The next size to try: twice as much, up to what there is room for. */
static bool again(struct _test_data_stop *self,
		  const struct _fixture_variant_stop *variant)
{
	if (self->size * 2 <= variant->largest)
		self->size *= 2;
	return ++self->attempts < ATTEMPTS;
}

TEST_F(stop, X5_stopped_with_exact_progress)
{
	int outcome, stopped = 0, round = 0;

	if (self->why)
		SKIP(return, "%s", self->why);
	do {
		for (round = 0; round < ROUNDS; round++) {
			outcome = stop(_metadata, self, variant, round,
				       round & 1);
			ASSERT_LT(0, outcome);
			stopped += outcome == ACALL_OUTCOME_STOPPED;
		}
		TH_LOG("%llu MiB: stopped %d of %d", self->size / FT_MIB,
		       stopped, round);
	} while (!stopped && again(self, variant));
	EXPECT_LT(0, stopped);
}

/* Without the signal the methods look between chunks, and stop as exactly. */
TEST_F(stop, X5_stopped_between_chunks_without_the_signal)
{
	int fd, outcome;

	if (self->why)
		SKIP(return, "%s", self->why);
	fd = open(STOP_SIGNAL, O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	ASSERT_LT(0, read(fd, self->stop_signal, sizeof(self->stop_signal) - 1));
	close(fd);
	ASSERT_EQ(0, write_file(STOP_SIGNAL, "0"));
	do {
		outcome = stop(_metadata, self, variant, 0, true);
		ASSERT_LT(0, outcome);
	} while (outcome != ACALL_OUTCOME_STOPPED && again(self, variant));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, outcome);
}

/*
 * ABANDON frees the object at once: the next call on it runs beside the orphan
 * and neither disturbs the other. Progress was a lower bound.
 */
TEST_F(stop, X4_abandoned_and_reused_at_once)
{
	const struct acall_file_hash arg = ft_hash_arg("sha256", 0, 3);
	static const unsigned char start[] = { 0xba, 0x78, 0x16, 0xbf };
	struct acall_cancel cancel;
	struct acall_query query;
	int other, ret, beside = 0;
	__u64 bound, size;

	if (self->why)
		SKIP(return, "%s", self->why);
	other = ft_temp(variant->src_dir);
	ASSERT_GE(other, 0);
	ASSERT_EQ(0, ft_put(other, "abc", 3, 0));
	do {
		ASSERT_EQ(0, prepare(self, variant, false));
		ASSERT_EQ(0, begin(self, variant, self->obj));
		ASSERT_LE(0, ft_wait_progress(self->obj, 1));
		ret = sys_cancel(self->obj, ACALL_CANCEL_ABANDON, 0, 0,
				 &cancel);
		ASSERT_TRUE(!ret || ret == -ESRCH);
		ASSERT_EQ(0, finish(self));
		ASSERT_EQ(ret ? 0 : -ECANCELED, self->finish.status);
		ASSERT_EQ(ret ? ACALL_OUTCOME_COMPLETED :
			  ACALL_OUTCOME_ABANDONED, self->finish.outcome);
		bound = self->finish.progress;

		ASSERT_EQ(0, ft_begin(self->obj, ACALL_FILE_HASH, &arg,
				      sizeof(arg), &other, 1));
		ASSERT_EQ(0, sys_query(self->obj, 0, &query));
		beside += query.orphans;
		ASSERT_EQ(0, finish(self));
		ASSERT_TRUE(ft_ended(&self->finish, 0, 3));
		ASSERT_EQ(0, memcmp(self->digest, start, sizeof(start)));

		ASSERT_EQ(0, wait_counter("executions", 0));
		ASSERT_EQ(0, sys_query(self->obj, 0, &query));
		ASSERT_EQ(0, query.orphans);
		size = ft_size(self->dst);
		if (writes(variant))
			ASSERT_LE(bound, size);
		if (variant->method == ACALL_FILE_COPY)
			ASSERT_EQ(-1, ft_check_pattern(self->dst, 0, size,
						       SRC_SEED));
	} while (ret && again(self, variant));
	EXPECT_EQ(0, ret);
	TH_LOG("%d calls begun beside an orphan", beside);
	close(other);
}

/* What somebody else's end leaves behind: a part of the work, in order. */
static const char *remains(struct _test_data_stop *self,
			   const struct _fixture_variant_stop *variant)
{
	__u64 size = ft_size(self->dst);

	if (size > self->size)
		return "size of the target";
	if (variant->method == ACALL_FILE_COPY &&
	    ft_check_pattern(self->dst, 0, size, SRC_SEED) != -1)
		return "data of the target";
	return NULL;
}

TEST_F(stop, C4_closed_in_the_middle)
{
	const char *text;

	if (self->why)
		SKIP(return, "%s", self->why);
	do {
		ASSERT_EQ(0, prepare(self, variant, false));
		ASSERT_EQ(0, begin(self, variant, self->obj));
		ASSERT_LE(0, ft_wait_progress(self->obj, 1));
		ASSERT_EQ(0, close(self->obj));
		ASSERT_EQ(0, wait_counters_zero());
		text = remains(self, variant);
		EXPECT_EQ(NULL, text)
			TH_LOG("%s", text);
		self->obj = ft_object();
		ASSERT_GE(self->obj, 0);
	} while (writes(variant) && ft_size(self->dst) == self->size &&
		 again(self, variant));
	/* It was cancelled: it did not run to its end. */
	if (writes(variant))
		EXPECT_GT(self->size, ft_size(self->dst));
}

/* The owner of the only reference on the object, killed while it looks. */
TEST_F(stop, C4_owner_killed_in_the_middle)
{
	const char *text;
	int status, obj;
	pid_t pid;

	if (self->why)
		SKIP(return, "%s", self->why);
	do {
		ASSERT_EQ(0, prepare(self, variant, false));
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid) {
			obj = ft_object();
			if (obj < 0 || begin(self, variant, obj) ||
			    ft_wait_progress(obj, 1) < 0)
				_exit(1);
			/* At once: a detour over the parent takes its time. */
			kill(getpid(), SIGKILL);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_TRUE(WIFSIGNALED(status));
		ASSERT_EQ(SIGKILL, WTERMSIG(status));
		ASSERT_EQ(0, wait_counter("executions", 0));
		text = remains(self, variant);
		EXPECT_EQ(NULL, text)
			TH_LOG("%s", text);
	} while (writes(variant) && ft_size(self->dst) == self->size &&
		 again(self, variant));
	if (writes(variant))
		EXPECT_GT(self->size, ft_size(self->dst));
}

FIXTURE(stop_sync) {
	const char *why;
	int obj;
	int fd;
	struct acall_finish finish;
};

FIXTURE_SETUP(stop_sync)
{
	self->why = ft_missing("ACALL_DIR_EXT4");
	if (!self->why && access("/proc/kpageflags", R_OK))
		self->why = "no /proc/kpageflags";
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->fd = ft_temp("ACALL_DIR_EXT4");
	ASSERT_GE(self->fd, 0);
}

FIXTURE_TEARDOWN(stop_sync)
{
	const char *left;

	if (self->why)
		return;
	close(self->obj);
	left = ft_leftovers();
	close(self->fd);
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

/* A sync that was stopped does not say success; one that says it, has done it. */
TEST_F(stop_sync, X5_never_success_for_less)
{
	const struct acall_file_sync arg = { .scope = ACALL_FILE_SYNC_FILE };
	int round, ret, stopped = 0;
	__u64 size = 32 * FT_MIB;

	if (self->why)
		SKIP(return, "%s", self->why);
	do {
		for (round = 0; round < ROUNDS; round++) {
			ASSERT_EQ(0, ft_write_pattern(self->fd, 0, size,
						      SRC_SEED + round));
			ASSERT_EQ(0, ft_begin(self->obj, ACALL_FILE_SYNC, &arg,
					      sizeof(arg), &self->fd, 1));
			ASSERT_LE(0, ft_wait_progress(self->obj,
						      size / 8 * round ?: 1));
			ret = ft_cancel(self->obj, 0, FOREVER);
			ASSERT_TRUE(!ret || ret == -ESRCH);
			ASSERT_EQ(0, ft_finish(self->obj, &self->finish));
			ASSERT_EQ(ret ? 0 : -ECANCELED, self->finish.status);
			if (ret) {
				ASSERT_TRUE(ft_ended(&self->finish, 0, size));
				ASSERT_EQ(0, ft_unwritten_pages(self->fd, 0,
								size));
				continue;
			}
			ASSERT_EQ(ACALL_OUTCOME_STOPPED, self->finish.outcome);
			stopped++;
		}
		TH_LOG("%llu MiB: stopped %d of %d", size / FT_MIB, stopped,
		       round);
		size *= 2;
	} while (!stopped && size <= 256 * FT_MIB);
	EXPECT_LT(0, stopped);
}

/* What is told as written, is; by a sync that was stopped on its way, too. */
TEST_F(stop_sync, X5_F2_a_file_system_says_what_was_written)
{
	const struct acall_file_sync arg = {
		.scope = ACALL_FILE_SYNC_FILESYSTEM,
	};
	const __u64 size = 32 * FT_MIB, since = now_ns();
	useconds_t nap = 1000;
	long unwritten;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_sync(self->obj, self->fd, &arg, &self->finish));
	do {
		ASSERT_EQ(0, ft_write_pattern(self->fd, 0, size, SRC_SEED));
		ASSERT_EQ(0, ft_begin(self->obj, ACALL_FILE_SYNC, &arg,
				      sizeof(arg), &self->fd, 1));
		ASSERT_EQ(0, usleep(nap));
		if (ft_cancel(self->obj, 0, FOREVER) == -ESRCH)
			nap /= 2;
		else
			nap += nap / 4;
		ASSERT_EQ(0, ft_finish(self->obj, &self->finish));
		unwritten = ft_unwritten_pages(self->fd, 0, size);
		ASSERT_LE(0, unwritten);
		EXPECT_GE(size - unwritten * sysconf(_SC_PAGESIZE), self->finish.progress);
		EXPECT_GE(self->finish.total, self->finish.progress);
	} while ((self->finish.outcome != ACALL_OUTCOME_STOPPED ||
		  !self->finish.progress) && !guard_expired(since));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, self->finish.outcome);
	EXPECT_LT(0, self->finish.progress);
	EXPECT_EQ(-ECANCELED, self->finish.status);
}

#include "acall_main.h"
