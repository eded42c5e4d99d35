// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * From an event loop or a signal handler: ask, and let poll(2) tell the end.
 *
 *	$ ./acall_cancel_async
 *	it is ready: stopped
 *	too late
 */
#include <libacall.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>

static acall_t *call;

static void on_alarm(int signal)
{
	(void)signal;
	acall_cancel_async(call, ACALL_GRACE_DEFAULT);
}

int main(void)
{
	struct acall_timer_sleep never = { .ns = ACALL_FOREVER };
	struct pollfd poller = { .events = POLLIN };
	struct acall_timer_fired fired;
	struct acall_result result;
	int verdict;

	if (acall_create("timer", 0, 0, &call) ||
	    acall_begin_timer(call, &never, NULL))
		return 1;
	signal(SIGALRM, on_alarm);
	raise(SIGALRM);
	poller.fd = acall_fd(call);
	while (poll(&poller, 1, -1) < 1)
		;
	if (!acall_finish_timer(call, &fired, &result))
		printf("it is ready: %s\n", acall_outcome_name(result.outcome));
	verdict = acall_cancel_async(call, ACALL_GRACE_DEFAULT);
	printf("%s\n", acall_verdict_name(verdict));
	acall_destroy(call);
	return 0;
}
