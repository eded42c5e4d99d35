/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which call a BEGIN is about, for its tracepoint: a call of its own, or a slot of a
 * call queue.
 */
#ifndef _ACALL_TRACE_SUBJECT_H
#define _ACALL_TRACE_SUBJECT_H

#include <linux/types.h>

/**
 * struct acall_subject - what is constant of a call
 * @id: its call_id
 * @handle: its slot's, in a call queue; 0 = it is a call object's
 * @deadline: U64_MAX = none
 * @method: number of the method
 * @caps: ACALL_CAP_* of the method
 * @interface: name of the interface
 * @name: name of the method
 */
struct acall_subject {
	u64 id;
	u64 handle;
	u64 deadline;
	u32 method;
	u32 caps;
	const char *interface;
	const char *name;
};

#endif /* _ACALL_TRACE_SUBJECT_H */
