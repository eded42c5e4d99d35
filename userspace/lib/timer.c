// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The typed pair for the interface "timer". No state, no lock; see typed.c.
 */
#include "internal.h"

ACALL_PUBLIC int acall_begin_timer(acall_t *call,
				   const struct acall_timer_sleep *args,
				   const struct acall_options *options)
{
	if (!args)
		return -EINVAL;
	return acall_begin_typed(call, ACALL_TIMER_INTERFACE,
				 ACALL_TIMER_SLEEP, args, sizeof(*args), NULL,
				 0, options);
}

ACALL_PUBLIC int acall_finish_timer(acall_t *call,
				    struct acall_timer_fired *out,
				    struct acall_result *result)
{
	if (!out)
		return -EINVAL;
	return acall_finish_typed(call, ACALL_TIMER_INTERFACE,
				  ACALL_TIMER_SLEEP, out, sizeof(*out),
				  result);
}
