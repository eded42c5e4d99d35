// SPDX-License-Identifier: GPL-2.0-only
/*
 * The failure sweep of the "file" and "timer" interfaces: BEGIN of each of their
 * methods in each of its ways, whose .prepare allocates; and of providers that
 * come and go: register and unregister.
 *
 * What it is about is what .prepare has got when it fails further down: a digest,
 * a buffer, an open file, a path. The fixture sees files that stay open by the
 * file systems that cannot be left.
 */
#include "sweep_call.h"

#include <linux/acall_file.h>
#include <linux/acall_timer.h>

#define DATA	(200 << 10)

static const int hashes[] = { ENOMEM, EFAULT, ENOENT, 0 };

union input {
	struct acall_file_sync sync;
	struct acall_file_copy copy;
	struct acall_file_hash hash;
	struct acall_file_allocate allocate;
	struct acall_file_advise advise;
	struct acall_file_trim trim;
	struct acall_timer_sleep sleep;
	struct {
		__u32 flags;
		__u32 reserved;
		char path[8];
	} path;
};

/* Of the disk, to trim. */
static int open_disk(struct sweep *s)
{
	int fd = open(getenv("ACALL_DIR_EXT4"), O_RDONLY | O_CLOEXEC);

	CHECK(keep_fd(s, fd) >= 0);
	return 0;
}

