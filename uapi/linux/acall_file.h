/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The "file" interface of acall: work on files that can be watched and stopped.
 *
 * Input is the method's structure, output its *_out structure or, where the
 * table says so, plain bytes. Files are passed in the order given. A range is
 * @offset, @length in bytes; length 0 means to the end of the file; an overflow
 * is EOVERFLOW. Unknown flags and non-zero reserved fields are EINVAL.
 *
 *	method		files			output
 *	statfs		-			struct acall_file_statfs_out
 *	stat		-			struct acall_file_stat_out
 *	sync		file			-
 *	trim		file or directory	struct acall_file_trim_out
 *	discard		block device		-
 *	copy		source, target		-
 *	dedupe		source, target		-
 *	hash		file			the digest
 *	allocate	file			-
 *	advise		file			-
 *
 * Bytes done are the call's progress. After STOPPED the bytes
 * [offset, offset + progress) have the effect and nothing beyond has, except
 * that allocate may have allocated up to one chunk more, dedupe may have shared up
 * to one and trim have trimmed any (which nobody can tell from the contents), and
 * sync promises nothing for less than the whole.
 */
#ifndef _UAPI_LINUX_ACALL_FILE_H
#define _UAPI_LINUX_ACALL_FILE_H

#include <linux/types.h>

#define ACALL_FILE_INTERFACE	"file"
#define ACALL_FILE_VERSION	1

/* Method numbers are appended, never reused. */
enum acall_file_method {
	ACALL_FILE_STATFS	= 0,
	ACALL_FILE_STAT		= 1,
	ACALL_FILE_SYNC		= 2,
	ACALL_FILE_TRIM		= 3,
	ACALL_FILE_DISCARD	= 4,
	ACALL_FILE_COPY		= 5,
	ACALL_FILE_DEDUPE	= 6,
	ACALL_FILE_HASH		= 7,
	ACALL_FILE_ALLOCATE	= 8,
	ACALL_FILE_ADVISE	= 9,
};

/**
 * struct acall_file_path - input of statfs and stat
 * @flags: 0
 * @__reserved: 0
 * @path: the path, its length is what is left of the input; a final NUL is
 *	accepted. Resolved by BEGIN in the caller without asking the server of
 *	the mount it names
 */
struct acall_file_path {
	__u32 flags;
	__u32 __reserved;
	char path[];
};

/* Output of statfs: the fields of statfs(2). */
struct acall_file_statfs_out {
	__u64 type;
	__u64 bsize;
	__u64 blocks;
	__u64 bfree;
	__u64 bavail;
	__u64 files;
	__u64 ffree;
	__u64 fsid;
	__u64 namelen;
	__u64 frsize;
	__u64 flags;
};

/* Output of stat: the fields of statx(2); times are seconds and nanoseconds. */
struct acall_file_stat_out {
	__u32 mode;
	__u32 nlink;
	__u32 uid;
	__u32 gid;
	__u64 ino;
	__u64 size;
	__u64 blocks;
	__u32 blksize;
	__u32 result_mask;	/* STATX_* that the file system filled */
	__u32 dev_major;
	__u32 dev_minor;
	__u32 rdev_major;
	__u32 rdev_minor;
	__s64 atime;
	__s64 mtime;
	__s64 ctime;
	__s64 btime;
	__u32 atime_nsec;
	__u32 mtime_nsec;
	__u32 ctime_nsec;
	__u32 btime_nsec;
};

enum acall_file_sync_scope {
	ACALL_FILE_SYNC_DATA		= 0,	/* as fdatasync(2) */
	ACALL_FILE_SYNC_FILE		= 1,	/* as fsync(2) */
	ACALL_FILE_SYNC_FILESYSTEM	= 2,	/* as syncfs(2); no range */
};

/**
 * struct acall_file_sync - input of sync
 * @offset: start of the range
 * @length: its length, 0 = to the end
 * @scope: enum acall_file_sync_scope
 * @flags: 0
 */
struct acall_file_sync {
	__u64 offset;
	__u64 length;
	__u32 scope;
	__u32 flags;
};

enum acall_file_reflink {
	ACALL_FILE_REFLINK_AUTO		= 0,	/* share, else copy */
	ACALL_FILE_REFLINK_ALWAYS	= 1,	/* share or fail */
	ACALL_FILE_REFLINK_NEVER	= 2,	/* write every byte anew */
};

#define ACALL_FILE_COPY_SPARSE	0x1	/* holes stay holes */
#define ACALL_FILE_COPY_SYNC	0x2	/* all of the target is durable then */

/**
 * struct acall_file_copy - input of copy
 * @src_offset: where to read
 * @dst_offset: where to write
 * @length: how much, 0 = to the end of the source
 * @reflink: enum acall_file_reflink
 * @flags: ACALL_FILE_COPY_*
 *
 * To a target that was opened O_SYNC or O_DSYNC it is as with ACALL_FILE_COPY_SYNC.
 */
