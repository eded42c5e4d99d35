// SPDX-License-Identifier: GPL-2.0-only
/*
 * The failure sweep of workers: the steps of methods that may fail where no
 * injection by task reaches, by the fault points of debug builds. Each pass of
 * each point fails once alone, and once with all that come after it.
 *
 * What it is about is the first rule of the contract: a call that fails is
 * COMPLETED with its provider's word, its progress is what has the effect, what
 * it held is gone, and the next call on the same object works.
 *
 * And the cancel sweep: at each pass of each point the worker is held until the
 * call was cancelled. It is STOPPED or, if that was the last step, COMPLETED with
 * all that was asked for; in either case progress is exact, and nothing is done
 * beyond it. At how many it is STOPPED is in points.txt as well.
 */
#include "acall_more.h"

#include "file/file_loop.h"
#include "file/file_xfs.h"
#include "sweep_table.h"

#define POINTS_DIR	"/sys/kernel/debug/acall_fail/"
#define MAX_POINTS	6
#define UNIT		(64 << 10)

static const struct passes {
	const char *path;
	unsigned int passes;
} table[] = {
#define KERNEL(release)
#define POINTS(path, slab, page, usercopy)
#define PASSES(path, passes) { path, passes },
#include "points.txt"
#undef KERNEL
#undef POINTS
#undef PASSES
	{ NULL, 0 }
};

/* EOPNOTSUPP has the methods look for another way. */
static const int errors[] = { EIO, ENOMEM, EOPNOTSUPP };

struct work {
	const char *name;
	const char *points[MAX_POINTS];
	const char *interface;
	const char *dir;		/* environment variable, or none */
	__u32 method;
	__u32 files;
	__u32 flags;
	__u32 reflink;
	__u32 units;			/* of data, each after a hole as long */
	__u32 trailing;			/* and holes at the end */
	bool full;			/* the target has bytes before */
	bool direct;			/* and is O_DIRECT: no splice */
	bool shared;			/* on XFS, which shares blocks */
	bool same;			/* the target has what the source has */
	bool device;			/* not a file, but a loop device of holes */
	const char *before_last;	/* point that never is the last step */
};

FIXTURE(worker)
{
	FIXTURE_DATA(acall) base;
	struct acall_finish finish;
	char out[256];
	__u32 units;
	struct ft_xfs xfs;
	const char *why;		/* the work has no place here */
	int files[2];
	int obj;
	__u64 id;
};

FIXTURE_VARIANT(worker)
{
	const struct work *work;
};

#define WORKING(_name, ...)						\
static const struct work work_##_name = {				\
	.name = #_name, __VA_ARGS__					\
};									\
FIXTURE_VARIANT_ADD(worker, _name)					\
{									\
	.work = &work_##_name,						\
}

