// SPDX-License-Identifier: GPL-2.0-only
/*
 * The "file" interface: the table of its methods and its registration.
 *
 * Owns nothing but the registration; the methods are in the files of their
 * names, range.c has what they share. No locks of its own: a call's private
 * memory belongs to one party at a time (BEGIN's caller in .prepare, the worker
 * in .run, then .release), and the core orders these.
 *
 * The races that matter here are with the rest of the system: files grow,
 * shrink, get sealed or made immutable while a method works on them. So what
 * .prepare found is only good for refusing early; each chunk looks again.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/time64.h>

#include "internal.h"

static const struct acall_method acf_methods[] = {
	/* Grace 0: a dead server does not answer, so nobody waits for it. */
	[ACALL_FILE_STATFS] = {
		.name		= "statfs",
		.caps		= ACALL_CAP_KILLABLE,
		.unit		= ACALL_UNIT_NONE,
		.in_size	= sizeof(struct acall_file_path),
		.in_max		= sizeof(struct acall_file_path) + PATH_MAX,
		.out_max	= sizeof(struct acall_file_statfs_out),
		.priv_size	= sizeof(struct acf_path),
		.prepare	= acf_statfs_prepare,
		.run		= acf_statfs_run,
		.release	= acf_path_release,
	},
	[ACALL_FILE_STAT] = {
		.name		= "stat",
		.caps		= ACALL_CAP_KILLABLE,
		.unit		= ACALL_UNIT_NONE,
		.in_size	= sizeof(struct acall_file_path),
		.in_max		= sizeof(struct acall_file_path) + PATH_MAX,
		.out_max	= sizeof(struct acall_file_stat_out),
		.priv_size	= sizeof(struct acf_path),
		.prepare	= acf_stat_prepare,
		.run		= acf_stat_run,
		.release	= acf_path_release,
	},
	[ACALL_FILE_SYNC] = {
		.name		= "sync",
		.caps		= ACALL_CAP_KILLABLE | ACALL_CAP_CHUNKED,
		.unit		= ACALL_UNIT_BYTES,
		.grace_ns	= 5ULL * NSEC_PER_SEC,
		.in_size	= sizeof(struct acall_file_sync),
		.files_min	= 1,
		.files_max	= 1,
		.priv_size	= sizeof(struct acf_sync),
		.prepare	= acf_sync_prepare,
		.run		= acf_sync_run,
	},
#ifdef CONFIG_BLOCK
	[ACALL_FILE_TRIM] = {
		.name		= "trim",
		.caps		= ACALL_CAP_KILLABLE,
		.unit		= ACALL_UNIT_BYTES,
		.grace_ns	= NSEC_PER_SEC,
		.in_size	= sizeof(struct acall_file_trim),
		.out_max	= sizeof(struct acall_file_trim_out),
		.files_min	= 1,
		.files_max	= 1,
		.priv_size	= sizeof(struct acf_trim),
		.prepare	= acf_trim_prepare,
		.run		= acf_trim_run,
		.release	= acf_trim_release,
	},
	[ACALL_FILE_DISCARD] = {
		.name		= "discard",
		.caps		= ACALL_CAP_CHUNKED,
		.unit		= ACALL_UNIT_BYTES,
		.grace_ns	= NSEC_PER_SEC,
		.in_size	= sizeof(struct acall_file_discard),
		.files_min	= 1,
		.files_max	= 1,
		.priv_size	= sizeof(struct acf_discard),
		.prepare	= acf_discard_prepare,
		.run		= acf_discard_run,
	},
#endif
	[ACALL_FILE_COPY] = {
		.name		= "copy",
		.caps		= ACALL_CAP_KILLABLE | ACALL_CAP_CHUNKED,
		.unit		= ACALL_UNIT_BYTES,
		.grace_ns	= NSEC_PER_SEC,
		.in_size	= sizeof(struct acall_file_copy),
		.files_min	= 2,
		.files_max	= 2,
		.priv_size	= sizeof(struct acf_copy),
		.prepare	= acf_copy_prepare,
		.run		= acf_copy_run,
		.release	= acf_copy_release,
	},
	[ACALL_FILE_DEDUPE] = {
		.name		= "dedupe",
		.caps		= ACALL_CAP_KILLABLE | ACALL_CAP_CHUNKED,
		.unit		= ACALL_UNIT_BYTES,
		.grace_ns	= NSEC_PER_SEC,
		.in_size	= sizeof(struct acall_file_dedupe),
		.files_min	= 2,
		.files_max	= 2,
		.priv_size	= sizeof(struct acf_dedupe),
		.prepare	= acf_dedupe_prepare,
		.run		= acf_dedupe_run,
	},
	[ACALL_FILE_HASH] = {
		.name		= "hash",
		.caps		= ACALL_CAP_KILLABLE | ACALL_CAP_CHUNKED,
		.unit		= ACALL_UNIT_BYTES,
		.grace_ns	= NSEC_PER_SEC,
		.in_size	= sizeof(struct acall_file_hash),
		.out_max	= ACALL_FILE_DIGEST_MAX,
		.files_min	= 1,
		.files_max	= 1,
		.priv_size	= sizeof(struct acf_hash),
		.prepare	= acf_hash_prepare,
		.run		= acf_hash_run,
		.release	= acf_hash_release,
	},
	[ACALL_FILE_ALLOCATE] = {
		.name		= "allocate",
		.caps		= ACALL_CAP_KILLABLE | ACALL_CAP_CHUNKED,
		.unit		= ACALL_UNIT_BYTES,
		.grace_ns	= NSEC_PER_SEC,
		.in_size	= sizeof(struct acall_file_allocate),
		.files_min	= 1,
		.files_max	= 1,
		.priv_size	= sizeof(struct acf_allocate),
		.prepare	= acf_allocate_prepare,
		.run		= acf_allocate_run,
	},
#ifdef CONFIG_ADVISE_SYSCALLS
	[ACALL_FILE_ADVISE] = {
		.name		= "advise",
		.caps		= ACALL_CAP_CHUNKED,
		.unit		= ACALL_UNIT_BYTES,
		.grace_ns	= NSEC_PER_SEC,
		.in_size	= sizeof(struct acall_file_advise),
		.files_min	= 1,
		.files_max	= 1,
		.priv_size	= sizeof(struct acf_advise),
		.prepare	= acf_advise_prepare,
		.run		= acf_advise_run,
	},
#endif
};

static const struct acall_interface_desc acf_desc = {
	.owner		= THIS_MODULE,
	.name		= ACALL_FILE_INTERFACE,
	.version_min	= ACALL_FILE_VERSION,
	.version	= ACALL_FILE_VERSION,
	.methods	= acf_methods,
	.nr_methods	= ARRAY_SIZE(acf_methods),
};

static struct acall_interface *acf_interface;

static int __init acf_init(void)
{
	acf_interface = acall_register_interface(&acf_desc);
	return PTR_ERR_OR_ZERO(acf_interface);
}

static void __exit acf_exit(void)
{
	acall_unregister_interface(acf_interface);
}

module_init(acf_init);
module_exit(acf_exit);

MODULE_DESCRIPTION("acall: cancellable work on files");
MODULE_LICENSE("GPL");
MODULE_ALIAS("acall-interface-" ACALL_FILE_INTERFACE);
#ifdef ACALL_VERSION		/* in a kernel it has the kernel's */
MODULE_VERSION(ACALL_VERSION);
#endif
