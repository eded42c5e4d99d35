/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the files of libacall-with.so know of each other: the library that
 * `acall with` has a program preload, so that its long file system calls go
 * through the module.
 *
 * The rule for all of it: the program sees what the plain function would have
 * shown it, or ETIMEDOUT. Whatever is not a result of the call itself (no
 * module, a file that it does not take, a limit, no descriptor left) is settled
 * by making the plain call, which has the right errno for everything. What
 * differs are addresses of nothing: they are EFAULT to the kernel alone.
 *
 * The functions that are async-signal-safe stay so: nothing here allocates or
 * takes a lock, but for sync(2), which is not.
 */
#ifndef ACALL_WITH_H
#define ACALL_WITH_H

/* Of two functions with an off_t both are defined: none may stand for both. */
#undef _FILE_OFFSET_BITS
#undef _TIME_BITS
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "internal.h"

/* plain.c: the functions themselves, of the C library or who is next ------- */

struct plain {
	__typeof__(fsync) *fsync;
	__typeof__(fdatasync) *fdatasync;
	__typeof__(syncfs) *syncfs;
	__typeof__(sync) *sync;
	__typeof__(copy_file_range) *copy_file_range;
	__typeof__(fallocate) *fallocate;
	__typeof__(fallocate64) *fallocate64;
	__typeof__(posix_fallocate) *posix_fallocate;
	__typeof__(posix_fallocate64) *posix_fallocate64;
	__typeof__(posix_fadvise) *posix_fadvise;
	__typeof__(posix_fadvise64) *posix_fadvise64;
	__typeof__(ioctl) *ioctl;
	__typeof__(statfs) *statfs;
	__typeof__(statfs64) *statfs64;
	__typeof__(statvfs) *statvfs;
	__typeof__(statvfs64) *statvfs64;
	__typeof__(stat) *stat;
	__typeof__(stat64) *stat64;
};

const struct plain *plain(void);

/* settings.c: what `acall with` was told ---------------------------------- */

struct settings {
	uint64_t timeout_ns;	/* of each call; ACALL_FOREVER = none */
	uint64_t grace_ns;	/* as in the ABI */
};

const struct settings *settings(void);
/* For people, where no errno can say it. */
void say_given_up(const char *path, int error);

/* call.c ------------------------------------------------------------------ */

/* Instead of 0 or a negative errno: make the plain call. */
#define WITH_PLAIN	1

/*
 * Makes a call with its method, input, files and output. @point: the function
 * is a cancellation point of pthreads. Leaves errno alone.
 *
 * Return: 0 or the negative errno that the program is to see, with outcome and
 * progress; or WITH_PLAIN.
 */
int with_call(struct acall_call_args *args, bool point);
/* The same for the methods with one file and no output. */
int with_file(uint32_t method, int fd, const void *in, size_t in_len,
	      bool point);

/* outcome.c --------------------------------------------------------------- */

/* What with_call() returns for what became of the call. */
int outcome_error(const struct acall_call_args *args);
/* The call has not come to its own end. */
bool is_given_up(int error);
/* What a function returns for 0 or a negative errno: 0, or -1 and errno. */
int with_result(int error);

/* sync.c, path.c ---------------------------------------------------------- */

/* Both return as with_call(). */
int with_sync(int fd, uint32_t scope, bool point);
int with_statfs(const char *path, struct acall_file_statfs_out *out);

/* known.c ----------------------------------------------------------------- */

/* What is known of an open file without asking its server; false = nothing. */
bool known(int fd, struct statx *st);
/* Is all of the range in the file, as far as is known? */
bool in_file(int fd, __u64 offset, __u64 len);

#endif /* ACALL_WITH_H */
