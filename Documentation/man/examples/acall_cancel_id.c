// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A cancel that comes late, when the object carries the next call already, does not hit
 * that one:
 *
 *	$ ./acall_cancel_id
 *	the first: too late
 *	the second: running
 */
#include <libacall.h>
#include <stdio.h>

int main(void)
{
	struct acall_timer_sleep soon = { .ns = 1000 };
	struct acall_timer_sleep never = { .ns = ACALL_FOREVER };
	struct acall_timer_fired fired;
	struct acall_query query;
	uint64_t first;
	acall_t *call;
	int verdict;

	if (acall_create("timer", 0, 0, &call) ||
	    acall_begin_timer(call, &soon, NULL))
		return 1;
	first = acall_id(call);
	if (acall_finish_timer(call, &fired, NULL) ||
	    acall_begin_timer(call, &never, NULL))
		return 1;
	verdict = acall_cancel_id(call, first, ACALL_GRACE_DEFAULT);
	printf("the first: %s\n", acall_verdict_name(verdict));
	if (!acall_query(call, 0, &query, sizeof(query)))
		printf("the second: %s\n", acall_state_name(query.state));
	acall_destroy(call);
	return 0;
}
