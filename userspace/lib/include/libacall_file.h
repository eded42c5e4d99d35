/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The interface "file", version 1, as pairs of typed functions. Part of
 * <libacall.h>, which says what holds for all of them.
 *
 * Each method has a pair. acall_begin_METHOD() is acall_begin() with the
 * method's arguments: @call must be of the interface "file" (else -EINVAL),
 * @args are those of <linux/acall_file.h>, a descriptor may be closed as soon as
 * it has returned, @options may be NULL. Return values are those of
 * acall_begin(), plus what the method refuses with, which is what the system call
 * that does the same would say; further, -EOVERFLOW for a range beyond the
 * largest offset.
 *
 * acall_finish_METHOD() is acall_finish() with the method's output. If a call
 * of another method is pending, it returns -EINVAL and consumes nothing. Look
 * at @result->status before you use the output.
 */
#ifndef LIBACALL_FILE_H
#define LIBACALL_FILE_H

#include <libacall.h>
#include <linux/acall_file.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * acall_begin_statfs - begin to ask for the usage of a file system
 * @call: object of the interface "file"
 * @path: a path on it, best its mount point: that is resolved without asking
 *	the file system's server, which may be dead
 * @options: as acall_begin()
 *
 * Return: as acall_begin(); -ENOENT, -EACCES, ... (the path); -ENAMETOOLONG.
 */
int acall_begin_statfs(acall_t *call, const char *path,
		       const struct acall_options *options);

/**
 * acall_finish_statfs - take the usage of a file system
 * @call: the object
 * @out: out: the fields of statfs(2), filled if @result->status is 0
 * @result: out: what became of the call; may be NULL
 *
 * Return: as acall_finish(); -EINVAL if the call is of another method.
 */
int acall_finish_statfs(acall_t *call, struct acall_file_statfs_out *out,
			struct acall_result *result);

/**
 * acall_begin_stat - begin to ask for the attributes of a mount point
 * @call: object of the interface "file"
 * @path: as acall_begin_statfs()
 * @options: as acall_begin()
 *
 * Return: as acall_begin_statfs().
 */
int acall_begin_stat(acall_t *call, const char *path,
		     const struct acall_options *options);

/**
 * acall_finish_stat - take the attributes of a mount point
 * @call: the object
 * @out: out: the fields of statx(2), filled if @result->status is 0
 * @result: out: what became of the call; may be NULL
 *
 * Return: as acall_finish(); -EINVAL if the call is of another method.
 */
int acall_finish_stat(acall_t *call, struct acall_file_stat_out *out,
		      struct acall_result *result);

/**
 * acall_begin_sync - begin to write a file or file system back
 * @call: object of the interface "file"
 * @file: descriptor of the file, or of any file of the file system
 * @args: range in bytes and scope; NULL = the data of the whole file
 * @options: as acall_begin()
 *
 * Return: as acall_begin(); -EINVAL (scope, or a range with FILESYSTEM).
 */
int acall_begin_sync(acall_t *call, int file,
		     const struct acall_file_sync *args,
		     const struct acall_options *options);

/**
 * acall_finish_sync - learn how a sync ended
 * @call: the object
 * @result: out: status 0 only if all that was asked for is written back;
 *	progress in bytes; may be NULL
 *
 * Return: as acall_finish(); -EINVAL if the call is of another method.
 */
int acall_finish_sync(acall_t *call, struct acall_result *result);

/**
 * acall_begin_copy - begin to copy a range of one file to another
 * @call: object of the interface "file"
 * @source: descriptor opened for reading
 * @target: descriptor opened for writing, without O_APPEND
 * @args: offsets and length in bytes, reflink, flags; NULL = the whole file
 *	from its start to the start of the target, shared if that is possible
 * @options: as acall_begin()
 *
 * Return: as acall_begin(); -EBADF (source or target is not opened so), -EINVAL
 * (not regular files, or overlapping ranges of one file), -EOVERFLOW.
 */
int acall_begin_copy(acall_t *call, int source, int target,
		     const struct acall_file_copy *args,
		     const struct acall_options *options);

/**
 * acall_finish_copy - learn how a copy ended
 * @call: the object
 * @result: out: progress = bytes in the target: after STOPPED exactly these
 *	are there, and none behind them; may be NULL
 *
 * Return: as acall_finish(); -EINVAL if the call is of another method.
 */
int acall_finish_copy(acall_t *call, struct acall_result *result);

/**
 * acall_begin_hash - begin to compute the digest of a range of a file
 * @call: object of the interface "file"
 * @file: descriptor opened for reading
 * @args: range in bytes and the kernel's name of the algorithm; NULL = sha256
 *	of the whole file
 * @options: as acall_begin()
 *
 * Return: as acall_begin(); -ENOENT (the kernel has no such algorithm).
 */
int acall_begin_hash(acall_t *call, int file,
		     const struct acall_file_hash *args,
		     const struct acall_options *options);