#define FILE_WORK(_name, _method, ...)					\
	WORKING(_name, .interface = ACALL_FILE_INTERFACE,			\
	     .method = ACALL_FILE_##_method, ##__VA_ARGS__)

WORKING(result_files, .interface = ACALL_TEST_INTERFACE,
	.method = ACALL_TEST_FILES, .points = { "result_file" });
WORKING(ioprio, .interface = ACALL_TEST_INTERFACE, .method = ACALL_TEST_WHOAMI,
	.points = { "ioprio" });
FILE_WORK(statfs, STATFS, .points = { "statfs" });
FILE_WORK(stat, STAT, .points = { "stat" });
FILE_WORK(hash, HASH, .files = 1, .units = 2, .points = { "read", "digest" });
FILE_WORK(allocate, ALLOCATE, .files = 1, .units = 1,
	  .points = { "fallocate" });
FILE_WORK(punch, ALLOCATE, .files = 1, .units = 2,
	  .flags = ACALL_FILE_ALLOCATE_PUNCH, .points = { "fallocate" });
FILE_WORK(sync_data, SYNC, .files = 1, .units = 2, .dir = "ACALL_DIR_EXT4",
	  .flags = ACALL_FILE_SYNC_DATA, .points = { "writeback", "fsync" },
	  .before_last = "writeback");
FILE_WORK(sync_filesystem, SYNC, .files = 1, .units = 2,
	  .dir = "ACALL_DIR_EXT4", .flags = ACALL_FILE_SYNC_FILESYSTEM,
	  .points = { "writeback", "sync_lock", "syncfs" },
	  .before_last = "writeback");
FILE_WORK(dedupe, DEDUPE, .files = 2, .units = 72, .shared = true, .same = true,
	  .points = { "dedupe" });
FILE_WORK(advise, ADVISE, .files = 1, .units = 72, .dir = "ACALL_DIR_EXT4",
	  .flags = ACALL_FILE_ADVISE_DONTNEED,
	  .points = { "writeback", "advise" }, .before_last = "writeback");
FILE_WORK(trim, TRIM, .files = 1, .dir = "ACALL_DIR_EXT4",
	  .points = { "trim" });
FILE_WORK(discard, DISCARD, .files = 1, .device = true,
	  .points = { "discard" });
FILE_WORK(copy, COPY, .files = 2, .units = 2, .points = { "copy_range" });
FILE_WORK(copy_never, COPY, .files = 2, .units = 2,
	  .reflink = ACALL_FILE_REFLINK_NEVER, .points = { "copy_range" });
FILE_WORK(copy_clone, COPY, .files = 2, .units = 2, .shared = true,
	  .points = { "clone", "writeback" }, .before_last = "writeback");
FILE_WORK(copy_clone_always, COPY, .files = 2, .units = 2, .shared = true,
	  .reflink = ACALL_FILE_REFLINK_ALWAYS, .points = { "clone" });
FILE_WORK(copy_sparse, COPY, .files = 2, .units = 2, .trailing = 1,
	  .flags = ACALL_FILE_COPY_SPARSE, .points = { "copy_range", "grow" });
FILE_WORK(copy_sparse_over, COPY, .files = 2, .units = 2, .full = true,
	  .flags = ACALL_FILE_COPY_SPARSE, .points = { "copy_range", "punch" });
FILE_WORK(copy_buffered, COPY, .files = 2, .units = 2, .direct = true,
	  .dir = "ACALL_DIR_EXT4", .points = { "read", "write" });
FILE_WORK(copy_sparse_buffered, COPY, .files = 2, .units = 2, .trailing = 1,
	  .flags = ACALL_FILE_COPY_SPARSE, .direct = true, .full = true,
	  .dir = "ACALL_DIR_EXT4", .points = { "read", "write", "punch" });
FILE_WORK(copy_sync, COPY, .files = 2, .units = 2, .dir = "ACALL_DIR_EXT4",
	  .flags = ACALL_FILE_COPY_SYNC,
	  .points = { "copy_range", "writeback", "fsync" },
	  .before_last = "writeback");
/* More than a chunk, so that the older pages are waited for on the way. */
FILE_WORK(copy_sync_long, COPY, .files = 2, .units = 72,
	  .dir = "ACALL_DIR_EXT4", .flags = ACALL_FILE_COPY_SYNC,
	  .points = { "bound" }, .before_last = "bound");

FIXTURE_SETUP(worker)
{
	acall_setup(_metadata, &self->base, NULL);
	self->why = ft_missing(variant->work->dir);
	if (variant->work->shared) {
		ft_xfs_mount(&self->xfs);
		self->why = self->xfs.why;
	}
	/* Another one than workers have: best effort, 3. */
	ASSERT_EQ(0, syscall(__NR_ioprio_set, 1, 0, 2 << 13 | 3));
}

FIXTURE_TEARDOWN(worker)
{
	acall_teardown(_metadata, &self->base, NULL);
	if (variant->work->shared)
		EXPECT_EQ(0, ft_xfs_unmount(&self->xfs));
}

static char data[UNIT], seen[UNIT];

static int point_open(const char *point)
{
	char path[96];

	snprintf(path, sizeof(path), POINTS_DIR "%s", point);
	return open(path, O_RDWR | O_CLOEXEC);
}

static int point_set(const char *point, unsigned int nth, int error, bool on)
{
	char path[96], text[32];

	snprintf(path, sizeof(path), POINTS_DIR "%s", point);
	snprintf(text, sizeof(text), "%u %d%s", nth, error, on ? " on" : "");
	return write_file(path, text);
}

/* And lets all pass from now on. */
static int point_get(const char *point, unsigned int *passes,
		     unsigned int *failures)
{
	int fd = point_open(point), n;
	char text[48] = "";

	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0 || sscanf(text, "%u %u", passes, failures) != 2)
		return -EIO;
	return point_set(point, 0, 0, false);
}