/* Of path->len bytes, at the end of a hole of the same length if path->value. */
static int make_file(struct sweep *s, const struct path *path)
{
	int fd = open(tmp_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	__u32 at = 0;

	CHECK(keep_fd(s, fd) >= 0);
	for (at = 0; at < path->len; at += sizeof(sweep_bytes))
		CHECK(pwrite(fd, sweep_bytes, sizeof(sweep_bytes),
			     at + (path->value ? path->len : 0)) ==
		      sizeof(sweep_bytes));
	return 0;
}

static int setup_method(struct sweep *s, const struct path *path)
{
	union input *in = (union input *)&s->in;
	struct acall_begin *b = &s->begin;
	__u32 i;

	s->obj = sys_create(s->dev, path->interface ?: ACALL_FILE_INTERFACE);
	if (s->obj < 0)
		return s->obj;
	for (i = 0; i < path->files; i++)
		CHECK(!(path->method == ACALL_FILE_TRIM ? open_disk(s) :
							  make_file(s, path)));
	b->size = sizeof(*b);
	b->method = path->method;
	b->files = PTR(s->fds);
	b->nr_files = path->files;
	b->in = PTR(in);
	b->in_len = sizeof(*in);
	if (path->interface) {
		in->sleep.ns = path->value;
		b->in_len = sizeof(in->sleep);
		return 0;
	}
	switch (path->method) {
	case ACALL_FILE_STATFS:
	case ACALL_FILE_STAT:
		strcpy(in->path.path, "/dev");
		b->in_len = offsetof(union input, path.path) + 4;
		break;
	case ACALL_FILE_SYNC:
		in->sync.scope = path->flags;
		b->in_len = sizeof(in->sync);
		break;
	case ACALL_FILE_COPY:
		in->copy.flags = path->flags;
		in->copy.reflink = path->terms;
		b->in_len = sizeof(in->copy);
		break;
	case ACALL_FILE_HASH:
		strcpy(in->hash.algorithm, "sha256");
		b->in_len = sizeof(in->hash);
		break;
	case ACALL_FILE_TRIM:
		b->in_len = sizeof(in->trim);
		break;
	case ACALL_FILE_ADVISE:
		b->in_len = sizeof(in->advise);
		break;
	default:
		in->allocate.length = DATA;
		in->allocate.mode = path->flags;
		b->in_len = sizeof(in->allocate);
		break;
	}
	return 0;
}

/* What has begun does what it is there for. */
static int check_method(struct sweep *s, const struct path *path, int ret)
{
	struct acall_finish f;
	char out[256];

	CHECK(!check_begun(s, path, ret));
	if (ret || path->value == FOREVER)
		return 0;
	CHECK(!sys_wait_until(s->obj, 0, FOREVER));
	CHECK(!sys_finish_out(s->obj, out, sizeof(out), &f));
	CHECK(f.outcome == ACALL_OUTCOME_COMPLETED && !f.status);
	CHECK(f.progress == f.total);
	return 0;
}

#define METHODS(_name, _method, ...)					\
	NEWPATH(_name, .setup = setup_method, .act = act_begin,		\
	     .check = check_method, .errnos = begins,			\
	     .method = ACALL_##_method, ##__VA_ARGS__)

METHODS(statfs, FILE_STATFS);
METHODS(stat, FILE_STAT);
METHODS(sync_data, FILE_SYNC, .files = 1, .flags = ACALL_FILE_SYNC_DATA,
	.len = DATA);
METHODS(sync_file, FILE_SYNC, .files = 1, .flags = ACALL_FILE_SYNC_FILE,
	.len = DATA);
METHODS(sync_filesystem, FILE_SYNC, .files = 1,
	.flags = ACALL_FILE_SYNC_FILESYSTEM);
METHODS(copy, FILE_COPY, .files = 2, .len = DATA);
METHODS(copy_never, FILE_COPY, .files = 2, .len = DATA,
	.terms = ACALL_FILE_REFLINK_NEVER);
METHODS(copy_sparse, FILE_COPY, .files = 2, .len = DATA, .value = 1,
	.flags = ACALL_FILE_COPY_SPARSE);
METHODS(copy_sync, FILE_COPY, .files = 2, .len = DATA,
	.flags = ACALL_FILE_COPY_SYNC);
METHODS(hash, FILE_HASH, .files = 1, .len = DATA, .errnos = hashes);
METHODS(hash_nothing, FILE_HASH, .files = 1, .errnos = hashes);
METHODS(allocate, FILE_ALLOCATE, .files = 1);
METHODS(allocate_punch, FILE_ALLOCATE, .files = 1, .len = DATA,
	.flags = ACALL_FILE_ALLOCATE_PUNCH);

METHODS(trim, FILE_TRIM, .files = 1);
METHODS(advise, FILE_ADVISE, .files = 1, .len = DATA);

METHODS(timer, TIMER_SLEEP, .interface = ACALL_TIMER_INTERFACE);
METHODS(timer_parked, TIMER_SLEEP, .interface = ACALL_TIMER_INTERFACE,
	.value = FOREVER);

static int setup_begun(struct sweep *s, const struct path *path)
{
	CHECK(!setup_method(s, path));
	return sys_begin_struct(s->obj, &s->begin);
}

static int setup_fired(struct sweep *s, const struct path *path)
{
	CHECK(!setup_begun(s, path));
	return sys_wait_until(s->obj, 0, FOREVER);
}

static int act_cancel(struct sweep *s, const struct path *path)
{
	(void)path;
	return sys_cancel(s->obj, 0, 0, 0, &s->cancel);
}

static int check_cancelled(struct sweep *s, const struct path *path, int ret)
{
	struct acall_finish f;

	(void)path;
	if (ret)
		return state_of(s->obj) != ACALL_STATE_RUNNING;
	CHECK(!sys_finish(s->obj, 0, &f));
	CHECK(f.outcome == ACALL_OUTCOME_STOPPED && f.status == -ECANCELED);
	return 0;
}

static int act_finish(struct sweep *s, const struct path *path)
{
	char out[256];

	(void)path;
	return sys_finish_out(s->obj, out, sizeof(out), &s->finish);
}

static int check_taken(struct sweep *s, const struct path *path, int ret)
{
	(void)path;
	CHECK(state_of(s->obj) == (ret ? ACALL_STATE_DONE : ACALL_STATE_IDLE));
	return !ret && s->finish.status;
}

static int act_close(struct sweep *s, const struct path *path)
{
	(void)path;
	close(s->obj);
	s->obj = -1;
	return 0;
}

static int check_closed(struct sweep *s, const struct path *path, int ret)
{
	(void)s;
	(void)path;
	(void)ret;
	return wait_counter("calls", 0);
}

METHODS(timer_cancel, TIMER_SLEEP, .interface = ACALL_TIMER_INTERFACE,
	.setup = setup_begun, .act = act_cancel, .check = check_cancelled,
	.value = FOREVER, .errnos = takes, .never_fails = true);
METHODS(timer_finish, TIMER_SLEEP, .interface = ACALL_TIMER_INTERFACE,
	.setup = setup_fired, .act = act_finish, .check = check_taken,
	.errnos = takes, .never_fails = true);
METHODS(timer_close, TIMER_SLEEP, .interface = ACALL_TIMER_INTERFACE,
	.setup = setup_begun, .act = act_close, .check = check_closed,
	.value = FOREVER, .never_fails = true, .once = true);
METHODS(hash_finish, FILE_HASH, .files = 1, .len = DATA,
	.setup = setup_fired, .act = act_finish, .check = check_taken,
	.errnos = takes, .never_fails = true);
METHODS(hash_close, FILE_HASH, .files = 1, .len = DATA,
	.setup = setup_fired, .act = act_close, .check = check_closed,
	.never_fails = true, .once = true);

#define PROGRAM "file"
#include "sweep_tests.h"
