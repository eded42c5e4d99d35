// SPDX-License-Identifier: GPL-2.0-only
/*
 * The methods on files of a server that does not answer.
 *
 * Three kinds of silence are to be told apart. What a server has not read yet is
 * taken back; what it has read, the kernel waits for until it is answered,
 * unless the server obeys an INTERRUPT. So a cancel finds the method stopped, or
 * has to abandon it. The client is free each time; what has the effect is what
 * progress says; and when the server answers after all, everything settles and
 * the next call works.
 */
#include "file_fuse_test.h"

#define GRACE		(20 * MSEC)

enum silence {
	OBEYS,		/* but for an INTERRUPT */
	SILENT,		/* not at all */
	DEAF,		/* nor are they asked: what comes stays unread */
};

/* Where a method gets stuck, and what a cancel makes of it. */
struct place {
	__u32 method;
	__u32 flags;		/* of copy */
	__u32 outcome;
	enum silence silence;
	unsigned int opcode;	/* that is not answered */
	unsigned int spare;	/* but for the first ones */
	__u64 later;		/* bytes that it does when the gate opens */
	bool async;		/* reads of the page cache do not wait */
};

FIXTURE(stuck) {
	FIXTURE_DATA(fuse) base;
	int tmp;
};

FIXTURE_VARIANT(stuck) {
	const struct place *place;
};

#define STUCK(_name, _method, _opcode, _silence, _outcome, ...)		\
static const struct place place_##_name = {				\
	.method = ACALL_FILE_##_method, .opcode = FUSE_##_opcode,	\
	.silence = _silence, .outcome = ACALL_OUTCOME_##_outcome,	\
	##__VA_ARGS__							\
};									\
FIXTURE_VARIANT_ADD(stuck, _name)					\
{									\
	.place = &place_##_name,					\
}

