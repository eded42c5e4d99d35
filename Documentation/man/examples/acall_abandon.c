// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A timer that never fires is left at once, and its object is free; what was left has
 * ended when it has settled:
 *
 *	$ ./acall_abandon
 *	cancelled, abandoned
 *	the next: completed
 *	the first has settled
 */
#include <libacall.h>
#include <stdio.h>

int main(void)
{
	struct acall_timer_sleep never = { .ns = ACALL_FOREVER };
	struct acall_timer_sleep soon = { .ns = 1000 };
	struct acall_timer_fired fired;
	struct acall_result result;
	acall_t *call;
	uint64_t first;
	int verdict;

	if (acall_create("timer", 0, 0, &call) ||
	    acall_begin_timer(call, &never, NULL))
		return 1;
	first = acall_id(call);
	verdict = acall_abandon(call);
	if (acall_finish_timer(call, &fired, &result))
		return 1;
	printf("%s, %s\n", acall_verdict_name(verdict),
	       acall_outcome_name(result.outcome));
	if (acall_begin_timer(call, &soon, NULL) ||
	    acall_finish_timer(call, &fired, &result))
		return 1;
	printf("the next: %s\n", acall_outcome_name(result.outcome));
	if (!acall_wait_settled(call, first, ACALL_FOREVER))
		printf("the first has settled\n");
	acall_destroy(call);
	return 0;
}
