// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A timer of a twentieth of a second, looked at, waited for in vain, and then in
 * earnest:
 *
 *	$ ./acall_wait
 *	-ETIMEDOUT, and nothing has changed
 *	ready
 *	and still
 *	completed
 */
#include <errno.h>
#include <libacall.h>
#include <stdio.h>

int main(void)
{
	struct acall_timer_sleep arg = { .ns = 50000000 };
	struct acall_timer_fired fired;
	struct acall_result result;
	acall_t *call;

	if (acall_create("timer", 0, 0, &call) ||
	    acall_begin_timer(call, &arg, NULL))
		return 1;
	if (acall_wait(call, ACALL_NOW) == -ETIMEDOUT)
		printf("-ETIMEDOUT, and nothing has changed\n");
	while (acall_wait(call, acall_after_ns(20000000)))
		;
	printf("ready\n");
	if (!acall_wait(call, ACALL_NOW))
		printf("and still\n");
	if (!acall_finish_timer(call, &fired, &result))
		printf("%s\n", acall_outcome_name(result.outcome));
	acall_destroy(call);
	return 0;
}