#define STUCK_COPY(_name, _opcode, _silence, _outcome, ...)		\
	STUCK(_name, COPY, _opcode, _silence, _outcome, .spare = 3,	\
	      ##__VA_ARGS__)

/* With SPARSE, data goes through a buffer, in which zeros are looked for. */
#define STUCK_SPARSE(_name, _opcode, _silence, _outcome, ...)		\
	STUCK_COPY(_name, _opcode, _silence, _outcome,			\
		   .flags = ACALL_FILE_COPY_SPARSE, ##__VA_ARGS__)

STUCK_COPY(offload_obeys, COPY_FILE_RANGE, OBEYS, STOPPED);
STUCK_COPY(offload_silent, COPY_FILE_RANGE, SILENT, ABANDONED, .later = PIECE);
STUCK_COPY(offload_deaf, COPY_FILE_RANGE, DEAF, STOPPED);
STUCK_COPY(splice_obeys, READ, OBEYS, STOPPED);
STUCK_COPY(splice_deaf, READ, DEAF, STOPPED);
STUCK_SPARSE(read_obeys, READ, OBEYS, STOPPED);
STUCK_SPARSE(read_silent, READ, SILENT, ABANDONED);
STUCK_SPARSE(read_deaf, READ, DEAF, STOPPED);
/* Then it is a page that is waited for, and a signal ends that. */
STUCK_SPARSE(read_silent_async, READ, SILENT, STOPPED, .async = true);
STUCK_SPARSE(write_obeys, WRITE, OBEYS, STOPPED);
STUCK_SPARSE(write_silent, WRITE, SILENT, ABANDONED, .later = PIECE);
STUCK_SPARSE(write_deaf, WRITE, DEAF, STOPPED);
STUCK(allocate_obeys, ALLOCATE, FALLOCATE, OBEYS, STOPPED);
STUCK(allocate_silent, ALLOCATE, FALLOCATE, SILENT, ABANDONED);
/* Nobody may know how far an fsync got, so no signal is sent to it. */
STUCK(sync_silent, SYNC, FSYNC, SILENT, ABANDONED);
STUCK(statfs_obeys, STATFS, STATFS, OBEYS, STOPPED);
STUCK(statfs_silent, STATFS, STATFS, SILENT, ABANDONED);
STUCK(statfs_deaf, STATFS, STATFS, DEAF, STOPPED);
STUCK(stat_obeys, STAT, GETATTR, OBEYS, STOPPED);
STUCK(stat_silent, STAT, GETATTR, SILENT, ABANDONED);
STUCK(stat_deaf, STAT, GETATTR, DEAF, STOPPED);

FIXTURE_SETUP(stuck)
{
	self->base.fs.async = variant->place->async;
	self->base.why = set_up(&self->base);
	if (self->base.why)
		return;
	self->base.obj = ft_object();
	ASSERT_GE(self->base.obj, 0);
	self->base.fs.shared->piece = PIECE;
	ASSERT_EQ(0, open_both(&self->base));
	self->tmp = ft_temp("ACALL_DIR_TMPFS");
	ASSERT_GE(self->tmp, 0);
}

FIXTURE_TEARDOWN(stuck)
{
	const char *left;

	if (self->base.why)
		return;
	ft_fuse_open_gate(&self->base.fs);
	close(self->tmp);
	left = tear_down(&self->base);
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

static void be_silent(struct ft_fuse *f, enum silence silence,
		      unsigned int opcode, unsigned int spare)
{
	f->shared->obeys = silence == OBEYS;
	ft_fuse_set(f, opcode, (struct ft_fuse_op) {
		.spare = spare, .hold = silence != DEAF,
		.deaf = silence == DEAF });
	if (silence == DEAF && !spare)
		__atomic_store_n(&f->shared->deaf, true, __ATOMIC_RELEASE);
}

/* In which file a copy of this variant arrives. */
static int arrives(struct _test_data_stuck *self,
		   const struct place *at)
{
	return at->opcode == FUSE_READ ? self->tmp : self->base.dst;
}

static int begin_path(struct _test_data_fuse *self, __u32 method,
		      struct acall_begin *b)
{
	char in[sizeof(struct acall_file_path) + sizeof(self->fs.mnt)] = "";
	size_t len = strlen(self->fs.mnt);

	memcpy(in + sizeof(struct acall_file_path), self->fs.mnt, len);
	b->size = sizeof(*b);
	b->method = method;
	b->in = PTR(in);
	b->in_len = sizeof(struct acall_file_path) + len;
	return sys_begin_struct(self->obj, b);
}

/* BEGIN meets no server, or the test would end here. */
static int begin(struct _test_data_stuck *self,
		 const struct place *at)
{
	const struct acall_file_allocate allocate = { .length = FT_MIB };
	const struct acall_file_copy copy = { .flags = at->flags };
	const struct acall_file_sync sync = { 0 };
	struct _test_data_fuse *base = &self->base;
	struct acall_begin b = { 0 };

	switch (at->method) {
	case ACALL_FILE_COPY:
		return ft_begin_copy(base->obj, base->src,
				     arrives(self, at), &copy);
	case ACALL_FILE_ALLOCATE:
		return ft_begin(base->obj, at->method, &allocate,
				sizeof(allocate), &base->dst, 1);
	case ACALL_FILE_SYNC:
		return ft_begin(base->obj, at->method, &sync,
				sizeof(sync), &base->src, 1);
	default:
		return begin_path(base, at->method, &b);
	}
}

static int begin_and_stick(struct _test_data_stuck *self,
			   const struct place *at)
{
	be_silent(&self->base.fs, at->silence, at->opcode,
		  at->spare);
	return begin(self, at) ?: ft_fuse_wait_stuck(&self->base.fs);
}

static int finish(struct _test_data_fuse *self)
{
	static char out[sizeof(struct acall_file_stat_out) +
			sizeof(struct acall_file_statfs_out)];

	return sys_finish_out(self->obj, out, sizeof(out), &self->finish);
}

/* Has a copy brought @len bytes so far? Asks no server. */
static bool arrived(struct _test_data_stuck *self,
		    const struct place *at, __u64 len)
{
	if (at->method != ACALL_FILE_COPY)
		return true;
	if (arrives(self, at) == self->base.dst)
		return copied(&self->base, len);
	return ft_size(self->tmp) == len && same(&self->base, self->tmp, len);
}

/*
 * The gate opens; waits until nothing runs any more. The signal of one that was
 * abandoned has reached the server before: an answer would overtake it.
 */
static int settle(struct _test_data_stuck *self,
		  const struct place *at)
{
	struct acall_wait w = {
		.size = sizeof(w), .flags = ACALL_WAIT_SETTLED,
		.until = FOREVER,
	};
	struct ft_fuse *f = &self->base.fs;
	__u64 since = now_ns();

	while (at->outcome == ACALL_OUTCOME_ABANDONED &&
	       at->method != ACALL_FILE_SYNC &&
	       !ft_fuse_seen(f, FUSE_INTERRUPT)) {
		CHECK(!guard_expired(since));
		give_way();
	}
	CHECK(at->method != ACALL_FILE_SYNC ||
	      !ft_fuse_seen(f, FUSE_INTERRUPT));
	ft_fuse_open_gate(f);
	CHECK(!sys_ioctl(self->base.obj, ACALL_IOC_WAIT, &w));
	CHECK(!counter("executions"));
	CHECK(!counter("orphans"));
	return 0;
}

/* The next one, on the same object and files, does all of it. */
static int works_again(struct _test_data_stuck *self,
		       const struct place *at)
{
	struct _test_data_fuse *base = &self->base;
	struct acall_finish *f = &base->finish;

	CHECK(!begin(self, at));
	CHECK(!finish(base));
	CHECK(!f->status && f->outcome == ACALL_OUTCOME_COMPLETED);
	CHECK(f->progress == f->total);
	CHECK(arrived(self, at, SIZE));
	return 0;
}

/*
 * STOPPED may take its time; the grace is short where nothing would come.
 * X6 is part of it: what CANCEL returns is what FINISH says.
 */
TEST_F(stuck, X5_a_cancel_frees_the_client)
{
	const struct place *at = variant->place;
	const bool abandoned = at->outcome == ACALL_OUTCOME_ABANDONED;
	struct _test_data_fuse *base = &self->base;
	struct acall_finish *f = &base->finish;
	struct acall_cancel cancel;

	if (base->why)
		SKIP(return, "%s", base->why);
	ASSERT_EQ(0, begin_and_stick(self, at));
	ASSERT_EQ(ACALL_STATE_RUNNING, state_of(base->obj));
	ASSERT_EQ(0, sys_cancel(base->obj, 0, 0, abandoned ? GRACE : FOREVER,
				&cancel));
	EXPECT_EQ(at->outcome, cancel.outcome);
	ASSERT_EQ(0, finish(base));
	EXPECT_EQ(-ECANCELED, f->status);
	EXPECT_EQ(at->outcome, f->outcome);
	EXPECT_EQ(0, f->out_len);
	/* The pages of a sync were clean, so all of them were done. */
	EXPECT_EQ(at->spare || at->method == ACALL_FILE_SYNC, !!f->progress);
	EXPECT_TRUE(arrived(self, at, f->progress));
	EXPECT_EQ(abandoned, counter("orphans"));

	EXPECT_EQ(0, settle(self, at));
	EXPECT_TRUE(arrived(self, at, f->progress + at->later));
	/* What was taken back was never asked. */
	if (at->silence == DEAF && at->opcode != FUSE_WRITE)
		EXPECT_EQ(at->spare,
			  ft_fuse_seen(&base->fs, at->opcode));
	EXPECT_EQ(0, works_again(self, at));
}

TEST_F(stuck, X4_abandoned_and_reused_at_once)
{
	const struct place *at = variant->place;
	const struct acall_file_hash arg = ft_hash_arg("sha256", 0, 3);
	unsigned char digest[ACALL_FILE_DIGEST_MAX];
	struct _test_data_fuse *base = &self->base;
	struct acall_finish *f = &base->finish;
	struct acall_cancel cancel;
	int other;

	if (base->why)
		SKIP(return, "%s", base->why);
	other = ft_temp("ACALL_DIR_TMPFS");
	ASSERT_EQ(0, ft_put(other, "abc", 3, 0));
	ASSERT_EQ(0, begin_and_stick(self, at));
	ASSERT_EQ(0, sys_cancel(base->obj, ACALL_CANCEL_ABANDON, 0, 0,
				&cancel));
	ASSERT_EQ(0, finish(base));
	EXPECT_EQ(-ECANCELED, f->status);
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, f->outcome);
	ASSERT_EQ(0, ft_hash(base->obj, other, &arg, digest, f));
	EXPECT_TRUE(ft_ended(f, 0, 3));
	EXPECT_EQ(0, settle(self, at));
	EXPECT_EQ(0, works_again(self, at));
	close(other);
}

/* The last close has asked it to stop, which is as good as a cancel. */
TEST_F(stuck, C4_close_does_not_wait)
{
	const struct place *at = variant->place;

	if (self->base.why)
		SKIP(return, "%s", self->base.why);
	ASSERT_EQ(0, begin_and_stick(self, at));
	ASSERT_EQ(0, close(self->base.obj));
	self->base.obj = -1;
	if (at->outcome == ACALL_OUTCOME_ABANDONED) {
		EXPECT_EQ(1, counter("executions"));
		ft_fuse_open_gate(&self->base.fs);
	}
	EXPECT_EQ(0, wait_counter("executions", 0));
}

/*
 * Each write to such a target is to be durable when it returns. A signal that ends
 * the wait for that must not have the bytes forgotten that are there.
 */
TEST_F(fuse, X5_a_synchronous_target)
{
	/* The server copies; we do; the server's client does, since it cannot. */
	static const __u32 ways[] = {
		ACALL_FILE_REFLINK_AUTO, ACALL_FILE_REFLINK_NEVER,
		ACALL_FILE_REFLINK_AUTO,
	};
	const struct ft_fuse_op cannot = { .error = -ENOSYS };
	struct ft_fuse_shared *s = self->fs.shared;
	struct acall_finish *f = &self->finish;
	struct acall_file_copy arg = { 0 };
	struct acall_cancel cancel;
	unsigned int i;
	int sync;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, open_both(self));
	sync = ft_reopen(self->dst, O_WRONLY | O_DSYNC);
	ASSERT_GE(sync, 0);
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		arg.reflink = ways[i];
		ASSERT_EQ(0, ftruncate(self->dst, 0));
		be_silent(&self->fs, OBEYS, FUSE_FSYNC, 0);
		if (i == 2)
			ft_fuse_set(&self->fs, FUSE_COPY_FILE_RANGE, cannot);
		ASSERT_EQ(0, ft_begin_copy(self->obj, self->src, sync, &arg));
		ASSERT_EQ(0, ft_fuse_wait_stuck(&self->fs));
		ASSERT_EQ(0, sys_cancel(self->obj, 0, 0, GRACE, &cancel));
		ASSERT_EQ(0, finish(self));
		EXPECT_EQ(-ECANCELED, f->status);
		if (f->outcome == ACALL_OUTCOME_STOPPED)
			EXPECT_TRUE(copied(self, f->progress));
		EXPECT_LE(f->progress, s->size[FT_TARGET]);
		ft_fuse_open_gate(&self->fs);
		EXPECT_EQ(0, wait_counter("executions", 0));
		ft_fuse_set(&self->fs, FUSE_FSYNC, (struct ft_fuse_op){ 0 });
		ASSERT_EQ(0, ft_copy(self->obj, self->src, sync, &arg, f));
		EXPECT_TRUE(ft_ended(f, 0, SIZE));
		EXPECT_TRUE(copied(self, SIZE));
		EXPECT_LT(0, ft_fuse_seen(&self->fs, FUSE_FSYNC));
	}
	close(sync);
}

