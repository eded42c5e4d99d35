/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The interface "timer", version 1, as a pair of typed functions. Part of
 * <libacall.h>, which says what holds for all of them. A timer that waits holds
 * no thread, so a process may have as many as it may have calls.
 */
#ifndef LIBACALL_TIMER_H
#define LIBACALL_TIMER_H

#include <libacall.h>
#include <linux/acall_timer.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * acall_begin_timer - begin a call that is ready when its time has come
 * @call: object of the interface "timer"
 * @args: the time, as <linux/acall_timer.h> says; may be reused at once
 * @options: as acall_begin()
 *
 * Return: as acall_begin(); -EINVAL also if @call is of another interface.
 */
int acall_begin_timer(acall_t *call, const struct acall_timer_sleep *args,
		      const struct acall_options *options);

/**
 * acall_finish_timer - learn when a timer fired
 * @call: the object
 * @out: out: when, filled if @result->status is 0
 * @result: out: what became of the call; may be NULL
 *
 * Return: as acall_finish(); -EINVAL if the call is of another interface.
 */
int acall_finish_timer(acall_t *call, struct acall_timer_fired *out,
		       struct acall_result *result);

#ifdef __cplusplus
}
#endif

#endif /* LIBACALL_TIMER_H */
