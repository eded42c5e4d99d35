/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A submission ring's entry of a short method, and a slot filled from it. The entry
 * is user space's to write: each word of it is read once, and what is decided is
 * decided on what was read (R-RING).
 *
 * What is inline is so for those that are plain, as most are: of what was read of them
 * nearly all is known then, and costs nothing to store.
 */
#ifndef _ACALL_QUEUE_ENTRY_H
#define _ACALL_QUEUE_ENTRY_H

#include <linux/nospec.h>

#include "interface.h"
#include "queue/queue.h"

/* What has been read of it. */
struct acall_entry {
	u32 method;
	u32 flags;
	u32 len;
	u64 rest;		/* not 0: needs a call of its own */
};

static __always_inline struct acall_entry
acall_entry_read(const struct acall_submission *entry)
{
	return (struct acall_entry){
		.method = READ_ONCE(entry->method),
		.flags = READ_ONCE(entry->flags),
		.len = READ_ONCE(entry->in_len),
		.rest = READ_ONCE(entry->nr_files) | READ_ONCE(entry->deadline) |
			READ_ONCE(entry->grace_ns),
	};
}

/* Is there nothing to it but a method? */
static __always_inline bool acall_entry_is_plain(const struct acall_entry *read)
{
	return !(read->flags | read->len | read->rest);
}

/*
 * Is it one of a short method, which needs no call of its own? Then its input is
 * copied, if it has any; else nothing is written.
 */
static inline bool acall_entry_is_short(struct acall_entry *read,
					struct acall_slot *slot,
					const struct acall_submission *entry,
					const struct acall_queue *queue)
{
	const struct acall_interface *iface = queue->iface;
	const u32 flags = ACALL_BEGIN_NO_CANCEL | ACALL_BEGIN_INLINE;
	const struct acall_method *method;

	if (read->method >= iface->nr_methods)
		return false;
	/* R-SPEC */
	read->method = array_index_nospec(read->method, iface->nr_methods);
	if (!queue->shorts[read->method].caps || read->flags & ~flags ||
	    read->rest)
		return false;
	if (!read->len && !(read->flags & ACALL_BEGIN_INLINE))
		return true;
	method = &iface->desc->methods[read->method];
	if (!(read->flags & ACALL_BEGIN_INLINE) || READ_ONCE(entry->in) ||
	    read->len > ACALL_SUBMISSION_BYTES ||
	    read->len > max(method->in_max, method->in_size))
		return false;
	memcpy(slot->in, entry->bytes, read->len);
	return true;
}

/* From now on it is @client's call @id, the @nth of its queue. */
static __always_inline void
acall_entry_fill(struct acall_slot *slot, const struct acall_entry *read,
		 struct acall_submission *entry, struct acall_client *client,
		 u64 id, u64 nth, u64 now, enum acall_slot_state state)
{
	slot->client = client;
	slot->user_data = READ_ONCE(entry->user_data);
	/* Who looks for it by that may do so without a lock. */
	WRITE_ONCE(slot->id, id);
	slot->begin_ns = now;
	slot->nth = nth;
	slot->method_nr = read->method;
	slot->tag = READ_ONCE(entry->tag);
	slot->in_len = read->len;
	slot->no_cancel = read->flags & ACALL_BEGIN_NO_CANCEL;
	slot->outcome = ACALL_OUTCOME_COMPLETED;
	slot->reason = ACALL_REASON_NONE;
	slot->special = 0;
	/* Read with acquire, and then what is before. */
	acall_slot_set(slot, state);
	WRITE_ONCE(entry->error, 0);
	WRITE_ONCE(entry->handle, slot->handle);
}

#endif /* _ACALL_QUEUE_ENTRY_H */
