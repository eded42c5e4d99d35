/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What a method of the engine "threads" sees: its table entry, and its call.
 *
 * .prepare runs in BEGIN's caller before the call is visible, perhaps in a signal
 * handler: it makes system calls and nothing else, and refuses with an errno. .run
 * runs in a worker, with all signals blocked, and returns 0 or a negative errno;
 * -ECANCELED with a cancel visible is STOPPED [P7]. .release runs once, last, if
 * .prepare has accepted, perhaps in BEGIN's caller. No lock is held in any of them.
 */
#ifndef LIBACALL_THREADS_PROVIDER_H
#define LIBACALL_THREADS_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/acall.h>

struct act_call;

/**
 * struct act_method - one method
 * @name: its name; NULL = the number is not in use
 * @caps: ACALL_CAP_*; that it can be cancelled goes without saying
 * @unit: enum acall_unit
 * @grace_ns: its own grace; 0 = whoever cancels leaves at once
 * @in_size: of the input structure, to which a shorter input is extended
 * @in_max: longest input, if longer
 * @out_max: longest output
 * @files_min: fewest files
 * @files_max: most files
 * @priv_size: of what act_private() gives, zeroed
 * @prepare: may be NULL
 * @run: the work
 * @release: may be NULL
 */
struct act_method {
	const char *name;
	uint32_t caps;
	uint32_t unit;
	uint64_t grace_ns;
	uint32_t in_size;
	uint32_t in_max;
	uint32_t out_max;
	uint32_t files_min;
	uint32_t files_max;
	size_t priv_size;
	int (*prepare)(struct act_call *call);
	int (*run)(struct act_call *call);
	void (*release)(struct act_call *call);
};

/**
 * struct act_interface - a named table of methods
 * @name: its name
 * @version_min: oldest version it serves
 * @version: newest version it serves
 * @methods: the table
 * @nr_methods: its length
 * @max_running: how many may run at a time
 * @next: constant once a thread runs
 * @queued: calls of it that wait; the engine's lock guards it
 * @running: likewise, that run, abandoned ones included
 */
struct act_interface {
	const char *name;
	uint32_t version_min;
	uint32_t version;
	const struct act_method *methods;
	uint32_t nr_methods;
	uint32_t max_running;

	struct act_interface *next;
	uint32_t queued;
	uint32_t running;
};

const void *act_in(const struct act_call *call);
uint32_t act_in_len(const struct act_call *call);
void *act_private(const struct act_call *call);
int act_file(const struct act_call *call, unsigned int i);
int act_out_alloc(struct act_call *call, uint32_t len);
void *act_out(const struct act_call *call);
void act_out_set_len(struct act_call *call, uint32_t len);
void act_progress(struct act_call *call, uint64_t done, uint64_t total);
bool act_cancelled(struct act_call *call);
int act_checkpoint(struct act_call *call);
bool act_may_administer(void);
void act_close_fd(int fd);

/* All that there are; tests add theirs. */
extern struct act_interface *act_interfaces;
extern struct act_interface act_file_interface;

#endif /* LIBACALL_THREADS_PROVIDER_H */
