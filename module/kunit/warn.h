/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Warnings that a test provokes on purpose. A build with ACALL_KUNIT=1 includes
 * this before every source of acall.ko: the core's WARN*() ask first whether a
 * test is waiting for them; if so they are counted and nothing taints, if not
 * they warn as ever. KUnit itself cannot suppress a warning yet.
 */
#ifndef _ACALL_KUNIT_WARN_H
#define _ACALL_KUNIT_WARN_H

#include <linux/bug.h>
#include <linux/types.h>

bool acall_kunit_expected(void);
bool acall_kunit_first(unsigned int *seen);

#undef WARN
#define WARN(condition, format...) ({					\
	int __ret_warn = !!(condition);					\
									\
	if (unlikely(__ret_warn) && !acall_kunit_expected())		\
		__WARN_printf(TAINT_WARN, format);			\
	unlikely(__ret_warn);						\
})

#undef WARN_ON
#define WARN_ON(condition)	WARN(condition, "%s\n", #condition)

/* Once for each test that expects warnings, else once as ever. */
#undef WARN_ONCE
#define WARN_ONCE(condition, format...) ({				\
	static unsigned int __seen;					\
	int __ret_once = !!(condition);					\
									\
	if (unlikely(__ret_once) && acall_kunit_first(&__seen))		\
		WARN(1, format);					\
	unlikely(__ret_once);						\
})

#undef WARN_ON_ONCE
#define WARN_ON_ONCE(condition)	WARN_ONCE(condition, "%s\n", #condition)

#endif /* _ACALL_KUNIT_WARN_H */
