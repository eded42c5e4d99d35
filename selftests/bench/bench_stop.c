// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_stop: how long after CANCEL has a method really ended?
 *
 * For copy, allocate and hash of at least 256 MiB, on tmpfs and on ext4, begins
 * the call, cancels it at a random point after it has made progress, and waits
 * for its end; 20 times each. Beside it stands io_uring with its nearest
 * operation in the same guest, cancelled at the same kind of point.
 *
 * A median that misses its target makes the exit status 1, and so does a method
 * that could not be caught in the middle often enough. ACALL_DIR_TMPFS and
 * ACALL_DIR_EXT4 name the directories; about 1 GiB of memory is needed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

/* Tries for one sample, since a call may be done before the cancel. */
#define TRIES	50

#define CASES	6

static const struct bench_case cases[CASES] = {
	{ "copy", "tmpfs", "ACALL_DIR_TMPFS", WORK_COPY, 256 * MIB, 128 * MIB,
	  20000000 },
	{ "copy", "ext4", "ACALL_DIR_EXT4", WORK_COPY, 256 * MIB, 128 * MIB,
	  50000000 },
	{ "allocate", "tmpfs", "ACALL_DIR_TMPFS", WORK_ALLOCATE, 384 * MIB,
	  192 * MIB, 20000000 },
	{ "allocate", "ext4", "ACALL_DIR_EXT4", WORK_ALLOCATE, 1024 * MIB,
	  512 * MIB, 50000000 },
	/* Slow: a random point near the start serves as well. */
	{ "hash", "tmpfs", "ACALL_DIR_TMPFS", WORK_HASH, 256 * MIB, 8 * MIB,
	  0 },
	{ "hash", "ext4", "ACALL_DIR_EXT4", WORK_HASH, 256 * MIB, 8 * MIB,
	  0 },
};

/* The same points in every run, so that runs can be compared. */
__u64 random_below(__u64 limit)
{
	static __u64 x = 0x2545f4914f6cdd1dULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x % limit;
}

static int temp(const struct bench_case *c)
{
	const char *dir = getenv(c->dir);
	int fd;

	if (!dir)
		die("%s is not set", c->dir);
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		die("%s: %s", dir, strerror(errno));
	return fd;
}

static struct files prepare(const struct bench_case *c)
{
	struct files files = { -1, -1 };
	static unsigned char buf[MIB];
	__u64 at;
	size_t i;

	if (c->work != WORK_HASH)
		files.dst = temp(c);
	if (c->work == WORK_ALLOCATE)
		return files;
	for (i = 0; i < sizeof(buf); i++)
		buf[i] = random_below(256);
	files.src = temp(c);
	for (at = 0; at < c->bytes; at += sizeof(buf))
		if (pwrite(files.src, buf, sizeof(buf), at) != sizeof(buf))
			die("write: %s", strerror(errno));
	/* What is left to write back would be measured too. */
	if (fsync(files.src))
		die("fsync: %s", strerror(errno));
	return files;
}

static void empty(const struct files *files)
{
	if (files->dst >= 0 && ftruncate(files->dst, 0))
		die("ftruncate: %s", strerror(errno));
}

static void measure(struct result *result, int obj, unsigned int samples)
{
	const struct bench_case *c = result->c;
	struct files files = prepare(c);
	unsigned int tries;

	result->acall.what = c->name;
	for (tries = samples * TRIES; tries; tries--) {
		if (result->acall.count == samples)
			break;
		empty(&files);
		acall_stop_once(obj, c, &files, 1 + random_below(c->reach),
				&result->acall);
	}
	result->peer.what = uring_operation(c->work);
	for (tries = samples * TRIES; result->peer.what && tries; tries--) {
		if (result->peer.count == samples)
			break;
		empty(&files);
		uring_stop_once(c, &files, 1 + random_below(c->reach),
				&result->peer);
	}
	if (files.src >= 0)
		close(files.src);
	if (files.dst >= 0)
		close(files.dst);
}

/* Says what is not as it should be; returns the exit status. */
static int judge(struct result *results, unsigned int samples)
{
	unsigned int i;
	int status = 0;

	for (i = 0; i < CASES; i++) {
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
				series_median(&r->acall) / 1e6,
				r->c->target_ns / 1e6);
	}
	return status;
}

int main(int argc, char **argv)
{
	static struct result results[CASES];
	unsigned int samples = 20, i;
	bool json = false;
	int obj, n;

	for (n = 1; n < argc; n++) {
		if (!strcmp(argv[n], "--json")) {
			json = true;
		} else if (!strncmp(argv[n], "--samples=", 10)) {
			samples = strtoul(argv[n] + 10, NULL, 10);
		} else {
			fprintf(stderr,
				"usage: bench_stop [--json] [--samples=N]\n");
			return 2;
		}
	}
	if (!samples || samples > MAX_SAMPLES)
		die("samples: 1 to %d", MAX_SAMPLES);

	obj = acall_open();
	for (i = 0; i < CASES; i++) {
		results[i].c = &cases[i];
		fprintf(stderr, "%s on %s ...\n", cases[i].name, cases[i].on);
		measure(&results[i], obj, samples);
	}
	close(obj);
	if (json)
		print_json(results, CASES, samples);
	else
		print_table(results, CASES, samples);
	fflush(stdout);
	return judge(results, samples);
}
