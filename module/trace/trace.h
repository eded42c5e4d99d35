/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the tracepoints are: calls tell of themselves where their state changes,
 * slots of call queues where they go from one list to the next. While nobody traces,
 * each is a nop; what an event says is found out in trace.c, out of everybody's way.
 */
#ifndef _ACALL_TRACE_TRACE_H
#define _ACALL_TRACE_TRACE_H

#include "call.h"
#include "trace/acall.h"

struct acall_queue;
struct acall_slot;

void __acall_trace_begin(const struct acall_call *call);
void __acall_trace_step(const struct acall_call *call, enum acall_event event,
			u32 was, u32 now);
void __acall_trace_slots_begun(const struct acall_queue *queue,
			       struct list_head *slots, bool here);
void __acall_trace_slot_here(const struct acall_queue *queue,
			     const struct acall_slot *slot);
void __acall_trace_slots_taken(struct list_head *slots);
void __acall_trace_slots_cancelled(struct list_head *slots);
void __acall_trace_slots_told(struct list_head *slots);
void __acall_trace_slot_told(const struct acall_slot *slot);
void __acall_trace_slots_over(struct list_head *slots);
void __acall_trace_slot_over(const struct acall_slot *slot,
			     enum acall_event event);

/* BEGIN is about to make it QUEUED, or RUNNING where it is. */
static inline void acall_trace_begin(const struct acall_call *call)
{
	if (trace_acall_begin_enabled())
		__acall_trace_begin(call);
}

/* Under the call's lock, before the new word can be read. */
static inline void acall_trace_step(const struct acall_call *call,
				    enum acall_event event, u32 was, u32 now)
{
	if (trace_acall_state_enabled())
		__acall_trace_step(call, event, was, now);
}

/* Of a body that is lent to slots nobody is told, nor of what was refused. */
static inline void acall_trace_release(const struct acall_call *call)
{
	if (trace_acall_release_enabled() && call->ledger)
		trace_acall_release(call->id);
}

/* Slots were filled: they are queued, or, @here, about to be run by current. */
static inline void acall_trace_slots_begun(const struct acall_queue *queue,
					   struct list_head *slots, bool here)
{
	if (trace_acall_begin_enabled() || trace_acall_state_enabled())
		__acall_trace_slots_begun(queue, slots, here);
}

/* The same of one, which current runs. */
static inline void acall_trace_slot_here(const struct acall_queue *queue,
					 const struct acall_slot *slot)
{
	if (trace_acall_begin_enabled() || trace_acall_state_enabled())
		__acall_trace_slot_here(queue, slot);
}

/* A runner has taken them off a lane, and nobody can stop them any more. */
static inline void acall_trace_slots_taken(struct list_head *slots)
{
	if (trace_acall_take_enabled() || trace_acall_state_enabled())
		__acall_trace_slots_taken(slots);
}

/* Current has taken them off their lanes: they never start. */
static inline void acall_trace_slots_cancelled(struct list_head *slots)
{
	if (trace_acall_cancel_enabled() || trace_acall_state_enabled())
		__acall_trace_slots_cancelled(slots);
}

/* Their client is about to be told of them, under their queue's lock. */
static inline void acall_trace_slots_told(struct list_head *slots)
{
	if (trace_acall_state_enabled())
		__acall_trace_slots_told(slots);
}

static inline void acall_trace_slot_told(const struct acall_slot *slot)
{
	if (trace_acall_state_enabled())
		__acall_trace_slot_told(slot);
}

/* Their completions were read; those that FINISH was faster with are left out. */
static inline void acall_trace_slots_over(struct list_head *slots)
{
	if (trace_acall_state_enabled())
		__acall_trace_slots_over(slots);
}

/* CONSUME: the same of one, or by FINISH; DROP: the last close has been. */
static inline void acall_trace_slot_over(const struct acall_slot *slot,
					 enum acall_event event)
{
	if (trace_acall_state_enabled())
		__acall_trace_slot_over(slot, event);
}

#endif /* _ACALL_TRACE_TRACE_H */
