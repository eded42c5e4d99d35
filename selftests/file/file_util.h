/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the "file" interface share: the environment, the ioctls,
 * one function per method, and the look afterwards whether anything was left
 * behind. Functions return 0 or a negative errno unless they say otherwise.
 *
 * Nothing here sleeps: what has to happen in another thread is awaited with
 * QUERY and give_way().
 */
#ifndef _SELFTESTS_FILE_UTIL_H
#define _SELFTESTS_FILE_UTIL_H

#include "acall_util.h"

#include <linux/acall_file.h>

#include "file_data.h"

/*
 * Why a test that needs the directory or device in the environment variable
 * @name cannot run here; NULL if it can.
 */
static inline const char *ft_missing(const char *name)
{
	static char why[80];

	if (access("/sys/module/acall_file", F_OK))
		return "module acall_file is not loaded";
	if (name && (!getenv(name) || access(getenv(name), F_OK))) {
		snprintf(why, sizeof(why), "%s names nothing usable", name);
		return why;
	}
	return NULL;
}

static inline int ft_object(void)
{
	return sys_object(ACALL_FILE_INTERFACE);
}

/* A file without a name in the directory in environment variable @name. */
static inline int ft_temp(const char *name)
{
	int fd = open(getenv(name), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd;
}

/* The same open file description's file, opened anew with @flags. */
static inline int ft_reopen(int fd, int flags)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static inline int ft_begin(int obj, __u32 method, const void *in,
			   size_t in_len, const int *files, __u32 nr_files)
{
	struct acall_begin begin = {
		.size = sizeof(begin),
		.method = method,
		.nr_files = nr_files,
		.files = (uintptr_t)files,
		.in = (uintptr_t)in,
		.in_len = in_len,
	};

	return sys_begin_struct(obj, &begin);
}

static inline int ft_cancel(int obj, __u32 flags, __u64 grace_ns)
{
	struct acall_cancel cancel;

	return sys_cancel(obj, flags, 0, grace_ns, &cancel);
}

static inline int ft_finish(int obj, struct acall_finish *finish)
{
	return sys_finish_out(obj, NULL, 0, finish);
}

/*
 * Begin a call, wait for it and take its result. Returns what BEGIN refused
 * with, else 0 and @finish. A BEGIN that refused must have left the object idle
 * (B3); if it did not, that is -EUCLEAN.
 */
static inline int ft_run(int obj, __u32 method, const void *in,
			 size_t in_len, const int *files, __u32 nr_files,
			 void *out, __u32 out_len,
			 struct acall_finish *finish)
{
	int ret = ft_begin(obj, method, in, in_len, files, nr_files);

	memset(finish, 0, sizeof(*finish));
	if (!ret)
		return sys_finish_out(obj, out, out_len, finish);
	return state_of(obj) == ACALL_STATE_IDLE ? ret : -EUCLEAN;
}

/* The error of a call that must fail, whether BEGIN or FINISH tells it. */
static inline int ft_error(int ret, const struct acall_finish *finish)
{
	if (ret)
		return ret;
	if (finish->outcome != ACALL_OUTCOME_COMPLETED)
		return -EUCLEAN;
	return finish->status;
}

static inline int ft_copy(int obj, int src, int dst,
			  const struct acall_file_copy *arg,
			  struct acall_finish *finish)
{
	int files[2] = { src, dst };

	return ft_run(obj, ACALL_FILE_COPY, arg, sizeof(*arg), files, 2, NULL,
		      0, finish);
}

static inline int ft_begin_copy(int obj, int src, int dst,
				const struct acall_file_copy *arg)
{
	int files[2] = { src, dst };

	return ft_begin(obj, ACALL_FILE_COPY, arg, sizeof(*arg), files, 2);
}

static inline int ft_sync(int obj, int fd, const struct acall_file_sync *arg,
			  struct acall_finish *finish)
{
	return ft_run(obj, ACALL_FILE_SYNC, arg, sizeof(*arg), &fd, 1, NULL, 0,
		      finish);
}

static inline int ft_allocate(int obj, int fd,
			      const struct acall_file_allocate *arg,
			      struct acall_finish *finish)
{
	return ft_run(obj, ACALL_FILE_ALLOCATE, arg, sizeof(*arg), &fd, 1,
		      NULL, 0, finish);
}

static inline struct acall_file_hash ft_hash_arg(const char *algorithm,
						 __u64 offset,
						 __u64 length)
{
	struct acall_file_hash arg = { .offset = offset, .length = length };
	size_t len = strlen(algorithm);

	/* Names of full length have no NUL. */
	memcpy(arg.algorithm, algorithm,
	       len < sizeof(arg.algorithm) ? len : sizeof(arg.algorithm));
	return arg;
}

/* @digest has room for ACALL_FILE_DIGEST_MAX bytes. */
static inline int ft_hash(int obj, int fd, const struct acall_file_hash *arg,
			  unsigned char *digest, struct acall_finish *finish)
{
	return ft_run(obj, ACALL_FILE_HASH, arg, sizeof(*arg), &fd, 1, digest,
		      ACALL_FILE_DIGEST_MAX, finish);
}

static inline int ft_dedupe(int obj, int src, int dst,
			    const struct acall_file_dedupe *arg,
			    struct acall_finish *finish)
{
	const int files[] = { src, dst };

	return ft_run(obj, ACALL_FILE_DEDUPE, arg, sizeof(*arg), files, 2, NULL,
		      0, finish);
}

static inline int ft_trim(int obj, int fd, const struct acall_file_trim *arg,
			  __u64 *trimmed, struct acall_finish *finish)
{
	struct acall_file_trim_out out = { 0 };
	int ret = ft_run(obj, ACALL_FILE_TRIM, arg, sizeof(*arg), &fd, 1, &out,
			 sizeof(out), finish);

	*trimmed = out.trimmed;
	return ret;
}

static inline int ft_discard(int obj, int fd, __u32 mode, __u64 offset,
			     __u64 length, struct acall_finish *finish)
{
	const struct acall_file_discard arg = {
		.offset = offset,
		.length = length,
		.mode = mode,
	};

	return ft_run(obj, ACALL_FILE_DISCARD, &arg, sizeof(arg), &fd, 1, NULL,
		      0, finish);
}

static inline int ft_advise(int obj, int fd, __u32 advice, __u64 offset,
			    __u64 length, struct acall_finish *finish)
{
	const struct acall_file_advise arg = {
		.offset = offset,
		.length = length,
		.advice = advice,
	};

	return ft_run(obj, ACALL_FILE_ADVISE, &arg, sizeof(arg), &fd, 1, NULL,
		      0, finish);
}

/*
 * Did the call end by itself, with @status and @progress? Used as one check, so
 * that its failure shows all that FINISH said.
 */
static inline bool ft_ended(const struct acall_finish *finish, int status,
			    __u64 progress)
{
	if (finish->outcome == ACALL_OUTCOME_COMPLETED &&
	    finish->status == status && finish->progress == progress)
		return true;
	fprintf(stderr, "# FINISH: outcome %u status %d progress %llu of %llu",
		finish->outcome, finish->status,
		(unsigned long long)finish->progress,
		(unsigned long long)finish->total);
	fprintf(stderr, "; wanted %d %d %llu\n", ACALL_OUTCOME_COMPLETED,
		status, (unsigned long long)progress);
	return false;
}

/*
 * Wait until the pending call has made progress of at least @least, which is
 * not 0, or is ready. Returns its state or a negative errno.
 */
static inline int ft_wait_progress(int obj, __u64 least)
{
	__u64 since = now_ns();
	struct acall_query query;
	int ret;

	do {
		ret = sys_query(obj, 0, &query);
		if (ret)
			return ret;
		if (query.progress >= least || query.state == ACALL_STATE_DONE)
			return query.state;
		give_way();
	} while (!guard_expired(since));
	return -ETIMEDOUT;
}

static inline bool ft_line(const char *text, const char *field,
			   unsigned long long *value)
{
	const char *at = strstr(text, field);

	return at && sscanf(at + strlen(field), "%llx", value) == 1;
}

/* How many kernel workers there are with a signal pending; @seen: of how many. */
static inline int ft_signalled_workers(int *seen)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int found = 0;

	*seen = 0;
	while (proc && (entry = readdir(proc))) {
		unsigned long long own = 0, shared = 0;
		char path[300], text[2048];
		ssize_t n;
		int fd;

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/status", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
		if (n <= 0)
			continue;
		text[n] = 0;
		if (strncmp(text, "Name:\tkworker/", 14))
			continue;
		if (!ft_line(text, "\nSigPnd:", &own) ||
		    !ft_line(text, "\nShdPnd:", &shared))
			continue;
		++*seen;
		if (own | shared) {
			fprintf(stderr, "# signal pending: %.40s\n", text);
			found++;
		}
	}
	if (proc)
		closedir(proc);
	return found;
}

/*
 * What a test left behind after it has closed its objects: NULL if nothing.
 * The release of what is closed may take its time, so this waits for zeros.
 */
static inline const char *ft_leftovers(void)
{
	int seen;

	if (wait_counters_zero())
		return "an object, call, execution or orphan is left";
	if (ft_signalled_workers(&seen))
		return "a kernel worker has a signal pending";
	if (!seen)
		return "no kernel worker found in /proc";
	return NULL;
}

/*
 * A directory for a mount of the small file system, below ACALL_DIR_TMPFS; in
 * a mount namespace of the test's own, so that nothing stays mounted.
 */
static inline int ft_mount_point(char *path, size_t len)
{
	if (unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -errno;
	snprintf(path, len, "%s/mnt-XXXXXX", getenv("ACALL_DIR_TMPFS"));
	return mkdtemp(path) ? 0 : -errno;
}

static inline int ft_mount_small(const char *path)
{
	return mount(getenv("ACALL_DEV_SMALL"), path, "ext4", 0, NULL) ?
		-errno : 0;
}

#endif /* _SELFTESTS_FILE_UTIL_H */