/* overlayfs has no server, but what is below it may. */
TEST_F(fuse, B1_begin_does_not_ask_below_overlayfs)
{
	const struct acall_file_copy arg = { .flags = ACALL_FILE_COPY_SPARSE };
	char base[200], merged[220], options[1000];
	int src, dst;

	if (self->why)
		SKIP(return, "%s", self->why);
	snprintf(base, sizeof(base), "%s/below-XXXXXX",
		 getenv("ACALL_DIR_TMPFS"));
	ASSERT_NE(NULL, mkdtemp(base));
	ASSERT_EQ(0, mount("none", base, "tmpfs", 0, NULL));
	snprintf(options, sizeof(options),
		 "lowerdir=%s,upperdir=%s/upper,workdir=%s/work", self->fs.mnt,
		 base, base);
	snprintf(merged, sizeof(merged), "%s/merged", base);
	ASSERT_EQ(0, mkdir(merged, 0755));
	snprintf(merged, sizeof(merged), "%s/upper", base);
	ASSERT_EQ(0, mkdir(merged, 0755));
	snprintf(merged, sizeof(merged), "%s/work", base);
	ASSERT_EQ(0, mkdir(merged, 0755));
	snprintf(merged, sizeof(merged), "%s/merged", base);
	ASSERT_EQ(0, mount("none", merged, "overlay", 0, options));
	strcat(merged, "/source");
	src = open(merged, O_RDONLY | O_CLOEXEC);
	ASSERT_GE(src, 0);
	dst = ft_temp("ACALL_DIR_TMPFS");
	ASSERT_GE(dst, 0);
	be_silent(&self->fs, SILENT, FUSE_OPEN, 0);
	ASSERT_EQ(0, ft_copy(self->obj, src, dst, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
	EXPECT_TRUE(same(self, dst, SIZE));
	EXPECT_EQ(0, ft_fuse_seen(&self->fs, FUSE_OPEN));
	ft_fuse_open_gate(&self->fs);
	close(src);
	close(dst);
	*strrchr(merged, '/') = 0;
	EXPECT_EQ(0, umount(merged));
	EXPECT_EQ(0, umount(base));
	EXPECT_EQ(0, rmdir(base));
}

/* A file that was long enough in BEGIN, and is not any more. */
TEST_F(fuse, R_RLIM_allocate_looks_again)
{
	const struct acall_file_allocate arg = { .length = FT_MIB };
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	const struct rlimit limit = { 64 * FT_KIB, RLIM_INFINITY };
	struct acall_begin b = { 0 };
	struct acall_finish f;
	int ret, obj, fd;

	if (self->why)
		SKIP(return, "%s", self->why);
	fd = ft_temp("ACALL_DIR_TMPFS");
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ftruncate(fd, FT_MIB));
	obj = ft_object();
	ASSERT_GE(obj, 0);
	/* So that the second call waits for the first. */
	ASSERT_EQ(0, write_number(SYSFS_PARAMS, "user_running", 1));
	be_silent(&self->fs, SILENT, FUSE_STATFS, 0);
	ASSERT_EQ(0, begin_path(self, ACALL_FILE_STATFS, &b));
	ASSERT_EQ(0, ft_fuse_wait_stuck(&self->fs));
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &limit));
	ret = ft_begin(obj, ACALL_FILE_ALLOCATE, &arg, sizeof(arg), &fd, 1);
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &none));
	EXPECT_EQ(0, ftruncate(fd, 0));
	ASSERT_EQ(0, write_number(SYSFS_PARAMS, "user_running", 0));
	ASSERT_EQ(0, ret);
	ft_fuse_open_gate(&self->fs);
	ASSERT_EQ(0, finish(self));
	ASSERT_EQ(0, ft_finish(obj, &f));
	EXPECT_TRUE(ft_ended(&f, -EFBIG, 0));
	EXPECT_EQ(0, ft_size(fd));
	close(obj);
	close(fd);
}

