// SPDX-License-Identifier: GPL-2.0-only
/*
 * The golden table of the ABI: the size of every structure, the offset of
 * every field and the value of every constant, as literal numbers. A program
 * built today must mean the same to every kernel after it, so a number here is
 * never changed: what differs is a bug of the header.
 *
 * Structures grow at their ends, which changes a size: then the new size is
 * entered and the old one becomes the smallest that the kernel accepts. The
 * fixtures' own header is no ABI and not here.
 */
#include <stddef.h>

#include "acall_util.h"
#include <linux/acall_file.h>

struct golden {
	const char *name;
	unsigned long long is;
	unsigned long long golden;
};

#define SIZE(s, n)	{ "sizeof " #s, sizeof(struct s), n }
#define AT(s, f, n)	{ #s "." #f, offsetof(struct s, f), n }
#define VALUE(v, n)	{ #v, v, n }

static const struct golden structures[] = {
	SIZE(acall_info, 64),
	AT(acall_info, size, 0),
	AT(acall_info, flags, 4),
	AT(acall_info, abi, 8),
	AT(acall_info, interfaces, 12),
	AT(acall_info, features, 16),
	AT(acall_info, user_calls, 24),
	AT(acall_info, total_calls, 28),
	AT(acall_info, user_bytes, 32),
	AT(acall_info, total_bytes, 40),
	AT(acall_info, charged_calls, 48),
	AT(acall_info, __reserved, 52),
	AT(acall_info, charged_bytes, 56),
	SIZE(acall_interface_info, 72),
	AT(acall_interface_info, size, 0),
	AT(acall_interface_info, flags, 4),
	AT(acall_interface_info, cursor, 8),
	AT(acall_interface_info, name, 16),
	AT(acall_interface_info, version_min, 48),
	AT(acall_interface_info, version, 52),
	AT(acall_interface_info, methods, 56),
	AT(acall_interface_info, caps, 60),
	AT(acall_interface_info, max_running, 64),
	AT(acall_interface_info, max_running_user, 68),
	SIZE(acall_method_info, 112),
	AT(acall_method_info, size, 0),
	AT(acall_method_info, flags, 4),
	AT(acall_method_info, interface, 8),
	AT(acall_method_info, method, 40),
	AT(acall_method_info, caps, 44),
	AT(acall_method_info, name, 48),
	AT(acall_method_info, grace_ns, 80),
	AT(acall_method_info, unit, 88),
	AT(acall_method_info, in_max, 92),
	AT(acall_method_info, out_max, 96),
	AT(acall_method_info, files_min, 100),
	AT(acall_method_info, files_max, 104),
	AT(acall_method_info, files_out, 108),
	SIZE(acall_create, 48),
	AT(acall_create, size, 0),
	AT(acall_create, flags, 4),
	AT(acall_create, interface, 8),
	AT(acall_create, version, 40),
	AT(acall_create, __reserved, 44),
	SIZE(acall_begin, 72),
	AT(acall_begin, size, 0),
	AT(acall_begin, flags, 4),
	AT(acall_begin, method, 8),
	AT(acall_begin, nr_files, 12),
	AT(acall_begin, files, 16),
	AT(acall_begin, in, 24),
	AT(acall_begin, in_len, 32),
	AT(acall_begin, __reserved, 36),
	AT(acall_begin, user_data, 40),
	AT(acall_begin, deadline, 48),
	AT(acall_begin, grace_ns, 56),
	AT(acall_begin, call_id, 64),
	SIZE(acall_wait, 24),
	AT(acall_wait, size, 0),
	AT(acall_wait, flags, 4),
	AT(acall_wait, call_id, 8),
	AT(acall_wait, until, 16),
	SIZE(acall_finish, 120),
	AT(acall_finish, size, 0),
	AT(acall_finish, flags, 4),
	AT(acall_finish, call_id, 8),
	AT(acall_finish, out, 16),
	AT(acall_finish, files, 24),
	AT(acall_finish, out_len, 32),
	AT(acall_finish, nr_files, 36),
	AT(acall_finish, status, 40),
	AT(acall_finish, outcome, 44),
	AT(acall_finish, result, 48),
	AT(acall_finish, method, 52),
	AT(acall_finish, user_data, 56),
	AT(acall_finish, progress, 64),
	AT(acall_finish, total, 72),
	AT(acall_finish, begin_ns, 80),
	AT(acall_finish, start_ns, 88),
	AT(acall_finish, cancel_ns, 96),
	AT(acall_finish, end_ns, 104),
	AT(acall_finish, cpu_ns, 112),
	SIZE(acall_cancel, 32),
	AT(acall_cancel, size, 0),
	AT(acall_cancel, flags, 4),
	AT(acall_cancel, call_id, 8),
	AT(acall_cancel, grace_ns, 16),
	AT(acall_cancel, state, 24),
	AT(acall_cancel, outcome, 28),
	SIZE(acall_query, 128),
	AT(acall_query, size, 0),
	AT(acall_query, flags, 4),
	AT(acall_query, call_id, 8),
	AT(acall_query, state, 16),
	AT(acall_query, outcome, 20),
	AT(acall_query, status, 24),
	AT(acall_query, result, 28),
	AT(acall_query, method, 32),
	AT(acall_query, caps, 36),
	AT(acall_query, reason, 40),
	AT(acall_query, cancel_tgid, 44),
	AT(acall_query, user_data, 48),
	AT(acall_query, progress, 56),
	AT(acall_query, total, 64),
	AT(acall_query, grace_ns, 72),
	AT(acall_query, begin_ns, 80),
	AT(acall_query, start_ns, 88),
	AT(acall_query, cancel_ns, 96),
	AT(acall_query, look_ns, 104),
	AT(acall_query, end_ns, 112),
	AT(acall_query, orphans, 120),
	AT(acall_query, executions, 124),
	SIZE(acall_call_args, 160),
	AT(acall_call_args, size, 0),
	AT(acall_call_args, flags, 4),
	AT(acall_call_args, method, 8),
	AT(acall_call_args, nr_files, 12),
	AT(acall_call_args, files, 16),
	AT(acall_call_args, in, 24),
	AT(acall_call_args, in_len, 32),
	AT(acall_call_args, out_len, 36),
	AT(acall_call_args, out, 40),
	AT(acall_call_args, files_out, 48),
	AT(acall_call_args, nr_files_out, 56),
	AT(acall_call_args, status, 60),
	AT(acall_call_args, user_data, 64),
	AT(acall_call_args, deadline, 72),
	AT(acall_call_args, grace_ns, 80),
	AT(acall_call_args, call_id, 88),
	AT(acall_call_args, outcome, 96),
	AT(acall_call_args, result, 100),
	AT(acall_call_args, progress, 104),
	AT(acall_call_args, total, 112),
	AT(acall_call_args, begin_ns, 120),
	AT(acall_call_args, start_ns, 128),
	AT(acall_call_args, cancel_ns, 136),
	AT(acall_call_args, end_ns, 144),
	AT(acall_call_args, cpu_ns, 152),
	SIZE(acall_list, 32),
	AT(acall_list, size, 0),
	AT(acall_list, flags, 4),
	AT(acall_list, cursor, 8),
	AT(acall_list, records, 16),
	AT(acall_list, record_size, 24),
	AT(acall_list, nr, 28),
	SIZE(acall_list_file, 16),
	AT(acall_list_file, major, 0),
	AT(acall_list_file, minor, 4),
	AT(acall_list_file, ino, 8),
	SIZE(acall_list_record, 288),
	AT(acall_list_record, call_id, 0),
	AT(acall_list_record, interface, 8),
	AT(acall_list_record, method, 40),
	AT(acall_list_record, state, 44),
	AT(acall_list_record, outcome, 48),
	AT(acall_list_record, status, 52),
	AT(acall_list_record, reason, 56),
	AT(acall_list_record, result, 60),
	AT(acall_list_record, caps, 64),
	AT(acall_list_record, flags, 68),
	AT(acall_list_record, owner_uid, 72),
	AT(acall_list_record, owner_tgid, 76),
	AT(acall_list_record, cancel_tgid, 80),
	AT(acall_list_record, nr_files, 84),
	AT(acall_list_record, user_data, 88),
	AT(acall_list_record, progress, 96),
	AT(acall_list_record, total, 104),
	AT(acall_list_record, deadline, 112),
	AT(acall_list_record, begin_ns, 120),
	AT(acall_list_record, start_ns, 128),
	AT(acall_list_record, cancel_ns, 136),
	AT(acall_list_record, look_ns, 144),
	AT(acall_list_record, end_ns, 152),
	AT(acall_list_record, files, 160),
	SIZE(acall_file_path, 8),
	AT(acall_file_path, flags, 0),
	AT(acall_file_path, __reserved, 4),
	AT(acall_file_path, path, 8),
	SIZE(acall_file_statfs_out, 88),
	AT(acall_file_statfs_out, type, 0),
	AT(acall_file_statfs_out, bsize, 8),
	AT(acall_file_statfs_out, blocks, 16),
	AT(acall_file_statfs_out, bfree, 24),
	AT(acall_file_statfs_out, bavail, 32),
	AT(acall_file_statfs_out, files, 40),
	AT(acall_file_statfs_out, ffree, 48),
	AT(acall_file_statfs_out, fsid, 56),
	AT(acall_file_statfs_out, namelen, 64),
	AT(acall_file_statfs_out, frsize, 72),
	AT(acall_file_statfs_out, flags, 80),
	SIZE(acall_file_stat_out, 112),
	AT(acall_file_stat_out, mode, 0),
	AT(acall_file_stat_out, nlink, 4),
	AT(acall_file_stat_out, uid, 8),
	AT(acall_file_stat_out, gid, 12),
	AT(acall_file_stat_out, ino, 16),
	AT(acall_file_stat_out, size, 24),
	AT(acall_file_stat_out, blocks, 32),
	AT(acall_file_stat_out, blksize, 40),
	AT(acall_file_stat_out, result_mask, 44),
	AT(acall_file_stat_out, dev_major, 48),
	AT(acall_file_stat_out, dev_minor, 52),
	AT(acall_file_stat_out, rdev_major, 56),
	AT(acall_file_stat_out, rdev_minor, 60),
	AT(acall_file_stat_out, atime, 64),
	AT(acall_file_stat_out, mtime, 72),
	AT(acall_file_stat_out, ctime, 80),
	AT(acall_file_stat_out, btime, 88),
	AT(acall_file_stat_out, atime_nsec, 96),
	AT(acall_file_stat_out, mtime_nsec, 100),
	AT(acall_file_stat_out, ctime_nsec, 104),
	AT(acall_file_stat_out, btime_nsec, 108),
	SIZE(acall_file_sync, 24),
	AT(acall_file_sync, offset, 0),
	AT(acall_file_sync, length, 8),
	AT(acall_file_sync, scope, 16),
	AT(acall_file_sync, flags, 20),
	SIZE(acall_file_copy, 32),
	AT(acall_file_copy, src_offset, 0),
	AT(acall_file_copy, dst_offset, 8),
	AT(acall_file_copy, length, 16),
	AT(acall_file_copy, reflink, 24),
	AT(acall_file_copy, flags, 28),
	SIZE(acall_file_hash, 88),
	AT(acall_file_hash, offset, 0),
	AT(acall_file_hash, length, 8),
	AT(acall_file_hash, flags, 16),
	AT(acall_file_hash, __reserved, 20),
	AT(acall_file_hash, algorithm, 24),
	SIZE(acall_file_allocate, 24),
	AT(acall_file_allocate, offset, 0),
	AT(acall_file_allocate, length, 8),
	AT(acall_file_allocate, mode, 16),
	AT(acall_file_allocate, flags, 20),
};

