// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Two timers that never fire: one has a deadline, the other is cancelled by its handle,
 * which the submission has when it was taken:
 *
 *	$ ./acall_queue_cancel
 *	cancelled
 *	1: stopped, -ECANCELED
 *	0: -ETIME
 */
#include <errno.h>
#include <libacall.h>
#include <stdio.h>

int main(void)
{
	struct acall_timer_sleep never = { .ns = ACALL_FOREVER };
	struct acall_options options = { 0 };
	const struct acall_completion *done;
	struct acall_submission *sub;
	acall_queue_t *queue;
	int i;

	if (acall_queue_create("timer", 0, 2, 0, &queue))
		return 1;
	for (i = 0; i < 2; i++) {
		sub = acall_queue_get_submission(queue);
		acall_queue_prepare(sub, ACALL_TIMER_SLEEP, &never,
				    sizeof(never), i);
		options.deadline = i ? 0 : acall_after_ns(1000000000);
		acall_queue_set_options(sub, &options);
	}
	if (acall_queue_submit(queue) != 2)
		return 1;
	i = acall_queue_cancel(queue, acall_queue_submitted(queue, 1)->handle,
			       ACALL_GRACE_DEFAULT, 0);
	printf("%s\n", acall_verdict_name(i));
	acall_queue_wait(queue, 2, ACALL_FOREVER);
	for (i = 0; (done = acall_queue_peek(queue, i)); i++) {
		if (done->status == -ECANCELED)
			printf("%d: %s, -ECANCELED\n", (int)done->user_data,
			       acall_outcome_name(done->outcome));
		else if (done->status == -ETIME)
			printf("%d: -ETIME\n", (int)done->user_data);
	}
	acall_queue_seen(queue, i);
	acall_queue_destroy(queue);
	return 0;
}