/* Of @file, which is to be the device's alone; three chunks long. */
static int make_device(int file)
{
	int dev = ftruncate(file, 600 << 20) ? -errno : ft_loop(file);

	close(file);
	return dev;
}

static int make_file(struct _test_data_worker *self, const struct work *work,
		     bool full)
{
	const char *dir = work->shared ? self->xfs.mnt :
			  work->dir ? getenv(work->dir) : NULL;
	__u32 size = (2 * work->units + work->trailing) * UNIT, i;
	int fd = open(dir ?: tmp_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	if (work->device)
		return make_device(fd);
	for (i = 0; i < 2 * work->units; i++) {
		memset(data, full ? 0x55 : i + 1, sizeof(data));
		if ((full || i % 2) &&
		    pwrite(fd, data, UNIT, (off_t)i * UNIT) != UNIT)
			return -EIO;
	}
	/* XFS writes back for it, and some works are about dirty files. */
	return full || !work->trailing || !ftruncate(fd, size) ? fd : -errno;
}

/* Its input, for the method and the files that are there. */
static int work_begin(struct _test_data_worker *self, const struct work *work)
{
	union {
		struct acall_file_sync sync;
		struct acall_file_copy copy;
		struct acall_file_hash hash;
		struct acall_file_allocate allocate;
		struct acall_file_dedupe dedupe;
		struct acall_file_advise advise;
		struct acall_file_discard discard;
		struct acall_file_trim trim;
		struct acall_test_custom custom;
		char path[16];
	} in = { 0 };
	struct acall_begin b = {
		.size = sizeof(b), .method = work->method, .in = PTR(&in),
		.files = PTR(self->files), .nr_files = work->files,
	};

	if (!strcmp(work->interface, ACALL_TEST_INTERFACE)) {
		if (work->method != ACALL_TEST_FILES)
			return sys_begin_struct(self->obj, &b);
		in.custom.id = self->id;
		in.custom.files = 3;
		b.in_len = sizeof(in.custom);
		return open_gate(self->base.ctl, self->id) ?:
		       sys_begin_struct(self->obj, &b);
	}
	switch (work->method) {
	case ACALL_FILE_SYNC:
		in.sync.scope = work->flags;
		b.in_len = sizeof(in.sync);
		break;
	case ACALL_FILE_COPY:
		in.copy.flags = work->flags;
		in.copy.reflink = work->reflink;
		b.in_len = sizeof(in.copy);
		break;
	case ACALL_FILE_HASH:
		strcpy(in.hash.algorithm, "sha256");
		b.in_len = sizeof(in.hash);
		break;
	case ACALL_FILE_ALLOCATE:
		/* More than one chunk: of 64 MiB, and of 8 where tmpfs punches. */
		in.allocate.offset = 63 << 20;
		in.allocate.length = work->flags == ACALL_FILE_ALLOCATE_PUNCH ?
				     17 << 20 : 2 << 20;
		in.allocate.mode = work->flags;
		b.in_len = sizeof(in.allocate);
		break;
	case ACALL_FILE_DEDUPE:
		b.in_len = sizeof(in.dedupe);
		break;
	case ACALL_FILE_ADVISE:
		in.advise.advice = work->flags;
		b.in_len = sizeof(in.advise);
		break;
	case ACALL_FILE_DISCARD:
		b.in_len = sizeof(in.discard);
		break;
	case ACALL_FILE_TRIM:
		b.in_len = sizeof(in.trim);
		break;
	default:
		strcpy(in.path + 8, "/");
		b.in_len = 10;
		break;
	}
	return sys_begin_struct(self->obj, &b);
}

/* With no flags. */
static int reopen(int fd)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* What progress says is there is there, or was and is to stay. */
static int check_target(struct _test_data_worker *self, const struct work *work)
{
	__u64 at, n, end = self->finish.progress;
	int target;

	if (work->files < 2)
		return 0;
	if (work->same)
		end = 2 * work->units * UNIT;
	target = reopen(self->files[1]);
	CHECK(target >= 0);
	for (at = 0; at < end; at += n) {
		n = end - at;
		if (n > UNIT)
			n = UNIT;
		CHECK(pread(self->files[0], data, n, at) == (ssize_t)n);
		CHECK(pread(target, seen, n, at) == (ssize_t)n);
		CHECK(!memcmp(data, seen, n));
	}
	close(target);
	return 0;
}

/* What has just begun; true of every end. */
static int work_finish(struct _test_data_worker *self, const struct work *work)
{
	struct acall_finish *f = &self->finish;
	int got[ACALL_MAX_FILES];
	__u32 i;

	memset(f, 0, sizeof(*f));
	f->out = PTR(self->out);
	f->out_len = sizeof(self->out);
	f->files = PTR(got);
	f->nr_files = ACALL_MAX_FILES;
	CHECK(!sys_finish_struct(self->obj, f));
	for (i = 0; i < f->nr_files; i++)
		close(got[i]);
	CHECK(f->progress <= f->total);
	CHECK(f->status || f->progress == f->total);
	CHECK(!f->status || (!f->out_len && !f->nr_files));
	CHECK(!check_target(self, work));
	/* All of it has ended (F8). */
	CHECK(!wait_counter("executions", 0));
	CHECK(!counter("orphans"));
	while (ctl_get(self->base.ctl, 0).files)
		give_way();
	return forget(self->base.ctl, self->id);
}

/* Begins and finishes it once. */
static int work_once(struct _test_data_worker *self, const struct work *work)
{
	self->id = fresh_id();
	CHECK(!work_begin(self, work));
	CHECK(!work_finish(self, work));
	CHECK(self->finish.outcome == ACALL_OUTCOME_COMPLETED);
	return 0;
}

static int work_open(struct _test_data_worker *self, const struct work *work)
{
	__u32 i;

	for (i = 0; i < work->files; i++) {
		self->files[i] = make_file(self, work, i && work->full);
		CHECK(self->files[i] >= 0);
	}
	if (work->files == 2 && !work->full && !work->same)
		CHECK(!ftruncate(self->files[1], 0));
	if (work->direct)
		CHECK(!fcntl(self->files[1], F_SETFL, O_DIRECT));
	self->obj = sys_create(self->base.dev, work->interface);
	CHECK(self->obj >= 0);
	return 0;
}

static void work_close(struct _test_data_worker *self, const struct work *work)
{
	__u32 i;

	close(self->obj);
	for (i = 0; i < work->files; i++)
		close(self->files[i]);
}

/* @passes: how many there were. */
static int work_run(struct _test_data_worker *self, const struct work *work,
		    const char *point, unsigned int nth, int error, bool on,
		    unsigned int *passes)
{
	struct acall_finish *f = &self->finish;
	unsigned int failures = 0;
	int ret;

	CHECK(!work_open(self, work));
	CHECK(!point_set(point, nth, error, on));
	ret = work_once(self, work);
	CHECK(!point_get(point, passes, &failures));
	CHECK(!ret);
	CHECK(f->status == 0 || (failures && f->status == -error));
	CHECK(!nth || *passes < nth || failures);
	/* The next one works. */
	CHECK(!work_once(self, work) && !f->status);
	work_close(self, work);
	return 0;
}

/* Behind what progress says, the target is as it was. */
static int check_beyond(struct _test_data_worker *self, const struct work *work)
{
	__u64 at = self->finish.progress;
	int target, i, n;

	if (work->files < 2 || work->same)
		return 0;
	target = reopen(self->files[1]);
	CHECK(target >= 0);
	while ((n = pread(target, seen, sizeof(seen), at)) > 0) {
		for (i = 0; i < n; i++)
			CHECK(seen[i] == (work->full ? 0x55 : 0));
		at += n;
	}
	CHECK(!n);
	close(target);
	return 0;
}

/* Begins it, and waits until the worker is at pass @nth, where it stays. */
static int work_hold(struct _test_data_worker *self, const struct work *work,
		     const char *point, unsigned int nth, int *fd)
{
	unsigned int passes, failures, held = 0;
	char text[48];
	int n;

	CHECK(!work_open(self, work));
	*fd = point_open(point);
	CHECK(*fd >= 0);
	snprintf(text, sizeof(text), "%u 0 hold", nth);
	CHECK(write(*fd, text, strlen(text)) == (ssize_t)strlen(text));
	self->id = fresh_id();
	CHECK(!work_begin(self, work));
	while (!held) {
		n = pread(*fd, text, sizeof(text) - 1, 0);
		CHECK(n > 0);
		text[n] = '\0';
		CHECK(sscanf(text, "%u %u %u", &passes, &failures, &held) == 3);
		give_way();
	}
	return 0;
}

/* The worker waits at pass @nth, is cancelled and goes on. */
static int work_cancel(struct _test_data_worker *self, const struct work *work,
		       const char *point, unsigned int nth, bool *stopped)
{
	struct acall_finish *f = &self->finish;
	struct acall_cancel c;
	int fd;

	CHECK(!work_hold(self, work, point, nth, &fd));
	CHECK(!sys_cancel(self->obj, ACALL_CANCEL_NOWAIT, 0, FOREVER, &c));
	close(fd);
	CHECK(!work_finish(self, work));
	*stopped = f->outcome == ACALL_OUTCOME_STOPPED;
	CHECK(*stopped ? f->status == -ECANCELED :
			 f->outcome == ACALL_OUTCOME_COMPLETED && !f->status);
	CHECK(!check_beyond(self, work));
	CHECK(*stopped || !work->before_last ||
	      strcmp(point, work->before_last));
	CHECK(!work_once(self, work) && !f->status);
	work_close(self, work);
	return 0;
}

static int work_point(struct _test_data_worker *self, const struct work *work,
		      const char *point, bool on)
{
	unsigned int all, passes, nth, i;

	CHECK(!work_run(self, work, point, 0, 0, false, &all));
	for (nth = 1; nth <= all; nth++) {
		for (i = 0; i < ARRAY_SIZE(errors); i++) {
			if (!work_run(self, work, point, nth, errors[i], on,
				      &passes))
				continue;
			fprintf(stderr, "# %s: pass %u of %s%s: %s\n",
				work->name, nth, point, on ? " and on" : "",
				strerror(errors[i]));
			return 1;
		}
	}
	return 0;
}

static int compare(const struct work *work, const char *point,
		   unsigned int passes)
{
	const struct passes *p;
	char name[80];

	snprintf(name, sizeof(name), "%s/%s", work->name, point);
	fprintf(stderr, "# passes \"%s\", %u\n", name, passes);
	if (!table_is_ours())
		return 0;
	for (p = table; p->path && strcmp(p->path, name); p++)
		;
	if (p->path && p->passes == passes)
		return 0;
	fprintf(stderr, "# not the %u of points.txt: see there\n", p->passes);
	return 1;
}

/* A point that is never passed is a step that is never swept. */
TEST_F(worker, as_many_passes_as_the_table_has)
{
	const struct work *work = variant->work;
	unsigned int passes, i;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < MAX_POINTS && work->points[i]; i++) {
		ASSERT_EQ(0, work_run(self, work, work->points[i], 0, 0, false,
				      &passes));
		EXPECT_LT(0U, passes);
		EXPECT_EQ(0, compare(work, work->points[i], passes));
	}
}