static const struct golden numbers[] = {
	VALUE(ACALL_IOC_INFO, 0xe200),
	VALUE(ACALL_IOC_INTERFACE_INFO, 0xe201),
	VALUE(ACALL_IOC_METHOD_INFO, 0xe202),
	VALUE(ACALL_IOC_CREATE, 0xe203),
	VALUE(ACALL_IOC_LIST, 0xe204),
	VALUE(ACALL_IOC_CANCEL_ID, 0xe205),
	VALUE(ACALL_IOC_BEGIN, 0xe210),
	VALUE(ACALL_IOC_WAIT, 0xe211),
	VALUE(ACALL_IOC_FINISH, 0xe212),
	VALUE(ACALL_IOC_CANCEL, 0xe213),
	VALUE(ACALL_IOC_QUERY, 0xe214),
	VALUE(ACALL_IOC_CALL, 0xe215),
};

static const struct golden values[] = {
	VALUE(ACALL_ABI, 1),
	VALUE(ACALL_NAME_LEN, 32),
	VALUE(ACALL_MAX_BYTES, 65536),
	VALUE(ACALL_MAX_FILES, 8),
	VALUE(ACALL_CAP_CANCEL, 1),
	VALUE(ACALL_CAP_KILLABLE, 2),
	VALUE(ACALL_CAP_CHUNKED, 4),
	VALUE(ACALL_CAP_COMMITS, 8),
	VALUE(ACALL_CAP_INLINE, 16),
	VALUE(ACALL_CAP_SHORT, 32),
	VALUE(ACALL_CAP_CUSTOM, 64),
	VALUE(ACALL_FEATURE_RUN, 1),
	VALUE(ACALL_FEATURE_STOP, 2),
	VALUE(ACALL_FEATURE_CUSTOM, 4),
	VALUE(ACALL_FEATURE_INLINE, 8),
	VALUE(ACALL_FEATURE_DEADLINE, 16),
	VALUE(ACALL_FEATURE_NO_CANCEL, 32),
	VALUE(ACALL_FEATURE_DETACH, 64),
	VALUE(ACALL_FEATURE_ESCALATE, 128),
	VALUE(ACALL_FEATURE_SETTLED, 256),
	VALUE(ACALL_FEATURE_COMMIT, 512),
	VALUE(ACALL_FEATURE_FILES_OUT, 1024),
	VALUE(ACALL_FEATURE_CALL, 2048),
	VALUE(ACALL_FEATURE_LIST, 4096),
	VALUE(ACALL_FEATURE_INSTANCE, 8192),
	VALUE(ACALL_FEATURE_QUEUE, 16384),
	VALUE(ACALL_INTERFACE_MAY_CREATE, 1),
	VALUE(ACALL_CREATE_NONBLOCK, 1),
	VALUE(ACALL_CREATE_DETACH, 2),
	VALUE(ACALL_BEGIN_DEADLINE, 1),
	VALUE(ACALL_BEGIN_NO_CANCEL, 2),
	VALUE(ACALL_WAIT_SETTLED, 1),
	VALUE(ACALL_FINISH_NONBLOCK, 1),
	VALUE(ACALL_RESULT_COMMITTED, 1),
	VALUE(ACALL_CANCEL_ABANDON, 1),
	VALUE(ACALL_CANCEL_NOWAIT, 2),
	VALUE(ACALL_CANCEL_ESCALATE, 4),
	VALUE(ACALL_STATE_IDLE, 0),
	VALUE(ACALL_STATE_QUEUED, 1),
	VALUE(ACALL_STATE_RUNNING, 2),
	VALUE(ACALL_STATE_CANCELLING, 3),
	VALUE(ACALL_STATE_DONE, 4),
	VALUE(ACALL_OUTCOME_NONE, 0),
	VALUE(ACALL_OUTCOME_COMPLETED, 1),
	VALUE(ACALL_OUTCOME_STOPPED, 2),
	VALUE(ACALL_OUTCOME_NEVER_STARTED, 3),
	VALUE(ACALL_OUTCOME_ABANDONED, 4),
	VALUE(ACALL_REASON_NONE, 0),
	VALUE(ACALL_REASON_CLIENT, 1),
	VALUE(ACALL_REASON_DEADLINE, 2),
	VALUE(ACALL_REASON_CLOSE, 3),
	VALUE(ACALL_REASON_ADMIN, 4),
	VALUE(ACALL_REASON_PROVIDER, 5),
	VALUE(ACALL_REASON_REBOOT, 6),
	VALUE(ACALL_UNIT_NONE, 0),
	VALUE(ACALL_UNIT_BYTES, 1),
	VALUE(ACALL_UNIT_ITEMS, 2),
	VALUE(ACALL_CAP_MAY_REFUSE, 128),
	VALUE(ACALL_INTERFACE_NODE, 2),
	VALUE(ACALL_INTERFACE_PRIVATE, 4),
	VALUE(ACALL_LIST_CONSUMED, 2),
	VALUE(ACALL_LIST_ENDED, 1),
	VALUE(ACALL_LIST_NO_CANCEL, 4),
	VALUE(ACALL_LIST_OWN, 1),
	VALUE(ACALL_FILE_VERSION, 1),
	VALUE(ACALL_FILE_COPY_SPARSE, 1),
	VALUE(ACALL_FILE_COPY_SYNC, 2),
	VALUE(ACALL_FILE_ALGORITHM_LEN, 64),
	VALUE(ACALL_FILE_DIGEST_MAX, 64),
	VALUE(ACALL_FILE_ALLOCATE_KEEP_SIZE, 1),
	VALUE(ACALL_FILE_STATFS, 0),
	VALUE(ACALL_FILE_STAT, 1),
	VALUE(ACALL_FILE_SYNC, 2),
	VALUE(ACALL_FILE_TRIM, 3),
	VALUE(ACALL_FILE_DISCARD, 4),
	VALUE(ACALL_FILE_COPY, 5),
	VALUE(ACALL_FILE_DEDUPE, 6),
	VALUE(ACALL_FILE_HASH, 7),
	VALUE(ACALL_FILE_ALLOCATE, 8),
	VALUE(ACALL_FILE_ADVISE, 9),
	VALUE(ACALL_FILE_SYNC_DATA, 0),
	VALUE(ACALL_FILE_SYNC_FILE, 1),
	VALUE(ACALL_FILE_SYNC_FILESYSTEM, 2),
	VALUE(ACALL_FILE_REFLINK_AUTO, 0),
	VALUE(ACALL_FILE_REFLINK_ALWAYS, 1),
	VALUE(ACALL_FILE_REFLINK_NEVER, 2),
	VALUE(ACALL_FILE_ALLOCATE_PLAIN, 0),
	VALUE(ACALL_FILE_ALLOCATE_ZERO, 1),
	VALUE(ACALL_FILE_ALLOCATE_PUNCH, 2),
};

