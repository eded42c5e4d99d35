// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A child inherits an object, and cancels what its parent has begun:
 *
 *	$ ./acall_from_fd
 *	child: cancelled
 *	parent: stopped
 */
#include <libacall.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	struct acall_timer_sleep never = { .ns = ACALL_FOREVER };
	struct acall_timer_fired fired;
	struct acall_result result;
	acall_t *call, *same;

	if (acall_create("timer", 0, 0, &call) ||
	    acall_begin_timer(call, &never, NULL))
		return 1;
	if (!fork()) {
		if (acall_from_fd(dup(acall_fd(call)), "timer", 1, &same))
			return 1;
		printf("child: %s\n", acall_verdict_name(acall_cancel(same, 0)));
		fflush(stdout);
		acall_destroy(same);
		_exit(0);
	}
	wait(NULL);
	if (!acall_finish_timer(call, &fired, &result))
		printf("parent: %s\n", acall_outcome_name(result.outcome));
	acall_destroy(call);
	return 0;
}
