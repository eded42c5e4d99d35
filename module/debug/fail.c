// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fault points of debug builds. The kernel's own injection by number follows the
 * calling task only; what a worker does is reached by these. A point passes
 * unless it was told to fail, in /sys/kernel/debug/acall_fail/NAME:
 *
 *	write "NTH ERRNO"	the NTH pass from now on fails once, with -ERRNO
 *	write "NTH ERRNO on"	it and all later ones do
 *	write "0"		none does
 *	read			"PASSES FAILURES" since the last write
 *
 * Owns the counters, under points_lock (irqs off: a point may be anywhere).
 *
 * The race it is about is a write while workers pass: a pass counts for what was
 * written before or after it, never for a mixture of both.
 */
#include <linux/debugfs.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "fail.h"

struct point {
	const char *name;
	unsigned int nth;		/* of @passes; 0 = none */
	int error;
	bool on;			/* and all later ones */
	unsigned int passes;
	unsigned int failures;
};

#define POINT(_point, _name)						\
	[ACALL_FAIL_##_point] = { .name = _name }

static struct point points[ACALL_NR_FAIL_POINTS] = {
	POINT(IOPRIO, "ioprio"), POINT(RESULT_FILE, "result_file"),
	POINT(READ, "read"), POINT(WRITE, "write"),
	POINT(COPY_RANGE, "copy_range"), POINT(CLONE, "clone"),
	POINT(PUNCH, "punch"), POINT(GROW, "grow"),
	POINT(WRITEBACK, "writeback"), POINT(FSYNC, "fsync"),
	POINT(SYNC_LOCK, "sync_lock"), POINT(SYNCFS, "syncfs"),
	POINT(FALLOCATE, "fallocate"), POINT(DIGEST, "digest"),
	POINT(STATFS, "statfs"), POINT(STAT, "stat"),
};

static DEFINE_SPINLOCK(points_lock);
static struct dentry *dir;

/**
 * acall_fail - pass a fault point
 * @nr: which
 *
 * Return: 0, or the negative errno that this pass fails with.
 */
int acall_fail(enum acall_fail_point nr)
{
	struct point *point = &points[nr];
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&points_lock, flags);
	point->passes++;
	if (point->nth && (point->on ? point->passes >= point->nth :
				       point->passes == point->nth)) {
		point->failures++;
		ret = -point->error;
	}
	spin_unlock_irqrestore(&points_lock, flags);
	return ret;
}
EXPORT_SYMBOL_GPL(acall_fail);

static ssize_t point_read(struct file *file, char __user *user, size_t len,
			  loff_t *pos)
{
	struct point *point = file->private_data;
	unsigned int passes, failures;
	char text[32];
	int n;

	spin_lock_irq(&points_lock);
	passes = point->passes;
	failures = point->failures;
	spin_unlock_irq(&points_lock);
	n = scnprintf(text, sizeof(text), "%u %u\n", passes, failures);
	return simple_read_from_buffer(user, len, pos, text, n);
}

static ssize_t point_write(struct file *file, const char __user *user,
			   size_t len, loff_t *pos)
{
	struct point *point = file->private_data;
	unsigned int nth = 0;
	char text[32] = "";
	char word[4] = "";
	int error = 0;

	if (len >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, user, len))
		return -EFAULT;
	if (sscanf(text, "%u %d %3s", &nth, &error, word) < 1 ||
	    (nth && (error <= 0 || error > MAX_ERRNO)) ||
	    (*word && strcmp(word, "on")))
		return -EINVAL;

	spin_lock_irq(&points_lock);
	point->nth = nth;
	point->error = error;
	point->on = *word;
	point->passes = 0;
	point->failures = 0;
	spin_unlock_irq(&points_lock);
	return len;
}

static const struct file_operations point_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.read	= point_read,
	.write	= point_write,
	.llseek	= default_llseek,
};

void acall_fail_init(void)
{
	unsigned int i;

	dir = debugfs_create_dir("acall_fail", NULL);
	for (i = 0; i < ARRAY_SIZE(points); i++)
		debugfs_create_file(points[i].name, 0600, dir, &points[i],
				    &point_fops);
}

void acall_fail_exit(void)
{
	debugfs_remove_recursive(dir);
}
