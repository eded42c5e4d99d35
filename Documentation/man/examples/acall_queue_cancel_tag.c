// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Of timers that never fire those with one tag are cancelled, in one system call, and
 * then the rest:
 *
 *	$ ./acall_queue_cancel_tag
 *	3 with tag 1 are cancelled
 *	the other 2 too: 5 completions
 */
#include <libacall.h>
#include <stdio.h>

int main(void)
{
	struct acall_timer_sleep never = { .ns = ACALL_FOREVER };
	struct acall_submission *sub;
	acall_queue_t *queue;
	int i, n;

	if (acall_queue_create("timer", 0, 8, 0, &queue))
		return 1;
	for (i = 0; i < 5; i++) {
		sub = acall_queue_get_submission(queue);
		acall_queue_prepare(sub, ACALL_TIMER_SLEEP, &never,
				    sizeof(never), i);
		sub->tag = i < 3 ? 1 : 2;
	}
	if (acall_queue_submit(queue) != 5)
		return 1;
	n = acall_queue_cancel_tag(queue, 1, 0, 0);
	acall_queue_wait(queue, n, ACALL_FOREVER);
	printf("%d with tag 1 are cancelled\n", n);
	n = acall_queue_cancel_all(queue, 0, 0);
	acall_queue_wait(queue, 5, ACALL_FOREVER);
	printf("the other %d too: %u completions\n", n,
	       acall_queue_ready(queue));
	acall_queue_seen(queue, 5);
	acall_queue_destroy(queue);
	return 0;
}