/* Does the call wait for the server? False if it has ended before. */
static bool gets_stuck(struct _test_data_fuse *self)
{
	const struct ft_fuse_shared *s = self->fs.shared;

	while (!__atomic_load_n(&s->held, __ATOMIC_ACQUIRE) &&
	       !__atomic_load_n(&s->unread, __ATOMIC_ACQUIRE)) {
		if (state_of(self->obj) == ACALL_STATE_DONE)
			return false;
		give_way();
	}
	return true;
}

/*
 * Begins @method with a deadline and takes its result, which comes while the
 * server is still silent. A deadline that was too early to find the server
 * asked tells nothing: the next one is later.
 */
static int ask_in_time(struct _test_data_fuse *self, __u32 method,
		       unsigned int opcode, enum silence silence)
{
	struct acall_finish *f = &self->finish;
	__u64 time = 50 * MSEC;
	struct acall_begin b;
	bool stuck;

	do {
		time *= 2;
		be_silent(&self->fs, silence, opcode, 0);
		b = (struct acall_begin) {
			.flags = ACALL_BEGIN_DEADLINE,
			.deadline = now_ns() + time,
			.grace_ns = silence == SILENT ? GRACE : FOREVER,
		};
		CHECK(!begin_path(self, method, &b));
		stuck = gets_stuck(self) && now_ns() < b.deadline;
		CHECK(!finish(self));
		CHECK(f->status == -ETIME && !f->out_len);
		CHECK(f->end_ns >= b.deadline);
		/* Still silent, if nothing has ended it. */
		CHECK(!stuck || silence != SILENT || self->fs.shared->held);
		ft_fuse_open_gate(&self->fs);
		CHECK(!wait_counter("executions", 0));
		CHECK(!counter("orphans"));
	} while (!stuck && time < 10 * SEC * scale());
	CHECK(stuck);
	CHECK(f->outcome == (silence == SILENT ? ACALL_OUTCOME_ABANDONED :
			     ACALL_OUTCOME_STOPPED));
	return 0;
}

