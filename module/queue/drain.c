// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who runs the short methods of a queue's slots: a runner that drains a lane, as
 * whoever began them, some at a time; or the ENTER that waits for one (S3).
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

/* So many are taken in one go, and their client is told of so many of them. */
#define TAKEN	64
#define TOLD	32

/**
 * acall_slots_take - take slots from a lane, to run them
 * @lane: the lane, its interface's lock held
 * @slots: where to; the oldest first
 *
 * Return: how many.
 */
u32 acall_slots_take(struct acall_lane *lane, struct list_head *slots)
{
	struct acall_slot *slot;
	u32 nr = 0;

	lockdep_assert_held(&lane->iface->lock);

	list_for_each_entry(slot, &lane->shorts, list) {
		if (nr == TAKEN)
			break;
		acall_slot_set(slot, ACALL_SLOT_RUNNING);
		nr++;
	}
	/* Up to the one that has not been taken, or the head. */
	list_cut_before(slots, &lane->shorts, &slot->list);
	return nr;
}

/* What the method is to find in its call, which is not as the last one had it. */
static noinline void load(struct acall_lent *lent, struct acall_slot *slot)
{
	struct acall_call *call = lent->call;
	const struct acall_method *method = call->method;
	u32 len = slot->in_len;

	if (call->method_nr != slot->method_nr) {
		method = &call->iface->desc->methods[slot->method_nr];
		call->method = method;
		call->method_nr = slot->method_nr;
		call->caps = acall_method_caps(method);
	}
	call->in_len = len;
	if (len)
		memcpy(call->small, slot->in, len);
	/* Zero-extended, and a NUL. */
	if (unlikely(method->in_size > len))
		memset(call->small + len, 0, method->in_size - len);
	call->small[max(method->in_size, len)] = 0;
	lent->plain = len || method->in_size ? U32_MAX : slot->method_nr;
	slot->unusual = false;
}

/*
 * What the method has left there besides what it returned, and as it was again. It may
 * also have kept it, which it must not.
 */
static noinline void unload(struct acall_client *client,
			    struct acall_lent *lent, struct acall_slot *slot)
{
	struct acall_call *call = lent->call;

	WRITE_ONCE(call->touched, false);
	slot->unusual = true;
	slot->progress = atomic64_read(&call->progress);
	slot->total = atomic64_read(&call->total);
	atomic64_set(&call->progress, 0);
	atomic64_set(&call->total, 0);
	slot->result = acall_word_result(call->word);
	call->word = ACALL_PHASE_RUNNING;
	if (refcount_read(&call->ref) != 1)
		acall_client_renew(client, lent);
}

/* Inline, since what there is to do is little: most have no input, and only return. */
static __always_inline void run(struct acall_slot *slot,
				struct acall_client *client,
				struct acall_lent *lent, u64 now)
{
	struct acall_call *call = lent->call;
	struct acall_bounded bounded;
	int ret;

	if (unlikely(slot->method_nr != lent->plain || slot->in_len))
		load(lent, slot);
	else
		call->small[0] = 0;	/* his to write to */
	acall_bounded_begin(&bounded);
	ret = call->method->run(call);
	acall_bounded_end(&bounded, call);
	if (unlikely(ret))
		ret = acall_interface_errno(call->iface, call->method->run,
					    ret);
	slot->status = ret;
	slot->start_ns = now;
	/* Only the provider's own functions touch it: provider.c. */
	if (unlikely(READ_ONCE(call->touched)))
		unload(client, lent, slot);
}

/* Nobody has been told of them yet. */
static void count(u32 nr)
{
	acall_count(ACALL_COUNT_STARTED, nr);
	acall_count(ACALL_COUNT_COMPLETED, nr);
}

/* Return: the client of the next slot, which keeps him; NULL: there is none. */
static struct acall_client *next_client(struct list_head *slots)
{
	const struct acall_slot *slot;

	slot = list_first_entry_or_null(slots, struct acall_slot, list);
	return slot ? slot->client : NULL;
}

/* Some slots of @client, the first ones: runs them and moves them to @ran. */
static void run_some(struct list_head *slots, struct acall_client *client,
		     u64 now, struct list_head *ran)
{
	struct acall_slot *slot;
	u32 nr = 0;

	list_for_each_entry(slot, slots, list) {
		if (slot->client != client || nr == TOLD)
			break;
		run(slot, client, &client->lent, now);
		nr++;
	}
	count(nr);
	list_cut_before(ran, slots, &slot->list);
}

/**
 * acall_drain - run slots, and tell their clients
 * @slots: what acall_slots_take() has taken; empty afterwards
 *
 * Context: runner, which still has their pins.
 */
void acall_drain(struct list_head *slots)
{
	struct acall_client *client = NULL, *next;
	struct acall_disguise was;
	u64 now = ktime_get_ns();

	acall_delay(ACALL_AT_DRAIN);
	for (next = next_client(slots); next; next = next_client(slots)) {
		LIST_HEAD(ran);

		if (next != client) {
			client = next;
			acall_cov_begin(&client->lent.call->cov);
			acall_identity_assume(&client->identity, &was);
		}
		run_some(slots, client, now, &ran);
		/* Before his last slot is told: he may be gone with that. */
		if (next_client(slots) != client) {
			acall_identity_leave(&was);
			acall_cov_end();
			client = NULL;
		}
		acall_delay(ACALL_AT_DRAINED);
		now = acall_slots_tell(&ran);
		cond_resched();
	}
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
	run(slot, client, &client->lent_here, slot->begin_ns);
	count(1);
	acall_delay(ACALL_AT_DRAINED);
}
