/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A submission ring's entry of a short method, and a slot filled from it. The entry
 * is user space's to write: each word of it is read once, and what is decided is
 * decided on what was read (R-RING).
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
};

/*
 * @shorts, @nr_methods: of the queue's interface, kept where no store reaches them.
 * Return: is it one of a short method that needs no call of its own?
 */
static __always_inline bool
acall_entry_read(struct acall_entry *read,
		 const struct acall_submission *entry,
		 const struct acall_short *shorts, u32 nr_methods)
{
	u32 method = READ_ONCE(entry->method);

	read->flags = READ_ONCE(entry->flags);
	read->len = READ_ONCE(entry->in_len);
	if (method >= nr_methods)
		return false;
	/* R-SPEC */
	read->method = array_index_nospec(method, nr_methods);
	return shorts[read->method].caps &&
	       !(read->flags & ~(ACALL_BEGIN_NO_CANCEL | ACALL_BEGIN_INLINE)) &&
	       !(READ_ONCE(entry->nr_files) | READ_ONCE(entry->deadline) |
		 READ_ONCE(entry->grace_ns));
}

/*
 * The input that a short method is to get, if it has any.
 * Return: false if it is none, and nothing was written.
 */
static __always_inline bool
acall_entry_input(struct acall_slot *slot, const struct acall_entry *read,
		  const struct acall_submission *entry,
		  const struct acall_interface *iface)
{
	const struct acall_method *method = &iface->desc->methods[read->method];

	if (!(read->flags & ACALL_BEGIN_INLINE) || READ_ONCE(entry->in) ||
	    read->len > ACALL_SUBMISSION_BYTES ||
	    read->len > max(method->in_max, method->in_size))
		return false;
	memcpy(slot->in, entry->bytes, read->len);
	return true;
}

static __always_inline bool acall_entry_has_input(const struct acall_entry *read)
{
	return read->len || read->flags & ACALL_BEGIN_INLINE;
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
