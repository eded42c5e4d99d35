// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A method is called by its number, with its input as bytes, and user_data comes back
 * with the result:
 *
 *	$ ./acall_begin
 *	-EBUSY while a call is pending
 *	call 7: completed, 16 bytes of output
 */
#include <errno.h>
#include <libacall.h>
#include <stdio.h>

int main(void)
{
	struct acall_timer_sleep in = { .ns = 1000000 };
	struct acall_options options = { .user_data = 7 };
	struct acall_timer_fired out;
	struct acall_result result;
	acall_t *call;

	if (acall_create("timer", 0, 0, &call))
		return 1;
	if (acall_begin(call, ACALL_TIMER_SLEEP, &in, sizeof(in), NULL, 0,
			&options))
		return 1;
	if (acall_begin(call, ACALL_TIMER_SLEEP, &in, sizeof(in), NULL, 0,
			NULL) == -EBUSY)
		printf("-EBUSY while a call is pending\n");
	if (acall_finish(call, &out, sizeof(out), &result))
		return 1;
	printf("call %d: %s, %u bytes of output\n", (int)result.user_data,
	       acall_outcome_name(result.outcome), result.out_len);
	acall_destroy(call);
	return 0;
}
