// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_file: what is done, on what, and with what it is compared.
 *
 * Judged is what moves, reads or frees so much data that what a call costs by
 * itself, some 10,000 instructions, is below one in a hundred. Of the others the plain
 * system call costs a few thousand, and no call that is handed to somebody else can
 * come near: of these it is said what acall adds.
 */
#include <linux/acall_file.h>

#include "file.h"

#define BIG		(64 * MIB)
/* SHA-256 takes 50 instructions for a byte, so this will do. */
#define DIGESTED	(8 * MIB)
#define MANY		256

#define FULL		.source = SOURCE_FULL, .bytes = BIG, .calls = 1
#define COPY		.method = ACALL_FILE_COPY, FULL, .target = TARGET_EMPTY
#define NEVER		COPY, .mode = ACALL_FILE_REFLINK_NEVER
#define SHARES		COPY, .mode = ACALL_FILE_REFLINK_ALWAYS
#define HASH		.method = ACALL_FILE_HASH, .source = SOURCE_FULL,	\
			.bytes = DIGESTED, .calls = 1
#define SYNC		.method = ACALL_FILE_SYNC, .target = TARGET_DIRTY,	\
			.bytes = BIG, .calls = 1, .run = plain_sync
/* More than a chunk. */
#define ALLOCATE	.method = ACALL_FILE_ALLOCATE, .bytes = 2 * BIG,	\
			.calls = 1, .plain = "fallocate", .run = plain_allocate
#define ADVISE		.method = ACALL_FILE_ADVISE, .bytes = BIG, .calls = 1,	\
			.plain = "posix_fadvise", .run = plain_advise
#define DEDUPE		.method = ACALL_FILE_DEDUPE, FULL,			\
			.target = TARGET_SAME, .plain = "FIDEDUPERANGE",	\
			.run = plain_dedupe
#define DISCARD		.method = ACALL_FILE_DISCARD, .place = PLACE_DEVICE,	\
			.target = TARGET_DEVICE, .bytes = DEVICE_BYTES,		\
			.calls = 1, .run = plain_discard

#define WITH_COPY	.plain = "copy_file_range", .run = plain_copy
#define WITH_CLONE	.plain = "FICLONE", .run = plain_clone
#define WITH_WRITE	.plain = "read, write", .run = plain_read_write
#define BY(_command)	{ .command = _command }

