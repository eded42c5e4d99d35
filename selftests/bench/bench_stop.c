// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_stop: how long after CANCEL has a method really ended?
 *
 * For each method of the interface "file" that stops in the middle of its work,
 * with each kind of input that makes it work in another way, on tmpfs, on ext4 and,
 * as that shares blocks, on XFS: begins the call, cancels it at a random point after
 * it has made progress, and waits for its end; 100 times each. statfs and stat, which
 * do no work, are cancelled while the server of the mount is silent. Beside it stands
 * io_uring with its nearest operation in the same guest, cancelled at the same kind of
 * point.
 *
 * A median that misses its target makes the exit status 1, and so does a method
 * that could not be caught in the middle often enough, or of which there is no
 * case here. ACALL_DIR_TMPFS and ACALL_DIR_EXT4 name the directories; about 1 GiB
 * of memory is needed. Mounts file systems of its own: root only.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/acall_file.h>

#include "bench.h"

/* Tries for one sample, since a call may be done before the cancel. */
#define TRIES	50

/* More than the interface has. */
#define METHODS	64

#define ON_TMPFS	.on = "tmpfs", .dir = "ACALL_DIR_TMPFS"
#define ON_EXT4		.on = "ext4", .dir = "ACALL_DIR_EXT4"
#define ON_XFS		.on = "xfs", .place = PLACE_XFS
#define COPY		.method = ACALL_FILE_COPY, .source = true,	\
			.target = TARGET_EMPTY, .bytes = 256 * MIB,	\
			.reach = 128 * MIB
#define ALLOCATE	.method = ACALL_FILE_ALLOCATE,			\
			.peer = PEER_FALLOCATE
#define PUNCH		ALLOCATE, .target = TARGET_ALLOCATED,		\
			.mode = ACALL_FILE_ALLOCATE_PUNCH
/* Slow: a random point near the start serves as well. */
#define HASH		.method = ACALL_FILE_HASH, .source = true,	\
			.bytes = 256 * MIB, .reach = 8 * MIB
#define SYNC		.method = ACALL_FILE_SYNC, .target = TARGET_DIRTY, \
			.bytes = 64 * MIB, .reach = 32 * MIB
/* No block, and many chunks: what it costs to look for them. */
#define HOLES		.bytes = 8ULL << 40, .reach = 1ULL << 40
/* So many groups of blocks that it takes a while to tell the device of them. */
#define TRIMMED		(256 * 1024 * MIB)
#define MAKE_TRIMMED	"mkfs.ext4 -q -F -N 8192 -J size=4 " \
			"-E nodiscard,lazy_itable_init=1 %s"

static const struct bench_case cases[] = {
	{ .name = "copy", ON_TMPFS, COPY, .peer = PEER_WRITE,
	  .target_ns = 20000000 },
	{ .name = "copy", ON_EXT4, COPY, .peer = PEER_WRITE,
	  .target_ns = 50000000 },
	{ .name = "copy sparse", ON_TMPFS, COPY,
	  .flags = ACALL_FILE_COPY_SPARSE, .target_ns = 20000000 },
	{ .name = "copy sync", ON_EXT4, COPY, .flags = ACALL_FILE_COPY_SYNC },
	{ .name = "allocate", ON_TMPFS, ALLOCATE, .target = TARGET_EMPTY,
	  .bytes = 384 * MIB, .reach = 192 * MIB, .target_ns = 20000000 },
	{ .name = "allocate", ON_EXT4, ALLOCATE, .target = TARGET_EMPTY,
	  .bytes = 1024 * MIB, .reach = 512 * MIB, .target_ns = 50000000 },
	{ .name = "punch", ON_TMPFS, PUNCH, .bytes = 384 * MIB,
	  .reach = 192 * MIB },
	{ .name = "punch", ON_EXT4, PUNCH, .bytes = 1024 * MIB,
	  .reach = 512 * MIB },
	{ .name = "hash", ON_TMPFS, HASH },
	{ .name = "hash", ON_EXT4, HASH },
	/* What tmpfs has is never written back. */
	{ .name = "sync", ON_EXT4, SYNC, .peer = PEER_FSYNC,
	  .mode = ACALL_FILE_SYNC_FILE },
	{ .name = "sync all", ON_EXT4, SYNC,
	  .mode = ACALL_FILE_SYNC_FILESYSTEM },
	{ .name = "advise", ON_EXT4, HOLES, .method = ACALL_FILE_ADVISE,
	  .mode = ACALL_FILE_ADVISE_DONTNEED, .target = TARGET_HOLE },
	{ .name = "discard", ON_EXT4, HOLES, .method = ACALL_FILE_DISCARD,
	  .target = TARGET_DEVICE },
	{ .name = "dedupe", ON_XFS, .method = ACALL_FILE_DEDUPE, .source = true,
	  .target = TARGET_SAME, .bytes = 128 * MIB, .reach = 64 * MIB },
	{ .name = "trim", .on = "ext4", .place = PLACE_EXT4,
	  .method = ACALL_FILE_TRIM, .target = TARGET_MOUNT,
	  .bytes = TRIMMED },
	{ .name = "statfs", .on = "obeys", .method = ACALL_FILE_STATFS,
	  .server = SERVER_OBEYS },
	{ .name = "statfs", .on = "deaf", .method = ACALL_FILE_STATFS,
	  .server = SERVER_DEAF },
	{ .name = "stat", .on = "obeys", .method = ACALL_FILE_STAT,
	  .peer = PEER_STATX, .server = SERVER_OBEYS },
	{ .name = "stat", .on = "deaf", .method = ACALL_FILE_STAT,
	  .peer = PEER_STATX, .server = SERVER_DEAF },
};

