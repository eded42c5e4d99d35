// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who runs the short methods of a queue's slots: a runner that drains a lane, as
 * whoever began them, a batch at a time; or the ENTER that waits for one (S3).
 *
 * A method gets a call, as always; but it is lent to one slot after the other,
 * since what is bounded and never sleeps is over before anybody could do anything
 * about it. From the moment that a slot is taken a cancel is too late, and its outcome
 * is the provider's.
 *
 * No lock is held over the provider (P6). A slot that was taken is the drain's, which
 * alone writes to it, until its client is told; then the pins go back, so
 * that unregistration ends after that.
 */
#include "debug/bounded.h"
#include "debug/cov.h"
#include "debug/delay.h"
#include "interface.h"
#include "queue/queue.h"
#include "runner.h"

/**
 * acall_slots_take - take slots from a lane, to run them
 * @lane: the lane, its interface's lock held
 * @slots: where to; the oldest first
 *
 * Return: how many, at most a batch.
 */
u32 acall_slots_take(struct acall_lane *lane, struct list_head *slots)
{
	struct acall_slot *slot;
	u32 nr = 0;

	lockdep_assert_held(&lane->iface->lock);

	list_for_each_entry(slot, &lane->shorts, list) {
		if (nr == ACALL_BATCH)
			break;
		acall_slot_set(slot, ACALL_SLOT_RUNNING);
		nr++;
	}
	/* Up to the one that has not been taken, or the head. */
	list_cut_before(slots, &lane->shorts, &slot->list);
	return nr;
}

/* What the method is to find in its call, which is not as the last one had it. */
static noinline void load(struct acall_call *body, const struct acall_slot *slot)
{
	const struct acall_method *method = body->method;
	u32 len = slot->in_len;

	if (body->method_nr != slot->method_nr) {
		method = &body->iface->desc->methods[slot->method_nr];
		body->method = method;
		body->method_nr = slot->method_nr;
		body->caps = acall_method_caps(method);
	}
	body->in_len = len;
	if (len)
		memcpy(body->small, slot->in, len);
	/* Zero-extended, and a NUL. */
	if (unlikely(method->in_size > len))
		memset(body->small + len, 0, method->in_size - len);
	body->small[max(method->in_size, len)] = 0;
}

/* What the method has left there besides what it returned, and as it was again. */
static noinline void unload(struct acall_call *body, struct acall_slot *slot)
{
	slot->progress = atomic64_read(&body->progress);
	slot->total = atomic64_read(&body->total);
	atomic64_set(&body->progress, 0);
	atomic64_set(&body->total, 0);
	slot->result = acall_word_result(body->word);
	body->word = ACALL_PHASE_RUNNING;
}

/* Inline, since what there is to do is little: most have no input, and only return. */
static __always_inline void run(struct acall_slot *slot,
				struct acall_client *client,
				struct acall_call **lent, u64 now)
{
	struct acall_call *body = *lent;
	struct acall_bounded bounded;
	int ret;

	if (slot->method_nr != body->method_nr || slot->in_len ||
	    body->in_len || body->method->in_size)
		load(body, slot);
	else
		body->small[0] = 0;	/* his to write to */
	acall_bounded_begin(&bounded);
	ret = body->method->run(body);
	acall_bounded_end(&bounded, body);
	if (unlikely(ret))
		ret = acall_interface_errno(body->iface, body->method->run,
					    ret);
	slot->status = ret;
	slot->start_ns = now;
	slot->progress = 0;
	slot->total = 0;
	slot->result = 0;
	if (unlikely(atomic64_read(&body->progress) |
		     atomic64_read(&body->total) |
		     (body->word ^ ACALL_PHASE_RUNNING)))
		unload(body, slot);
	if (unlikely(refcount_read(&body->ref) != 1))
		acall_client_renew(client, lent);
}

/**
 * acall_drain - run slots, and tell their clients
 * @slots: what acall_slots_take() has taken; empty afterwards
 *
 * Context: runner, which still has their pins.
 */
void acall_drain(struct list_head *slots)
{
	struct acall_client *client = NULL;
	struct acall_disguise was;
	u64 now = ktime_get_ns();
	struct acall_slot *slot;

	acall_delay(ACALL_AT_DRAIN);
	list_for_each_entry(slot, slots, list) {
		if (slot->client != client) {
			if (client) {
				acall_identity_leave(&was);
				acall_cov_end();
			}
			client = slot->client;
			acall_cov_begin(&client->body->cov);
			acall_identity_assume(&client->identity, &was);
		}
		run(slot, client, &client->body, now);
	}
	acall_identity_leave(&was);
	acall_cov_end();
	acall_delay(ACALL_AT_DRAINED);
	acall_slots_tell(slots);
}

/**
 * acall_drain_here - run one slot for who waits for it
 * @slot: RUNNING, on no list
 *
 * Context: ENTER, which has its pin, and is the only one here.
 */
void acall_drain_here(struct acall_slot *slot)
{
	struct acall_client *client = slot->client;

	acall_delay(ACALL_AT_DRAIN);
	run(slot, client, &client->body_here, slot->begin_ns);
	acall_delay(ACALL_AT_DRAINED);
}
