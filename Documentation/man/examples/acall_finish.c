// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A buffer that is too small costs nothing; and who does not want to sleep says so:
 *
 *	$ ./acall_finish
 *	-EAGAIN: not ready
 *	-EMSGSIZE: 16 bytes are needed
 *	completed
 *	-ESRCH: it is finished
 */
#include <errno.h>
#include <libacall.h>
#include <stdio.h>

int main(void)
{
	struct acall_timer_sleep in = { .ns = 20000000 };
	struct acall_timer_fired out;
	struct acall_result result;
	acall_t *call;

	if (acall_create("timer", 0, ACALL_CREATE_NONBLOCK, &call) ||
	    acall_begin_timer(call, &in, NULL))
		return 1;
	if (acall_finish(call, &out, sizeof(out), &result) == -EAGAIN)
		printf("-EAGAIN: not ready\n");
	acall_wait(call, ACALL_FOREVER);
	if (acall_finish(call, &out, 1, &result) == -EMSGSIZE)
		printf("-EMSGSIZE: %u bytes are needed\n", result.out_len);
	if (!acall_finish(call, &out, sizeof(out), &result))
		printf("%s\n", acall_outcome_name(result.outcome));
	if (acall_finish(call, &out, sizeof(out), &result) == -ESRCH)
		printf("-ESRCH: it is finished\n");
	acall_destroy(call);
	return 0;
}
