// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_work: the files, and whether what was done with them is right.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "jobs.h"

static char top[4096];
static char list[sizeof(top) + 16];

static int make_folder(const char *name)
{
	char path[sizeof(top) + 8];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", top, name);
	if (mkdir(path, 0700))
		die("%s: %s", path, strerror(errno));
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	return fd;
}

void files_begin(const char *dir, struct work *work)
{
	if (snprintf(top, sizeof(top), "%s/bench_work.XXXXXX", dir) >=
	    (int)sizeof(top) || !mkdtemp(top))
		die("%s: %s", dir, strerror(errno));
	snprintf(list, sizeof(list), "%s/digests", top);
	work->in = make_folder("in");
	work->out = make_folder("out");
	work->list = list;
}

void files_end(struct work *work)
{
	char path[sizeof(top) + 8];

	close(work->in);
	close(work->out);
	unlink(list);
	snprintf(path, sizeof(path), "%s/in", top);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/out", top);
	rmdir(path);
	rmdir(top);
}

void file_name(char name[NAME_MAX_LEN], unsigned int i)
{
	snprintf(name, NAME_MAX_LEN, "%05u", i % 100000);
}

static int open_in(int dir, unsigned int i, int flags)
{
	char name[NAME_MAX_LEN];
	int fd;

	file_name(name, i);
	fd = openat(dir, name, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		die("file %s: %s", name, strerror(errno));
	return fd;
}

int open_source(const struct work *work, unsigned int i)
{
	return open_in(work->in, i, O_RDONLY);
}

int open_target(const struct work *work, unsigned int i)
{
	return open_in(work->out, i, O_WRONLY | O_TRUNC);
}

/* The same in every run; no two files have the same. */
static void fill(__u64 *words, size_t n, unsigned int file)
{
	__u64 x = 0x2545f4914f6cdd1dULL ^ (file + 1);
	size_t i;

	for (i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		words[i] = x;
	}
}

void files_make(struct work *work)
{
	__u64 *words = malloc(work->bytes);
	unsigned int i;

	if (!words)
		die("no memory");
	for (i = 0; i < work->count; i++) {
		int fd = open_in(work->in, i, O_WRONLY | O_CREAT | O_EXCL);

		fill(words, work->bytes / sizeof(*words), i);
		if (write(fd, words, work->bytes) != (ssize_t)work->bytes)
			die("write: %s", strerror(errno));
		close(fd);
		if (work->kind == COPY)
			close(open_in(work->out, i,
				      O_WRONLY | O_CREAT | O_EXCL));
	}
	free(words);
}

void files_empty_targets(const struct work *work)
{
	unsigned int i;

	if (work->kind == COPY)
		for (i = 0; i < work->count; i++)
			close(open_target(work, i));
}

void files_remove(const struct work *work)
{
	char name[NAME_MAX_LEN];
	unsigned int i;

	for (i = 0; i < work->count; i++) {
		file_name(name, i);
		unlinkat(work->in, name, 0);
		if (work->kind == COPY)
			unlinkat(work->out, name, 0);
	}
}

static __u64 memory_available(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	unsigned long long kib = 0;
	char line[128];

	if (!f)
		die("/proc/meminfo: %s", strerror(errno));
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			break;
	fclose(f);
	return kib * KIB;
}

/* Bytes that there may be of files, on what may be a file system in memory. */
__u64 files_room(const struct work *work)
{
	__u64 memory = memory_available() / 4 * 3, room;
	struct statvfs st;

	if (fstatvfs(work->in, &st))
		die("fstatvfs: %s", strerror(errno));
	room = (__u64)st.f_bavail * st.f_frsize / 10 * 9;
	return room < memory ? room : memory;
}

/* Has the target the first @len bytes of the source, and no others? */
static bool same(const struct work *work, unsigned int i, __u64 len)
{
	static unsigned char is[MIB], want[MIB];
	int in = open_source(work, i), out = open_in(work->out, i, O_RDONLY);
	ssize_t n = 0;
	struct stat st;
	bool good;
	__u64 at;

	if (fstat(out, &st))
		die("fstat: %s", strerror(errno));
	good = (__u64)st.st_size == len;
	for (at = 0; good && at < len; at += n) {
		size_t part = len - at < MIB ? len - at : MIB;

		n = pread(in, want, part, at);
		good = n > 0 && pread(out, is, n, at) == n &&
		       !memcmp(is, want, n);
	}
	close(in);
	close(out);
	return good;
}

static const char *wrong(const struct work *work, unsigned int i,
			 const struct digest *reference)
{
	const struct job *job = &work->jobs[i];

	if (job->fate == NOT_ENDED)
		return "has no outcome";
	if (job->fate != COMPLETED && job->told == NOT_ASKED)
		return "was not cancelled, and is not completed";
	if (job->fate != COMPLETED && job->told == TOO_LATE)
		return "was cancelled too late, and is not completed";
	if (job->fate == COMPLETED && job->told == TOLD_CANCELLED)
		return "was cancelled, and is completed";
	if (job->fate == COMPLETED && job->progress != work->bytes)
		return "is completed short of its end";
	if (job->fate == NEVER_STARTED && job->progress)
		return "never started, and has progress";
	if (job->progress > work->bytes)
		return "has more progress than bytes";
	if (work->kind == COPY && !same(work, i, job->progress))
		return "has a target that is not its first bytes";
	if (work->kind == HASH && job->fate == COMPLETED &&
	    memcmp(&job->digest, &reference[i], sizeof(job->digest)))
		return "has another digest than sha256sum gave";
	return NULL;
}

/* @reference is what sha256sum has said, which was the first form. */
bool files_right(const struct work *work, const char *form,
		 const struct digest *reference)
{
	unsigned int i, faults = 0;

	for (i = 0; i < work->count; i++) {
		const char *text = wrong(work, i, reference);

		if (text && faults++ < 10)
			fprintf(stderr, "WRONG: %s: file %05u %s\n", form, i,
				text);
	}
	if (faults)
		fprintf(stderr, "WRONG: %s: %u files of %u\n", form, faults,
			work->count);
	return !faults;
}
