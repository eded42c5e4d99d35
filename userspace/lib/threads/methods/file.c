// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The interface "file" of the engine "threads": its table. Numbers, names, sizes and
 * graces are the module's; none is KILLABLE, for nothing reaches a thread inside a
 * system call. No state, no lock.
 */
#include <limits.h>
#include "methods.h"

#define SEC	1000000000ULL
/* So many threads at most, besides the one that is idle. */
#define RUNNING	32

static const struct act_method methods[] = {
	/* Grace 0: a dead server does not answer, so nobody waits for it. */
	[ACALL_FILE_STATFS] = {
		.name		= "statfs",
		.in_size	= sizeof(struct acall_file_path),
		.in_max		= sizeof(struct acall_file_path) + PATH_MAX,
		.out_max	= sizeof(struct acall_file_statfs_out),
		.priv_size	= sizeof(struct act_path),
		.prepare	= act_statfs_prepare,
		.run		= act_statfs_run,
		.release	= act_path_release,
	},
	[ACALL_FILE_STAT] = {
		.name		= "stat",
		.in_size	= sizeof(struct acall_file_path),
		.in_max		= sizeof(struct acall_file_path) + PATH_MAX,
		.out_max	= sizeof(struct acall_file_stat_out),
		.priv_size	= sizeof(struct act_path),
		.prepare	= act_stat_prepare,
		.run		= act_stat_run,
		.release	= act_path_release,
	},
	[ACALL_FILE_SYNC] = {
		.name		= "sync",
		.caps		= ACALL_CAP_CHUNKED,
		.unit		= ACALL_UNIT_BYTES,
		.grace_ns	= 5 * SEC,
		.in_size	= sizeof(struct acall_file_sync),
		.files_min	= 1,
		.files_max	= 1,
		.priv_size	= sizeof(struct act_sync),
		.prepare	= act_sync_prepare,
		.run		= act_sync_run,
	},
	[ACALL_FILE_TRIM] = {
		.name		= "trim",
		.unit		= ACALL_UNIT_BYTES,
		.grace_ns	= SEC,
		.in_size	= sizeof(struct acall_file_trim),
		.out_max	= sizeof(struct acall_file_trim_out),
		.files_min	= 1,
		.files_max	= 1,
		.prepare	= act_trim_prepare,
		.run		= act_trim_run,
	},
	[ACALL_FILE_DISCARD] = {
		.name		= "discard",
		.caps		= ACALL_CAP_CHUNKED,
		.unit		= ACALL_UNIT_BYTES,
		.grace_ns	= SEC,
		.in_size	= sizeof(struct acall_file_discard),
		.files_min	= 1,
		.files_max	= 1,
		.priv_size	= sizeof(struct act_discard),
		.prepare	= act_discard_prepare,
		.run		= act_discard_run,
	},
	[ACALL_FILE_COPY] = {
		.name		= "copy",
		.caps		= ACALL_CAP_CHUNKED,
		.unit		= ACALL_UNIT_BYTES,
		.grace_ns	= SEC,
		.in_size	= sizeof(struct acall_file_copy),
		.files_min	= 2,
		.files_max	= 2,
		.priv_size	= sizeof(struct act_copy),
		.prepare	= act_copy_prepare,
		.run		= act_copy_run,
	},
	[ACALL_FILE_DEDUPE] = {
		.name		= "dedupe",
		.caps		= ACALL_CAP_CHUNKED,
		.unit		= ACALL_UNIT_BYTES,
		.grace_ns	= SEC,
		.in_size	= sizeof(struct acall_file_dedupe),
		.files_min	= 2,
		.files_max	= 2,
		.priv_size	= sizeof(struct act_dedupe),
		.prepare	= act_dedupe_prepare,
		.run		= act_dedupe_run,
	},
	[ACALL_FILE_HASH] = {
		.name		= "hash",
		.caps		= ACALL_CAP_CHUNKED,
		.unit		= ACALL_UNIT_BYTES,
		.grace_ns	= SEC,
		.in_size	= sizeof(struct acall_file_hash),
		.out_max	= ACALL_FILE_DIGEST_MAX,
		.files_min	= 1,
		.files_max	= 1,
		.priv_size	= sizeof(struct act_hash),
		.prepare	= act_hash_prepare,
		.run		= act_hash_run,
		.release	= act_hash_release,
	},
	[ACALL_FILE_ALLOCATE] = {
		.name		= "allocate",
		.caps		= ACALL_CAP_CHUNKED,
		.unit		= ACALL_UNIT_BYTES,
		.grace_ns	= SEC,
		.in_size	= sizeof(struct acall_file_allocate),
		.files_min	= 1,
		.files_max	= 1,
		.priv_size	= sizeof(struct act_allocate),
		.prepare	= act_allocate_prepare,
		.run		= act_allocate_run,
	},
	[ACALL_FILE_ADVISE] = {
		.name		= "advise",
		.caps		= ACALL_CAP_CHUNKED,
		.unit		= ACALL_UNIT_BYTES,
		.grace_ns	= SEC,
		.in_size	= sizeof(struct acall_file_advise),
		.files_min	= 1,
		.files_max	= 1,
		.priv_size	= sizeof(struct act_advise),
		.prepare	= act_advise_prepare,
		.run		= act_advise_run,
	},
};

struct act_interface act_file_interface = {
	.name		= ACALL_FILE_INTERFACE,
	.version_min	= ACALL_FILE_VERSION,
	.version	= ACALL_FILE_VERSION,
	.methods	= methods,
	.nr_methods	= sizeof(methods) / sizeof(*methods),
	.max_running	= RUNNING,
};
