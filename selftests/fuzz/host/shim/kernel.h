/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of the kernel as module/dev/args.c and check.c use, for a host program
 * that plays user memory: of size user_size, all else faults, and another thread
 * may write to it between any two reads.
 */
#ifndef _FUZZ_SHIM_KERNEL_H
#define _FUZZ_SHIM_KERNEL_H

#include <errno.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

#define __user
#define PAGE_SIZE	4096
#define KTIME_MAX	((s64)~(1ULL << 63))
#define U64_MAX		(~0ULL)
#define CONFIG_TIME_NS	1

#define min_t(_type, _a, _b)		((_type)lesser(_a, _b))

static inline u64 lesser(u64 a, u64 b)
{
	return a < b ? a : b;
}

/* How many bytes of @n are not copied: the kernel does what it can. */
size_t copy_from_user(void *to, const void *from, size_t n);
size_t copy_to_user(void *to, const void *from, size_t n);
/* 1: all zero, 0: not, -EFAULT. */
int check_zeroed_user(const void *from, size_t n);
void *memchr_inv(const void *start, int c, size_t n);

#define get_user(_x, _from)						\
	(copy_from_user(&(_x), _from, sizeof(_x)) ? -EFAULT : 0)

/* As the kernel's; here so that args.c meets what it meets there. */
static inline int copy_struct_from_user(void *to, size_t ksize,
					const void *from, size_t usize)
{
	size_t size = min_t(size_t, ksize, usize);
	int ret;

	if (usize < ksize) {
		memset((char *)to + size, 0, ksize - size);
	} else if (usize > ksize) {
		ret = check_zeroed_user((const char *)from + size,
					usize - size);
		if (ret <= 0)
			return ret ?: -E2BIG;
	}
	return copy_from_user(to, from, size) ? -EFAULT : 0;
}

static inline bool is_power_of_2(unsigned long n)
{
	return n && !(n & (n - 1));
}

struct timens {
	struct {
		s64 monotonic;
	} offsets;
};

struct task {
	struct {
		struct timens *time_ns;
	} *nsproxy;
};

extern struct task *current;

#define timespec64_to_ns(_ts)	(*(_ts))

#endif /* _FUZZ_SHIM_KERNEL_H */