#define CASES	ARRAY_SIZE(cases)

/* The same points in every run, so that runs can be compared. */
__u64 random_below(__u64 limit)
{
	static __u64 x = 0x2545f4914f6cdd1dULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x % limit;
}

static const char *folder(const struct bench_case *c)
{
	const char *dir;

	if (c->place == PLACE_EXT4)
		place_make(c->place, MAKE_TRIMMED, c->bytes);
	else if (c->place)
		place_need(c->place);
	if (c->place)
		return place_path(c->place);
	dir = getenv(c->dir);
	if (!dir)
		die("%s is not set", c->dir);
	return dir;
}

static int temp(const struct bench_case *c)
{
	const char *dir = folder(c);
	int fd;

	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		die("%s: %s", dir, strerror(errno));
	return fd;
}

/* With @file behind it; goes with the last descriptor. */
static int device(int file)
{
	char path[40];
	int dev = loop_open(file, path, sizeof(path));

	if (dev < 0)
		die("loop: %s", strerror(errno));
	close(file);
	return dev;
}

static void write_all(int fd, __u64 bytes)
{
	static unsigned char buf[MIB];
	__u64 at;
	size_t i;

	if (!buf[0])
		for (i = 0; i < sizeof(buf); i++)
			buf[i] = 1 + random_below(255);
	for (at = 0; at < bytes; at += sizeof(buf))
		if (pwrite(fd, buf, sizeof(buf), at) != sizeof(buf))
			die("write: %s", strerror(errno));
}

static struct files prepare(const struct bench_case *c)
{
	struct files files = { -1, -1 };

	if (c->target == TARGET_MOUNT)
		folder(c);
	else if (c->target)
		files.dst = temp(c);
	if (c->target == TARGET_DEVICE) {
		if (ftruncate(files.dst, c->bytes))
			die("ftruncate: %s", strerror(errno));
		files.dst = device(files.dst);
	}
	if (!c->source)
		return files;
	files.src = temp(c);
	write_all(files.src, c->bytes);
	/* What is left to write back would be measured too. */
	if (fsync(files.src))
		die("fsync: %s", strerror(errno));
	return files;
}