struct acall_file_copy {
	__u64 src_offset;
	__u64 dst_offset;
	__u64 length;
	__u32 reflink;
	__u32 flags;
};

#define ACALL_FILE_ALGORITHM_LEN	64
#define ACALL_FILE_DIGEST_MAX		64

/**
 * struct acall_file_hash - input of hash
 * @offset: start of the range
 * @length: its length, 0 = to the end
 * @flags: 0
 * @__reserved: 0
 * @algorithm: name of a digest of the kernel's crypto API that needs no key,
 *	NUL-padded ("sha256", "sha512", "blake2b-256", "crc32c", ...); ENOENT if
 *	the kernel has none of that name
 */
struct acall_file_hash {
	__u64 offset;
	__u64 length;
	__u32 flags;
	__u32 __reserved;
	char algorithm[ACALL_FILE_ALGORITHM_LEN];
};

enum acall_file_allocate_mode {
	ACALL_FILE_ALLOCATE_PLAIN	= 0,
	ACALL_FILE_ALLOCATE_ZERO	= 1,	/* FALLOC_FL_ZERO_RANGE */
	ACALL_FILE_ALLOCATE_PUNCH	= 2,	/* FALLOC_FL_PUNCH_HOLE */
};

#define ACALL_FILE_ALLOCATE_KEEP_SIZE	0x1	/* implied by PUNCH */

/**
 * struct acall_file_allocate - input of allocate
 * @offset: start of the range
 * @length: its length, 0 = to the end of the file
 * @mode: enum acall_file_allocate_mode
 * @flags: ACALL_FILE_ALLOCATE_*
 */
struct acall_file_allocate {
	__u64 offset;
	__u64 length;
	__u32 mode;
	__u32 flags;
};

/**
 * struct acall_file_dedupe - input of dedupe
 * @src_offset: where the range begins in the source; a multiple of the file
 *	system's block size
 * @dst_offset: where it begins in the target; likewise
 * @length: its length, 0 = to the end of the source
 * @flags: 0
 * @__reserved: 0
 *
 * As FIDEDUPERANGE. EBADE if the files differ: then the bytes before progress
 * are shared, and the first that is not the same is in the chunk behind it. What
 * is less than a block at the end of only one of the files is not shared, and
 * progress less than what was asked for.
 */
struct acall_file_dedupe {
	__u64 src_offset;
	__u64 dst_offset;
	__u64 length;
	__u32 flags;
	__u32 __reserved;
};

/**
 * struct acall_file_trim - input of trim
 * @offset: start of the range, in the file system's own order of its blocks
 * @length: its length, 0 = to the end
 * @minlen: shorter runs of free blocks are left, in bytes
 * @flags: 0
 * @__reserved: 0
 *
 * As FITRIM on the file system of the file; needs CAP_SYS_ADMIN. One step: progress
 * is nothing or all. It ends with its process (ESRCH), whose address space file
 * systems take the argument from.
 */
struct acall_file_trim {
	__u64 offset;
	__u64 length;
	__u64 minlen;
	__u32 flags;
	__u32 __reserved;
};

/* Output of trim: how many bytes of free space were handed to the device. */
struct acall_file_trim_out {
	__u64 trimmed;
};

enum acall_file_discard_mode {
	ACALL_FILE_DISCARD_PLAIN	= 0,	/* BLKDISCARD */
	ACALL_FILE_DISCARD_SECURE	= 1,	/* BLKSECDISCARD */
	ACALL_FILE_DISCARD_ZERO		= 2,	/* BLKZEROOUT */
};

/**
 * struct acall_file_discard - input of discard
 * @offset: start of the range, a multiple of the logical block size
 * @length: its length, likewise; 0 = to the end of the device
 * @mode: enum acall_file_discard_mode
 * @flags: 0
 *
 * As the ioctls. If it fails, of the chunk behind progress any may be lost, and what
 * was not written back of it is.
 */
struct acall_file_discard {
	__u64 offset;
	__u64 length;
	__u32 mode;
	__u32 flags;
};

enum acall_file_advice {
	ACALL_FILE_ADVISE_WILLNEED	= 0,	/* read it into the page cache */
	ACALL_FILE_ADVISE_DONTNEED	= 1,	/* drop what is clean of it */
};

/**
 * struct acall_file_advise - input of advise
 * @offset: start of the range
 * @length: its length, 0 = to the end of the file
 * @advice: enum acall_file_advice
 * @flags: 0
 *
 * As posix_fadvise(2), but for all of the range, however long: reads are started,
 * and not waited for.
 */
struct acall_file_advise {
	__u64 offset;
	__u64 length;
	__u32 advice;
	__u32 flags;
};

#endif /* _UAPI_LINUX_ACALL_FILE_H */
