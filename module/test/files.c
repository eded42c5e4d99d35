// SPDX-License-Identifier: GPL-2.0-only
/*
 * Result files that are counted: from their making until the last reference,
 * be it a descriptor's or the core's, is gone.
 *
 * Owns the files' numbers; no lock. An open file pins this module.
 *
 * The race it is about: a result file of a call that nobody takes any more
 * (R-FD): the count is 0 when none has leaked.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/slab.h>

#include "../debug/fail.h"
#include "methods.h"

static ssize_t result_read(struct file *file, char __user *buf, size_t len,
			   loff_t *pos)
{
	return simple_read_from_buffer(buf, len, pos, file->private_data,
				       sizeof(struct acall_test_file));
}

static int result_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	atomic64_dec(&totals.files);
	return 0;
}

static const struct file_operations result_fops = {
	.owner		= THIS_MODULE,
	.read		= result_read,
	.release	= result_release,
	.llseek		= noop_llseek,
};

static struct file *result_make(u64 id, u64 index)
{
	struct acall_test_file *r;
	struct file *file;
	int ret;

	ret = acall_fail(ACALL_FAIL_RESULT_FILE);
	if (ret)
		return ERR_PTR(ret);
	r = kmalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	if (!r)
		return ERR_PTR(-ENOMEM);
	r->id = id;
	r->index = index;
	file = anon_inode_getfile("[acall_test]", &result_fops, r, O_RDONLY);
	if (IS_ERR(file))
		kfree(r);
	else
		atomic64_inc(&totals.files);
	return file;
}

/* Gives @call @nr files with the numbers from @first on. */
int files_add(struct acall_call *call, u64 id, u32 first, u32 nr)
{
	struct file *file;
	int ret = 0;
	u32 i;

	for (i = first; i < first + nr && !ret; i++) {
		file = result_make(id, i);
		if (IS_ERR(file))
			return PTR_ERR(file);
		ret = acall_add_file_out(call, file);
		if (ret)
			fput(file);
	}
	return ret;
}