TEST_F(worker, every_failure_alone)
{
	const struct work *work = variant->work;
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < MAX_POINTS && work->points[i]; i++)
		ASSERT_EQ(0, work_point(self, work, work->points[i], false));
}

TEST_F(worker, every_failure_and_all_later)
{
	const struct work *work = variant->work;
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < MAX_POINTS && work->points[i]; i++)
		ASSERT_EQ(0, work_point(self, work, work->points[i], true));
}

TEST_F(worker, a_cancel_at_every_step)
{
	const struct work *work = variant->work;
	unsigned int passes, nth, i, stops = 0, all = 0;
	bool stopped;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < MAX_POINTS && work->points[i]; i++) {
		ASSERT_EQ(0, work_run(self, work, work->points[i], 0, 0, false,
				      &passes));
		for (nth = 1; nth <= passes; nth++, all++) {
			ASSERT_EQ(0, work_cancel(self, work, work->points[i],
						 nth, &stopped)) {
				TH_LOG("pass %u of %s", nth, work->points[i]);
			}
			stops += stopped;
		}
	}
	fprintf(stderr, "# %s: stopped at %u of %u steps\n", work->name, stops,
		all);
	EXPECT_EQ(0, compare(work, "stops", stops));
}

/* The target's rights are looked at again with each piece. */
TEST(a_target_that_is_for_appending_in_the_middle)
{
	const struct work *work = &work_copy_sparse_over;
	struct _test_data_worker w = { 0 };
	int fd;

	acall_setup(_metadata, &w.base, NULL);
	/* At a hole: only writes ask for it themselves. */
	ASSERT_EQ(0, work_hold(&w, work, "punch", 1, &fd));
	ASSERT_EQ(0, fcntl(w.files[1], F_SETFL, O_APPEND));
	close(fd);
	ASSERT_EQ(0, work_finish(&w, work));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, w.finish.outcome);
	EXPECT_EQ(-EBADF, w.finish.status);
	EXPECT_LT(0U, w.finish.progress);
	EXPECT_GT(w.finish.total, w.finish.progress);
	EXPECT_EQ(0, check_beyond(&w, work));
	work_close(&w, work);
	acall_teardown(_metadata, &w.base, NULL);
}