static unsigned int wrong(const struct golden *table, unsigned int n)
{
	unsigned int i, bad = 0;

	for (i = 0; i < n; i++) {
		if (table[i].is == table[i].golden)
			continue;
		fprintf(stderr, "# %s is %llu, not %llu\n", table[i].name,
			table[i].is, table[i].golden);
		bad++;
	}
	return bad;
}

TEST(structures_have_their_sizes_and_offsets)
{
	EXPECT_EQ(0, wrong(structures, ARRAY_SIZE(structures)));
}

TEST(ioctls_have_their_numbers)
{
	EXPECT_EQ(0, wrong(numbers, ARRAY_SIZE(numbers)));
}

TEST(constants_have_their_values)
{
	EXPECT_EQ(0, wrong(values, ARRAY_SIZE(values)));
}

/* No ioctl number means two operations, so a filter can tell (C6). */
TEST(C6_one_ioctl_number_per_operation)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		for (j = 0; j < i; j++)
			EXPECT_NE(numbers[i].is, numbers[j].is);
}

/* A 32-bit program passes the same bytes: no field is a pointer or a long. */
TEST(no_structure_has_padding_at_its_end)
{
	EXPECT_EQ(offsetof(struct acall_info, charged_bytes) + 8,
		  sizeof(struct acall_info));
	EXPECT_EQ(offsetof(struct acall_interface_info, max_running_user) + 4,
		  sizeof(struct acall_interface_info));
	EXPECT_EQ(offsetof(struct acall_method_info, files_out) + 4,
		  sizeof(struct acall_method_info));
	EXPECT_EQ(offsetof(struct acall_create, __reserved) + 4,
		  sizeof(struct acall_create));
	EXPECT_EQ(offsetof(struct acall_begin, call_id) + 8,
		  sizeof(struct acall_begin));
	EXPECT_EQ(offsetof(struct acall_wait, until) + 8,
		  sizeof(struct acall_wait));
	EXPECT_EQ(offsetof(struct acall_finish, cpu_ns) + 8,
		  sizeof(struct acall_finish));
	EXPECT_EQ(offsetof(struct acall_cancel, outcome) + 4,
		  sizeof(struct acall_cancel));
	EXPECT_EQ(offsetof(struct acall_query, executions) + 4,
		  sizeof(struct acall_query));
	EXPECT_EQ(offsetof(struct acall_call_args, cpu_ns) + 8,
		  sizeof(struct acall_call_args));
	EXPECT_EQ(offsetof(struct acall_list, nr) + 4,
		  sizeof(struct acall_list));
	EXPECT_EQ(offsetof(struct acall_list_file, ino) + 8,
		  sizeof(struct acall_list_file));
	EXPECT_EQ(offsetof(struct acall_list_record, files) +
		  ACALL_MAX_FILES * sizeof(struct acall_list_file),
		  sizeof(struct acall_list_record));
}

#include "acall_main.h"
