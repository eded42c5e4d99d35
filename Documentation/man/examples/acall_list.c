// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A call is found in the list, and cancelled without its object:
 *
 *	$ ./acall_list
 *	timer.0: running
 *	cancelled, by the administrator
 */
#include <libacall.h>
#include <stdio.h>

int main(void)
{
	struct acall_timer_sleep never = { .ns = ACALL_FOREVER };
	struct acall_list_record records[16];
	struct acall_query query;
	uint64_t cursor = 0;
	acall_t *call;
	int i, n;

	if (acall_create("timer", 0, 0, &call) ||
	    acall_begin_timer(call, &never, NULL))
		return 1;
	do {
		n = acall_list(ACALL_DEVICE_DEFAULT, ACALL_LIST_OWN, &cursor,
			       records, sizeof(*records), 16);
		for (i = 0; i < n; i++) {
			if (records[i].call_id != acall_id(call))
				continue;
			printf("%s.%u: %s\n", records[i].interface,
			       records[i].method,
			       acall_state_name(records[i].state));
		}
	} while (n > 0);
	if (acall_cancel_by_id(ACALL_DEVICE_DEFAULT, acall_id(call), 0, 0,
			       NULL) == ACALL_CANCELLED &&
	    !acall_query(call, 0, &query, sizeof(query)))
		printf("cancelled, by the %s\n", acall_reason_name(query.reason));
	acall_destroy(call);
	return 0;
}