const struct file_case file_cases[] = {
	{ .name = "copy_tmpfs", .place = PLACE_TMPFS, COPY, WITH_COPY,
	  .gated = true, .others = { BY("cp source target"),
		BY("rsync source target"),
		BY("dd status=none bs=1M if=source of=target") } },
	{ .name = "copy_ext4", .place = PLACE_EXT4, COPY, WITH_COPY,
	  .gated = true, .others = { BY("cp source target"),
		BY("rsync source target"),
		BY("dd status=none bs=1M if=source of=target") } },
	/* Shares, as copy_file_range(2) does there. */
	{ .name = "copy_xfs", .place = PLACE_XFS, COPY, WITH_COPY,
	  .others = { BY("cp source target"), BY("rsync source target") } },
	{ .name = "reflink_xfs", .place = PLACE_XFS, SHARES, WITH_CLONE,
	  .others = { BY("cp --reflink=always source target") } },
	{ .name = "reflink_btrfs", .place = PLACE_BTRFS, SHARES, WITH_CLONE,
	  .others = { BY("cp --reflink=always source target") } },
	{ .name = "never_ext4", .place = PLACE_EXT4, NEVER, WITH_WRITE,
	  .gated = true,
	  .others = { BY("cp --reflink=never source target") } },
	{ .name = "never_xfs", .place = PLACE_XFS, NEVER, WITH_WRITE,
	  .gated = true, .others = { BY("cp --reflink=never source target"),
		BY("dd status=none bs=1M if=source of=target") } },
	{ .name = "never_btrfs", .place = PLACE_BTRFS, NEVER, WITH_WRITE,
	  .gated = true,
	  .others = { BY("cp --reflink=never source target") } },
	{ .name = "sparse_ext4", .place = PLACE_EXT4, .method = ACALL_FILE_COPY,
	  .flags = ACALL_FILE_COPY_SPARSE, .source = SOURCE_HALF,
	  .target = TARGET_EMPTY, .bytes = 2 * BIG, .calls = 1, .gated = true,
	  .plain = "SEEK_DATA, copy_file_range", .run = plain_sparse,
	  .others = { BY("cp source target"),
		BY("rsync --sparse source target") } },
	{ .name = "durable_ext4", .place = PLACE_EXT4, COPY,
	  .flags = ACALL_FILE_COPY_SYNC, .gated = true,
	  .plain = "copy_file_range, fsync", .run = plain_copy_sync,
	  .others = { BY("dd status=none bs=1M conv=fsync if=source of=target"),
		BY("rsync --fsync source target") } },
	{ .name = "hash_tmpfs", .place = PLACE_TMPFS, HASH, .gated = true,
	  .plain = "sendfile to AF_ALG", .run = plain_hash,
	  .others = { { .name = "read, Nettle", .run = nettle_hash },
		BY("sha256sum source") } },
	{ .name = "hash_ext4", .place = PLACE_EXT4, HASH, .gated = true,
	  .plain = "sendfile to AF_ALG", .run = plain_hash,
	  .others = { { .name = "read, Nettle", .run = nettle_hash },
		BY("sha256sum source") } },
	{ .name = "sync_data", .place = PLACE_EXT4, SYNC, .gated = true,
	  .mode = ACALL_FILE_SYNC_DATA, .plain = "fdatasync",
	  .others = { BY("sync -d target") } },
	{ .name = "sync_file", .place = PLACE_EXT4, SYNC, .gated = true,
	  .mode = ACALL_FILE_SYNC_FILE, .plain = "fsync",
	  .others = { BY("sync target") } },
	{ .name = "sync_filesystem", .place = PLACE_EXT4, SYNC, .gated = true,
	  .mode = ACALL_FILE_SYNC_FILESYSTEM, .plain = "syncfs",
	  .others = { BY("sync -f target") } },
	{ .name = "allocate_tmpfs", .place = PLACE_TMPFS, ALLOCATE, .gated = true,
	  .target = TARGET_EMPTY,
	  .others = { BY("fallocate -l BYTES target") } },
	{ .name = "allocate_ext4", .place = PLACE_EXT4, ALLOCATE,
	  .target = TARGET_EMPTY,
	  .others = { BY("fallocate -l BYTES target") } },
	{ .name = "zero_ext4", .place = PLACE_EXT4, ALLOCATE, .gated = true,
	  .mode = ACALL_FILE_ALLOCATE_ZERO, .target = TARGET_CACHED,
	  .others = { BY("fallocate -z -l BYTES target") } },
	{ .name = "punch_ext4", .place = PLACE_EXT4, ALLOCATE, .gated = true,
	  .mode = ACALL_FILE_ALLOCATE_PUNCH, .target = TARGET_CACHED,
	  .others = { BY("fallocate -p -l BYTES target") } },
	{ .name = "willneed_ext4", .place = PLACE_EXT4, ADVISE, .gated = true,
	  .mode = ACALL_FILE_ADVISE_WILLNEED, .target = TARGET_COLD },
	{ .name = "dontneed_ext4", .place = PLACE_EXT4, ADVISE, .gated = true,
	  .mode = ACALL_FILE_ADVISE_DONTNEED, .target = TARGET_CACHED,
	  .others = { BY("dd status=none if=target iflag=nocache count=0") } },
	{ .name = "dedupe_xfs", .place = PLACE_XFS, DEDUPE, .gated = true,
	  .others = { BY("duperemove -dq source target") } },
	{ .name = "dedupe_btrfs", .place = PLACE_BTRFS, DEDUPE, .gated = true,
	  .others = { BY("duperemove -dq source target") } },
	{ .name = "discard", DISCARD, .mode = ACALL_FILE_DISCARD_PLAIN,
	  .gated = true, .plain = "BLKDISCARD",
	  .others = { BY("blkdiscard DEVICE") } },
	{ .name = "zero_device", DISCARD, .mode = ACALL_FILE_DISCARD_ZERO,
	  .gated = true, .plain = "BLKZEROOUT",
	  .others = { BY("blkdiscard -z DEVICE") } },
	{ .name = "trim_ext4", .place = PLACE_EXT4, .method = ACALL_FILE_TRIM,
	  .target = TARGET_FREED, .bytes = BIG, .calls = 1, .gated = true,
	  .plain = "FITRIM", .run = plain_trim,
	  .others = { BY("fstrim .") } },
	{ .name = "statfs", .place = PLACE_EXT4, .method = ACALL_FILE_STATFS,
	  .calls = MANY, .plain = "statfs", .run = plain_statfs,
	  .others = { BY("stat -f .") } },
	{ .name = "stat", .place = PLACE_EXT4, .method = ACALL_FILE_STAT,
	  .calls = MANY, .plain = "statx", .run = plain_stat,
	  .others = { BY("stat .") } },
	{ }
};
