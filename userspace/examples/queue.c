// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * queue: a hundred timers through one descriptor. Every other one never fires, and
 * those have a tag: when the rest has come, they are cancelled all at once.
 */
#include <libacall.h>
#include <stdio.h>
#include <stdlib.h>

enum { TIMERS = 100, NEVER = 1 };

static int check(int ret, const char *what)
{
	if (ret >= 0)
		return ret;
	fprintf(stderr, "%s: error %d\n", what, -ret);
	exit(EXIT_FAILURE);
}

/* Reads what has come. Only a timer that has fired has an output to take. */
static int read_some(acall_queue_t *queue)
{
	const struct acall_completion *done;
	struct acall_timer_fired fired;
	int n;

	check(acall_queue_wait(queue, 1, ACALL_FOREVER), "wait");
	for (n = 0; (done = acall_queue_peek(queue, n)); n++) {
		printf("%d %s\n", (int)done->user_data, acall_outcome_name(done->outcome));
		if (done->result & ACALL_RESULT_MORE)
			check(acall_queue_finish(queue, done->handle, &fired,
						 sizeof(fired), NULL, 0, NULL), "finish");
	}
	check(acall_queue_seen(queue, n), "seen");
	return n;
}

int main(void)
{
	struct acall_timer_sleep arg = { 0 };
	struct acall_submission *sub;
	acall_queue_t *queue;
	int i, begun, n = 0;

	check(acall_queue_create("timer", 0, TIMERS, 0, &queue), "create");
	for (i = 0; i < TIMERS; i++) {
		arg.ns = i % 2 ? ACALL_FOREVER : 1000000ULL * i;
		sub = acall_queue_get_submission(queue);
		acall_queue_prepare(sub, ACALL_TIMER_SLEEP, &arg, sizeof(arg), i);
		sub->tag = i % 2 ? NEVER : 0;
	}
	begun = check(acall_queue_submit(queue), "submit");
	while (n < begun / 2)
		n += read_some(queue);
	check(acall_queue_cancel_tag(queue, NEVER, 0, 0), "cancel");
	while (n < begun)
		n += read_some(queue);
	acall_queue_destroy(queue);
	return EXIT_SUCCESS;
}
