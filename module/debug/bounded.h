/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Methods that are declared bounded and never to sleep (ACALL_CAP_SHORT,
 * ACALL_CAP_INLINE) may run in a client that waits for them, who could not be
 * killed if they did. Debug builds (ACALL_DEBUG) check it: the method gives up the
 * processor of its own will not once. No lock, owns nothing.
 */
#ifndef _ACALL_DEBUG_BOUNDED_H
#define _ACALL_DEBUG_BOUNDED_H

#include <linux/sched.h>

#include "call.h"
#include "interface.h"

struct acall_bounded {
	unsigned long switches;
};

#ifdef ACALL_DEBUG

static inline void acall_bounded_begin(struct acall_bounded *bounded)
{
	bounded->switches = current->nvcsw;
}

static inline void acall_bounded_end(const struct acall_bounded *bounded,
				     const struct acall_call *call)
{
	/* There a contended spinlock sleeps. */
	WARN_ONCE(!IS_ENABLED(CONFIG_PREEMPT_RT) &&
		  current->nvcsw != bounded->switches,
		  "acall: %s: method %u is declared short and has slept\n",
		  call->iface->name, call->method_nr);
}

#else

static inline void acall_bounded_begin(struct acall_bounded *bounded) {}

static inline void acall_bounded_end(const struct acall_bounded *bounded,
				     const struct acall_call *call)
{
}

#endif

#endif /* _ACALL_DEBUG_BOUNDED_H */
