// SPDX-License-Identifier: GPL-2.0-only
/*
 * What every ioctl does with its structure (R-ABI): the size is read once, a
 * longer structure is accepted if its tail is zero, a shorter one zero-extended,
 * and results go back up to the smaller of both sizes. And times, between the
 * caller's time namespace and ours.
 */
#include <linux/nsproxy.h>
#include <linux/time_namespace.h>
#include <linux/uaccess.h>

#include "device.h"

/* The sizes of the first versions: no structure may be shorter. */
const u16 acall_args_min[ACALL_NR_OPS] = {
#define OP(_name, _function, _type, _last, _flags)			\
	[ACALL_OP_##_name] = offsetofend(struct _type, _last)
#include "ops_device.h"
#include "ops_object.h"
#include "ops_queue.h"
#undef OP
};

/**
 * acall_args_get - copy a structure in
 * @args: where to; begins with __u32 size, which is set to what the user said
 * @ksize: its size in this version
 * @min: its size in the first version
 * @from: user address
 *
 * Return: 0, -EFAULT, -EINVAL (too short) or -E2BIG (longer than a page, or a
 * tail that this version does not know).
 */
int acall_args_get(void *args, size_t ksize, size_t min,
		   const void __user *from)
{
	u32 size;
	int ret;

	if (get_user(size, (const u32 __user *)from))
		return -EFAULT;
	if (size < min)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	ret = copy_struct_from_user(args, ksize, from, size);
	if (ret)
		return ret;
	/* User space may have changed it between both reads. */
	*(u32 *)args = size;
	return 0;
}

/**
 * acall_args_put - copy a structure out
 * @to: user address
 * @args: the structure; its size is set to @usize
 * @ksize: its size in this version
 * @usize: its size for the user
 *
 * Return: 0 or -EFAULT.
 */
int acall_args_put(void __user *to, void *args, size_t ksize, u32 usize)
{
	/* As the caller gave it: the structure may be used again. */
	*(u32 *)args = usize;
	return copy_to_user(to, args, min_t(size_t, ksize, usize)) ?
	       -EFAULT : 0;
}

#ifdef CONFIG_TIME_NS
static s64 time_ns_offset(void)
{
	return timespec64_to_ns(&current->nsproxy->time_ns->offsets.monotonic);
}
#else
static s64 time_ns_offset(void)
{
	return 0;
}
#endif

/**
 * acall_time_from_user - a point in time as we count it
 * @ns: absolute CLOCK_MONOTONIC ns as the caller counts it; U64_MAX = for ever
 */
u64 acall_time_from_user(u64 ns)
{
	s64 offset = time_ns_offset();

	if (ns >= KTIME_MAX)
		return U64_MAX;
	if (offset > 0)
		return ns > offset ? ns - offset : 0;
	ns -= offset;
	return ns >= KTIME_MAX ? U64_MAX : ns;
}

/**
 * acall_time_to_user - a point in time as the caller counts it
 * @ns: absolute CLOCK_MONOTONIC ns; 0 = has not happened and U64_MAX = never stay
 *	so
 */
u64 acall_time_to_user(u64 ns)
{
	s64 offset = time_ns_offset();

	if (!ns || ns == U64_MAX)
		return ns;
	/* What came before the namespace's clock began is its first moment. */
	if (offset < 0)
		return ns > -offset ? ns + offset : 1;
	return min_t(u64, ns + offset, KTIME_MAX);
}
