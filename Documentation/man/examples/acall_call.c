// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * One system call for all, and with a deadline:
 *
 *	$ ./acall_call
 *	completed
 *	-ETIME
 */
#include <errno.h>
#include <libacall.h>
#include <stdio.h>

int main(void)
{
	struct acall_timer_sleep in = { .ns = 1000000 };
	struct acall_options options = { 0 };
	struct acall_timer_fired out;
	struct acall_result result;
	acall_t *call;

	if (acall_create("timer", 0, 0, &call))
		return 1;
	if (!acall_call(call, ACALL_TIMER_SLEEP, &in, sizeof(in), NULL, 0, NULL,
			&out, sizeof(out), &result))
		printf("%s\n", acall_outcome_name(result.outcome));
	in.ns = ACALL_FOREVER;
	options.deadline = acall_after_ns(50000000);
	if (!acall_call(call, ACALL_TIMER_SLEEP, &in, sizeof(in), NULL, 0,
			&options, &out, sizeof(out), &result) &&
	    result.status == -ETIME)
		printf("-ETIME\n");
	acall_destroy(call);
	return 0;
}