/**
 * acall_finish_hash - take the digest
 * @call: the object
 * @digest: out: the digest, @result->out_len bytes of it, if @result->status
 *	is 0
 * @result: out: what became of the call; may not be NULL, as it has the length
 *
 * Return: as acall_finish(); -EINVAL if the call is of another method.
 */
int acall_finish_hash(acall_t *call,
		      unsigned char digest[ACALL_FILE_DIGEST_MAX],
		      struct acall_result *result);

/**
 * acall_begin_allocate - begin to allocate, zero or punch a range of a file
 * @call: object of the interface "file"
 * @file: descriptor opened for writing
 * @args: range in bytes, mode and flags; NULL = allocate what the file's size
 *	covers
 * @options: as acall_begin()
 *
 * Return: as acall_begin(); -EFBIG (beyond RLIMIT_FSIZE), -EOPNOTSUPP (the file
 * system cannot do it).
 */
int acall_begin_allocate(acall_t *call, int file,
			 const struct acall_file_allocate *args,
			 const struct acall_options *options);

/**
 * acall_finish_allocate - learn how an allocation ended
 * @call: the object
 * @result: out: progress = bytes from the offset on that have the effect; up to
 *	one chunk behind them may have it too; may be NULL
 *
 * Return: as acall_finish(); -EINVAL if the call is of another method.
 */
int acall_finish_allocate(acall_t *call, struct acall_result *result);

/**
 * acall_begin_dedupe - begin to let two files share what is the same in both
 * @call: object of the interface "file"
 * @source: descriptor opened for reading
 * @target: descriptor of a file of the same file system, opened for writing or
 *	the caller's own
 * @args: where the ranges begin and how long they are; NULL = the whole source
 * @options: as acall_begin()
 *
 * Return: as acall_begin(); -EXDEV (two file systems), -EOPNOTSUPP (this one
 * cannot share), -EINVAL (a file with itself where the ranges overlap).
 */
int acall_begin_dedupe(acall_t *call, int source, int target,
		       const struct acall_file_dedupe *args,
		       const struct acall_options *options);

/**
 * acall_finish_dedupe - learn what is shared
 * @call: the object
 * @result: out: progress = bytes that are shared; status -EBADE if the files
 *	differ behind these; may be NULL
 *
 * Return: as acall_finish(); -EINVAL if the call is of another method.
 */
int acall_finish_dedupe(acall_t *call, struct acall_result *result);

/**
 * acall_begin_trim - begin to tell the device which blocks are free
 * @call: object of the interface "file"
 * @file: descriptor of a file or directory of the file system
 * @args: range in bytes, and what is too short to bother; NULL = all
 * @options: as acall_begin()
 *
 * Return: as acall_begin(); -EPERM (without CAP_SYS_ADMIN), -ENOTTY (the file
 * system knows no such thing).
 */
int acall_begin_trim(acall_t *call, int file,
		     const struct acall_file_trim *args,
		     const struct acall_options *options);

/**
 * acall_finish_trim - learn what was trimmed
 * @call: the object
 * @out: out: bytes trimmed, if @result->status is 0
 * @result: out: progress = bytes looked at; may be NULL
 *
 * Return: as acall_finish(); -EINVAL if the call is of another method, or @out is
 * NULL.
 */
int acall_finish_trim(acall_t *call, struct acall_file_trim_out *out,
		      struct acall_result *result);

/**
 * acall_begin_discard - begin to discard, erase or zero a range of a block device
 * @call: object of the interface "file"
 * @device: descriptor of a block device opened for writing
 * @args: range in bytes and mode; length 0 = to the end of the device. May not be
 *	NULL: the data is lost
 * @options: as acall_begin()
 *
 * Return: as acall_begin(); -EINVAL (no block device, not in whole blocks, or
 * beyond the end), -EOPNOTSUPP (the device cannot do it), -EPERM (read-only).
 */
int acall_begin_discard(acall_t *call, int device,
			const struct acall_file_discard *args,
			const struct acall_options *options);

/**
 * acall_finish_discard - learn how far it got
 * @call: the object
 * @result: out: progress = bytes from the offset on that are done; may be NULL
 *
 * Return: as acall_finish(); -EINVAL if the call is of another method.
 */
int acall_finish_discard(acall_t *call, struct acall_result *result);

/**
 * acall_begin_advise - begin to read a range into the page cache, or to drop it
 * @call: object of the interface "file"
 * @file: descriptor of a regular file
 * @args: range in bytes and advice; NULL = read the whole file
 * @options: as acall_begin()
 *
 * Return: as acall_begin().
 */
int acall_begin_advise(acall_t *call, int file,
		       const struct acall_file_advise *args,
		       const struct acall_options *options);

/**
 * acall_finish_advise - learn how far it got
 * @call: the object
 * @result: out: progress = bytes from the offset on that were advised about; may
 *	be NULL
 *
 * Return: as acall_finish(); -EINVAL if the call is of another method.
 */
int acall_finish_advise(acall_t *call, struct acall_result *result);

#ifdef __cplusplus
}
#endif

#endif /* LIBACALL_FILE_H */