/* As it is to be before each call. */
static void renew(const struct bench_case *c, struct files *files)
{
	int ret = 0;

	if (c->server)
		dead_set(c->server);
	switch (c->target) {
	case TARGET_NONE:
	case TARGET_DEVICE:
		break;
	case TARGET_HOLE:
		ret = ftruncate(files->dst, c->bytes);
		break;
	case TARGET_EMPTY:
		ret = ftruncate(files->dst, 0);
		break;
	case TARGET_ALLOCATED:
		/* What io_uring leaves to the task interrupts. */
		do {
			ret = fallocate(files->dst, 0, 0, c->bytes);
		} while (ret && errno == EINTR);
		break;
	case TARGET_DIRTY:
		write_all(files->dst, c->bytes);
		break;
	case TARGET_SAME:
		ret = ftruncate(files->dst, 0);
		write_all(files->dst, c->bytes);
		ret = ret ?: fsync(files->dst);
		break;
	case TARGET_MOUNT:
		/* It remembers what was trimmed for as long as it is mounted. */
		if (files->dst >= 0)
			close(files->dst);
		place_again(c->place);
		files->dst = open(place_path(c->place),
				  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		ret = files->dst < 0;
		break;
	}
	if (ret)
		die("target of %s on %s: %s", c->name, c->on, strerror(errno));
}

static void measure_peer(struct result *result, struct files *files,
			 unsigned int samples)
{
	const struct bench_case *c = result->c;
	struct series *peer = &result->peer;
	__u64 reach = c->reach ?: 1, whole;
	unsigned int tries;

	peer->what = uring_operation(c->peer);
	if (!peer->what)
		return;
	renew(c, files);
	whole = uring_whole(c, files);
	if (whole)
		reach = whole / 2 + 1;
	for (tries = samples * TRIES; tries; tries--) {
		if (peer->count == samples)
			break;
		renew(c, files);
		uring_stop_once(c, files, 1 + random_below(reach), peer);
	}
}

static void measure(struct result *result, int obj, unsigned int samples)
{
	const struct bench_case *c = result->c;
	struct files files = prepare(c);
	__u64 reach = c->reach ?: 1;
	unsigned int tries;

	result->acall.what = c->name;
	if (!c->reach && !c->server) {
		renew(c, &files);
		reach = acall_whole(obj, c, &files);
	}
	for (tries = samples * TRIES; tries; tries--) {
		if (result->acall.count == samples)
			break;
		renew(c, &files);
		acall_stop_once(obj, c, &files, 1 + random_below(reach),
				&result->acall);
	}
	measure_peer(result, &files, samples);
	if (c->server)
		dead_set(SERVER_ANSWERS);
	if (files.src >= 0)
		close(files.src);
	if (files.dst >= 0)
		close(files.dst);
}

/* Has each method that stops a case? Those that have none are named. */
static bool covers_all(void)
{
	char name[ACALL_NAME_LEN];
	unsigned int found = 0, i;
	bool all = true;
	__u32 method;

	for (method = 0; method < METHODS; method++) {
		if (!acall_stops(method, name))
			continue;
		found++;
		for (i = 0; i < CASES && cases[i].method != method; i++)
			;
		if (i < CASES)
			continue;
		fprintf(stderr, "FAILED: %s stops, and has no case\n", name);
		all = false;
	}
	return all && found;
}

/* Says what is not as it should be; returns the exit status. */
static int judge(struct result *results, unsigned int n, unsigned int samples)
{
	unsigned int i;
	int status = 0;

	for (i = 0; i < n; i++) {
		struct result *r = &results[i];

		if (result_met(r, samples))
			continue;
		status = 1;
		if (r->acall.count < samples)
			fprintf(stderr,
				"FAILED: %s on %s was caught in the middle only %u times of %u\n",
				r->c->name, r->c->on, r->acall.count, samples);
		else
			fprintf(stderr,
				"FAILED: %s on %s: the median of %.2f ms misses the target of %.0f ms\n",
				r->c->name, r->c->on,
				series_at(&r->acall, 50) / 1e6,
				r->c->target_ns / 1e6);
	}
	return status;
}

static const char help[] =
	"usage: bench_stop [OPTION]... [METHOD]...\n"
	"How long after CANCEL a method has ended, beside io_uring's cancel.\n"
	"METHOD: only cases with such names (globs).\n"
	"\n"
	"  --json         JSON instead of the table\n"
	"  --samples=N    cancels of each (100)\n"
	"  --help         this\n"
	"\n"
	"exit status: 0, 1 a target was missed, 2 something could not run\n";

static bool is_chosen(const struct bench_case *c, char **globs, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (!fnmatch(globs[i], c->name, 0))
			return true;
	return !n;
}

int main(int argc, char **argv)
{
	static struct result results[CASES];
	unsigned int samples = 100, i, count = 0;
	bool json = false, covered;
	int obj, n, status;

	for (n = 1; n < argc && argv[n][0] == '-'; n++) {
		if (!strcmp(argv[n], "--json")) {
			json = true;
		} else if (!strncmp(argv[n], "--samples=", 10)) {
			samples = number(argv[n] + 10, MAX_SAMPLES);
		} else {
			fputs(help, stderr);
			return strcmp(argv[n], "--help") ? 2 : 0;
		}
	}
	for (i = 0; i < CASES; i++)
		if (is_chosen(&cases[i], argv + n, argc - n))
			break;
	if (i == CASES)
		die("no method has such a name");

	places_begin();
	obj = acall_open();
	covered = covers_all();
	if (!dead_start())
		die("no FUSE, or no right to use it");
	for (i = 0; i < CASES; i++) {
		struct result *r = &results[count];

		if (!is_chosen(&cases[i], argv + n, argc - n))
			continue;
		r->c = &cases[i];
		count++;
		fprintf(stderr, "%s on %s ...\n", r->c->name, r->c->on);
		measure(r, obj, samples);
	}
	close(obj);
	dead_stop();
	places_end();
	if (json)
		print_json(results, count, samples);
	else
		print_table(results, count, samples);
	fflush(stdout);
	status = judge(results, count, samples);
	return covered ? status : 1;
}
