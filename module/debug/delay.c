// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delay points: acall_delay(ACALL_AT_x) stands where another party may come in
 * between two steps of a call, or between a step and the hand-over that follows,
 * and where it usually does not, because the way is so short.
 *
 * /sys/kernel/debug/acall/delays: one line for each point, "NAME passes delays";
 * writing "NAME MAX_USEC [PERMILLE]" has each pass (or so many of 1,000) last up
 * to MAX_USEC at random. NAME "all" means every one, "all 0" is how it begins.
 *
 * Owns settings and counts, no lock: each is a word of its own. Counts are
 * relaxed and settings plain once-accesses, so that a point which is not set
 * orders nothing that was not ordered without it.
 *
 * The race it is about: all of them. No point is under a spinlock: that would
 * make the hold longer and let nobody in.
 */
#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/ktime.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "debug/delay.h"
#include "wait/alarm.h"

/* Longer, and the kernel's own watchdogs take notice. */
#define MAX_USEC	10000
#define ALWAYS		1000

struct point {
	const char *name;
	bool sleeps;
	u32 max_usec;
	u32 permille;
	atomic_long_t passes;
	atomic_long_t delays;
};

static struct point points[] = {
#define SPINS(_name)	{ .name = #_name },
#define SLEEPS(_name)	{ .name = #_name, .sleeps = true },
#include "debug/delay_points.h"
};

static u32 random_below(u32 n)
{
	return ((u64)get_random_u32() * n) >> 32;
}

static void spin(u64 nsec)
{
	u64 start = ktime_get_ns();

	while (ktime_get_ns() - start < nsec)
		cpu_relax();
}

static void sleep(u64 nsec)
{
	struct acall_alarm alarm;

	acall_alarm_set(&alarm, ktime_get_ns() + nsec);
	for (;;) {
		set_current_state(TASK_IDLE);
		if (acall_alarm_rang(&alarm))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	acall_alarm_clear(&alarm);
}

/**
 * acall_delay - a place where others may come in
 * @at: which
 *
 * Context: as delay_points.h says.
 */
void acall_delay(enum acall_delay_point at)
{
	struct point *p = &points[at];
	u32 max_usec = READ_ONCE(p->max_usec);
	u32 usec;

	if (p->sleeps)
		might_sleep();
	atomic_long_inc(&p->passes);
	if (likely(!max_usec) || random_below(ALWAYS) >= READ_ONCE(p->permille))
		return;
	atomic_long_inc(&p->delays);
	usec = random_below(max_usec) + 1;
	if (!p->sleeps) {
		spin(usec * NSEC_PER_USEC);
		return;
	}
	/* Others come in from another processor, or onto this one. */
	switch (random_below(3)) {
	case 0:
		sleep(usec * NSEC_PER_USEC);
		break;
	case 1:
		cond_resched();
		fallthrough;
	default:
		spin(usec * NSEC_PER_USEC);
		break;
	}
}

static int set(const char *name, u32 max_usec, u32 permille)
{
	bool all = !strcmp(name, "all");
	int ret = -ENOENT;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(points); i++) {
		if (!all && strcmp(name, points[i].name))
			continue;
		WRITE_ONCE(points[i].permille, permille);
		WRITE_ONCE(points[i].max_usec, max_usec);
		ret = 0;
	}
	return ret;
}

static ssize_t delays_write(struct file *file, const char __user *user,
			    size_t len, loff_t *pos)
{
	u32 max_usec, permille = ALWAYS;
	char buf[64] = "", name[32];
	int ret;

	if (len >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, user, len))
		return -EFAULT;
	if (sscanf(buf, "%31s %u %u", name, &max_usec, &permille) < 2 ||
	    max_usec > MAX_USEC || permille > ALWAYS)
		return -EINVAL;
	ret = set(name, max_usec, permille);
	return ret ?: len;
}

static int delays_show(struct seq_file *m, void *unused)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(points); i++)
		seq_printf(m, "%s %ld %ld\n", points[i].name,
			   atomic_long_read(&points[i].passes),
			   atomic_long_read(&points[i].delays));
	return 0;
}

static int delays_open(struct inode *inode, struct file *file)
{
	return single_open(file, delays_show, NULL);
}

static const struct file_operations delays_fops = {
	.owner		= THIS_MODULE,
	.open		= delays_open,
	.read		= seq_read,
	.write		= delays_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

/* Into the monitor's directory, and removed with it. */
void acall_delay_init(void)
{
	struct dentry *dir = debugfs_lookup("acall", NULL);

	BUILD_BUG_ON(ARRAY_SIZE(points) != ACALL_NR_DELAY_POINTS);
	debugfs_create_file("delays", 0600, dir, NULL, &delays_fops);
	dput(dir);
}
