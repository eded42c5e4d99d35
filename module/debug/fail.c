// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fault points of debug builds. The kernel's own injection by number follows the
 * calling task only; what a worker does is reached by these. A point passes
 * unless it was told to fail, in /sys/kernel/debug/acall_fail/NAME:
 *
 *	write "NTH ERRNO"	the NTH pass from now on fails once, with -ERRNO
 *	write "NTH ERRNO on"	it and all later ones do
 *	write "NTH 0 hold"	it waits there, for as long as the file is open
 *	write "0"		none does
 *	read			"PASSES FAILURES HELD" since the last write
 *
 * Owns the counters, under points_lock (irqs off). Points may sleep, for those
 * who hold them.
 *
 * The race it is about is a write while workers pass: a pass counts for what was
 * written before or after it, never for a mixture of both. Whoever holds a point
 * lets go when he is killed, so that no worker stays behind.
 */
#include <linux/debugfs.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "fail.h"

struct point {
	const char *name;
	unsigned int nth;		/* of @passes; 0 = none */
	int error;
	bool on;			/* and all later ones */
	const struct file *holder;	/* for whom it is to wait instead */
	unsigned int setting;		/* which one this is */
	unsigned int passes;
	unsigned int failures;
	unsigned int held;
};

#define POINT(_point, _name)						\
	[ACALL_FAIL_##_point] = { .name = _name }

static struct point points[ACALL_NR_FAIL_POINTS] = {
	POINT(IOPRIO, "ioprio"), POINT(RESULT_FILE, "result_file"),
	POINT(READ, "read"), POINT(WRITE, "write"),
	POINT(COPY_RANGE, "copy_range"), POINT(CLONE, "clone"),
	POINT(PUNCH, "punch"), POINT(GROW, "grow"),
	POINT(WRITEBACK, "writeback"), POINT(BOUND, "bound"),
	POINT(FSYNC, "fsync"),
	POINT(SYNC_LOCK, "sync_lock"), POINT(SYNCFS, "syncfs"),
	POINT(FALLOCATE, "fallocate"), POINT(DIGEST, "digest"),
	POINT(STATFS, "statfs"), POINT(STAT, "stat"),
	POINT(DEDUPE, "dedupe"), POINT(ADVISE, "advise"),
	POINT(DISCARD, "discard"), POINT(TRIM, "trim"),
};

static DEFINE_SPINLOCK(points_lock);
static DECLARE_WAIT_QUEUE_HEAD(let_go);
static struct dentry *dir;

/**
 * acall_fail - pass a fault point
 * @nr: which
 *
 * Context: process, may sleep.
 * Return: 0, or the negative errno that this pass fails with.
 */
int acall_fail(enum acall_fail_point nr)
{
	struct point *point = &points[nr];
	unsigned int setting;
	bool hold = false;
	int ret = 0;

	might_sleep();
	spin_lock_irq(&points_lock);
	point->passes++;
	setting = point->setting;
	if (point->nth && (point->on ? point->passes >= point->nth :
				       point->passes == point->nth)) {
		hold = point->holder;
		if (hold)
			point->held++;
		else
			point->failures++;
		ret = -point->error;
	}
	spin_unlock_irq(&points_lock);
	/* Pairs with the wake-up in point_set(). */
	if (hold)
		wait_event_idle(let_go, READ_ONCE(point->setting) != setting);
	return ret;
}
EXPORT_SYMBOL_GPL(acall_fail);

static ssize_t point_read(struct file *file, char __user *user, size_t len,
			  loff_t *pos)
{
	struct point *point = file->private_data;
	unsigned int passes, failures, held;
	char text[48];
	int n;

	spin_lock_irq(&points_lock);
	passes = point->passes;
	failures = point->failures;
	held = point->held;
	spin_unlock_irq(&points_lock);
	n = scnprintf(text, sizeof(text), "%u %u %u\n", passes, failures,
		      held);
	return simple_read_from_buffer(user, len, pos, text, n);
}

static void point_set(struct point *point, unsigned int nth, int error, bool on,
		      const struct file *holder)
{
	lockdep_assert_held(&points_lock);
	point->nth = nth;
	point->error = error;
	point->on = on;
	point->holder = holder;
	point->passes = 0;
	point->failures = 0;
	point->held = 0;
	/* Pairs with the wait in acall_fail(), which holds no lock. */
	WRITE_ONCE(point->setting, point->setting + 1);
	wake_up_all(&let_go);
}

static ssize_t point_write(struct file *file, const char __user *user,
			   size_t len, loff_t *pos)
{
	struct point *point = file->private_data;
	bool on, hold;
	unsigned int nth = 0;
	char text[32] = "";
	char word[5] = "";
	int error = 0;

	if (len >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, user, len))
		return -EFAULT;
	if (sscanf(text, "%u %d %4s", &nth, &error, word) < 1)
		return -EINVAL;
	on = !strcmp(word, "on");
	hold = nth && !strcmp(word, "hold");
	if ((*word && !on && !hold) || error < 0 || error > MAX_ERRNO ||
	    (nth && !error != hold))
		return -EINVAL;
	spin_lock_irq(&points_lock);
	point_set(point, nth, error, on, hold ? file : NULL);
	spin_unlock_irq(&points_lock);
	return len;
}

/* A holder that closes, or is killed, lets pass. */
static int point_release(struct inode *inode, struct file *file)
{
	struct point *point = file->private_data;

	spin_lock_irq(&points_lock);
	if (point->holder == file)
		point_set(point, 0, 0, false, NULL);
	spin_unlock_irq(&points_lock);
	return 0;
}

static const struct file_operations point_fops = {
	.owner		= THIS_MODULE,
	.open		= simple_open,
	.read		= point_read,
	.write		= point_write,
	.release	= point_release,
	.llseek		= default_llseek,
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
