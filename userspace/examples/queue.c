// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * queue: a hundred timers through one descriptor. Every other one never fires, and
 * those have a tag: when the rest has come, they are cancelled all at once.
 *
 *	$ ./queue | sort | uniq -c
 *	     50 completed
 *	     50 stopped
 */
#include <err.h>
#include <libacall.h>
#include <stdio.h>
#define TIMERS	100

static int check(int ret, const char *what)
{
	if (ret < 0)
		errx(1, "%s: error %d", what, -ret);
	return ret;
}

/* Reads what has come. Only a timer that has fired has an output to take. */
static int read_some(acall_queue_t *queue)
{
	const struct acall_completion *done;
	struct acall_timer_fired fired;
	int n = check(acall_queue_wait(queue, 1, ACALL_FOREVER), "wait");

	for (n = 0; (done = acall_queue_peek(queue, n)); n++) {
		puts(acall_outcome_name(done->outcome));
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
	acall_queue_t *queue;
	int i, begun, n;

	check(acall_queue_create("timer", 0, TIMERS, 0, &queue), "create");
	for (i = 0; i < TIMERS; i++) {
		struct acall_submission *sub = acall_queue_get_submission(queue);

		arg.ns = i % 2 ? ACALL_FOREVER : 1000000ULL * i;
		acall_queue_prepare(sub, ACALL_TIMER_SLEEP, &arg, sizeof(arg), i);
		sub->tag = i % 2;
	}
	begun = check(acall_queue_submit(queue), "submit");
	for (n = 0; n < begun; n += read_some(queue)) {
		if (n == begun / 2)
			check(acall_queue_cancel_tag(queue, 1, 0, 0), "cancel");
	}
	acall_queue_destroy(queue);
	return 0;
}