TEST_F(fuse, B5_statfs_and_stat_of_a_dead_mount_ETIME)
{
	struct acall_file_statfs_out statfs;
	struct acall_file_stat_out stat;
	struct acall_begin b;
	enum silence silence;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (silence = OBEYS; silence <= DEAF; silence++) {
		ASSERT_EQ(0, ask_in_time(self, ACALL_FILE_STATFS, FUSE_STATFS,
					 silence));
		b = (struct acall_begin) { 0 };
		ASSERT_EQ(0, begin_path(self, ACALL_FILE_STATFS, &b));
		ASSERT_EQ(0, sys_finish_out(self->obj, &statfs, sizeof(statfs),
					    &self->finish));
		EXPECT_EQ(0, self->finish.status);
		EXPECT_EQ(FT_FUSE_BLOCKS, statfs.blocks);

		ASSERT_EQ(0, ask_in_time(self, ACALL_FILE_STAT, FUSE_GETATTR,
					 silence));
		b = (struct acall_begin) { 0 };
		ASSERT_EQ(0, begin_path(self, ACALL_FILE_STAT, &b));
		ASSERT_EQ(0, sys_finish_out(self->obj, &stat, sizeof(stat),
					    &self->finish));
		EXPECT_EQ(0, self->finish.status);
		EXPECT_EQ(S_IFDIR | 0755, stat.mode);
	}
}

#include "acall_main.h"
