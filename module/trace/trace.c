// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tracepoints say. Called while somebody traces, under the locks that
 * keep the call, or slot, as it is: the call's, the queue's, the interface's.
 *
 * A call says what its word was and becomes. A slot of a short method has no word:
 * here it is given the one that a call would have, by state.c's table, so that of both
 * the same is told.
 */
#include "interface.h"
#include "queue/queue.h"

#define CREATE_TRACE_POINTS
#include "trace/trace.h"

void __acall_trace_begin(const struct acall_call *call)
{
	const struct acall_subject subject = {
		.id = call->id,
		.handle = call->handle,
		.deadline = call->deadline,
		.method = call->method_nr,
		.caps = call->caps,
		.interface = call->iface->name,
		.name = call->method->name,
	};

	trace_acall_begin(&subject);
}

void __acall_trace_step(const struct acall_call *call, enum acall_event event,
			u32 was, u32 now)
{
	bool done = acall_word_done(was);
	u64 progress, total;

	/* Of an abandoned call only what was true when it was cut. */
	progress = done ? call->end_progress : atomic64_read(&call->progress);
	total = done ? call->end_total : atomic64_read(&call->total);
	/* What a body that was lent to a slot has done the slot will tell. */
	if (call->ledger)
		trace_acall_state(call->id, event, was, now,
				  acall_word_status(now, call->ret), progress,
				  total);
}

static u32 word_of(const struct acall_slot *slot, enum acall_phase phase)
{
	return phase | (u32)slot->reason << ACALL_WORD_REASON_SHIFT |
	       (slot->no_cancel ? ACALL_WORD_NO_CANCEL : 0);
}

/* Return: the word that follows. */
static u32 step(const struct acall_slot *slot, u32 word, enum acall_event event,
		enum acall_reason reason)
{
	u64 progress = 0, total = 0;
	u32 next = word;

	if (WARN_ON_ONCE(acall_state_next(word, event, reason, &next) !=
			 ACALL_MADE))
		return word;
	/* Until it has run there is input in their place. */
	if (acall_word_phase(next) == ACALL_PHASE_COMPLETED && slot->unusual) {
		progress = slot->progress;
		total = slot->total;
	}
	trace_acall_state(slot->id, event, word, next,
			  acall_word_status(next, slot->status), progress,
			  total);
	return next;
}

static void begin(const struct acall_queue *queue,
		  const struct acall_slot *slot, enum acall_event event)
{
	const struct acall_subject subject = {
		.id = slot->id,
		.handle = slot->handle,
		.deadline = U64_MAX,
		.method = slot->method_nr,
		.caps = queue->shorts[slot->method_nr].caps,
		.interface = queue->iface->name,
		.name = queue->iface->desc->methods[slot->method_nr].name,
	};

	trace_acall_begin(&subject);
	step(slot, word_of(slot, ACALL_PHASE_NEW), event, ACALL_REASON_NONE);
}

void __acall_trace_slots_begun(const struct acall_queue *queue,
			       struct list_head *slots, bool here)
{
	const struct acall_slot *slot;

	list_for_each_entry(slot, slots, list)
		begin(queue, slot, here ? ACALL_EVENT_ENTER :
					  ACALL_EVENT_PUBLISH);
}

void __acall_trace_slot_here(const struct acall_queue *queue,
			     const struct acall_slot *slot)
{
	begin(queue, slot, ACALL_EVENT_ENTER);
}

void __acall_trace_slots_taken(struct list_head *slots)
{
	const struct acall_slot *slot;

	list_for_each_entry(slot, slots, list) {
		trace_acall_take(slot->id);
		step(slot, word_of(slot, ACALL_PHASE_QUEUED), ACALL_EVENT_START,
		     ACALL_REASON_NONE);
	}
}

void __acall_trace_slots_cancelled(struct list_head *slots)
{
	const struct acall_slot *slot;
	u32 word;

	list_for_each_entry(slot, slots, list) {
		trace_acall_cancel(slot->id, slot->reason, 0, 0);
		word = word_of(slot, ACALL_PHASE_QUEUED) & ~ACALL_WORD_REASON;
		step(slot, word, acall_reason_forces(slot->reason) ?
		     ACALL_EVENT_FORCE : ACALL_EVENT_CANCEL, slot->reason);
	}
}

void __acall_trace_slot_told(const struct acall_slot *slot)
{
	bool stop = slot->status == -ECANCELED || slot->status == -EINTR;
	u32 word;

	if (slot->outcome == ACALL_OUTCOME_NEVER_STARTED) {
		step(slot, word_of(slot, ACALL_PHASE_DEQUEUED),
		     ACALL_EVENT_SETTLE, ACALL_REASON_NONE);
		return;
	}
	word = word_of(slot, ACALL_PHASE_RUNNING);
	if (slot->unusual && slot->result & ACALL_RESULT_COMMITTED)
		word = step(slot, word, ACALL_EVENT_COMMIT, ACALL_REASON_NONE);
	step(slot, word, stop ? ACALL_EVENT_STOP : ACALL_EVENT_RETURN,
	     ACALL_REASON_NONE);
}

void __acall_trace_slots_told(struct list_head *slots)
{
	const struct acall_slot *slot;

	list_for_each_entry(slot, slots, list)
		__acall_trace_slot_told(slot);
}

void __acall_trace_slot_over(const struct acall_slot *slot,
			     enum acall_event event)
{
	bool started = slot->outcome != ACALL_OUTCOME_NEVER_STARTED;
	u32 word = word_of(slot, started ? ACALL_PHASE_COMPLETED :
					   ACALL_PHASE_NEVER_STARTED);

	/* A call of its own tells of itself. */
	if (slot->own || slot->finished)
		return;
	word |= ACALL_WORD_ENDED;
	if (started && slot->unusual && slot->result & ACALL_RESULT_COMMITTED)
		word |= ACALL_WORD_COMMITTED;
	step(slot, word, event, ACALL_REASON_NONE);
}

void __acall_trace_slots_over(struct list_head *slots)
{
	const struct acall_slot *slot;

	list_for_each_entry(slot, slots, list)
		__acall_trace_slot_over(slot, ACALL_EVENT_CONSUME);
}