/* The other way fails as well. */
TEST(a_hole_that_can_neither_be_punched_nor_written)
{
	const struct work *work = &work_copy_sparse_buffered;
	struct _test_data_worker w = { 0 };
	unsigned int passes, failures;
	const char *why = ft_missing(work->dir);

	if (why)
		SKIP(return, "%s", why);
	acall_setup(_metadata, &w.base, NULL);
	ASSERT_EQ(0, work_open(&w, work));
	ASSERT_EQ(0, point_set("punch", 1, EOPNOTSUPP, true));
	ASSERT_EQ(0, point_set("write", 1, EIO, true));
	w.id = fresh_id();
	ASSERT_EQ(0, work_begin(&w, work));
	ASSERT_EQ(0, work_finish(&w, work));
	EXPECT_EQ(0, point_get("punch", &passes, &failures));
	EXPECT_EQ(1U, failures);
	EXPECT_EQ(0, point_get("write", &passes, &failures));
	EXPECT_EQ(1U, failures);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, w.finish.outcome);
	EXPECT_EQ(-EIO, w.finish.status);
	EXPECT_EQ(0, check_beyond(&w, work));
	ASSERT_EQ(0, work_once(&w, work));
	EXPECT_EQ(0, w.finish.status);
	work_close(&w, work);
	acall_teardown(_metadata, &w.base, NULL);
}

static void __attribute__((constructor)) skip(void)
{
	const char *why = access(POINTS_DIR, F_OK) ?
			  "no fault points: modules of make DEBUG=1 have them" :
			  access("/sys/module/acall_file", F_OK) ?
			  "module acall_file is not loaded" : NULL;

	if (!why)
		return;
	ksft_print_header();
	ksft_exit_skip("%s\n", why);
}

#include "acall_main.h"
