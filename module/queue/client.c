// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clients of a queue: as whom its calls run, and who pays for them (B4). The last
 * one is kept, so a batch costs a comparison; who begins as somebody else, or
 * from somewhere else, gets a new one.
 *
 * References are counted under the queue's lock: the queue has one on the last
 * client, each slot one from its claim until it is free. Everything in it is
 * constant. It keeps the queue, and so whoever frees the last one may free that.
 */
#include <linux/pid.h>
#include <linux/slab.h>

#include "interface.h"
#include "queue/queue.h"
#include "runner.h"
#include "session.h"
#include "user/limits.h"

static struct acall_call *create_call(const struct acall_client *client)
{
	const struct acall_queue *queue = client->queue;
	struct acall_call *call;

	call = acall_call_create_body(queue->iface, client->payer);
	if (!call)
		return NULL;
	call->word = ACALL_PHASE_RUNNING;
	/* The first one has to be loaded. */
	call->method_nr = U32_MAX;
	call->identity = client->identity;
	call->identity.borrowed = true;
	call->session = client->session;
	call->version = queue->version;
	return call;
}

static bool create_lent(struct acall_client *client, struct acall_lent *lent)
{
	lent->call = create_call(client);
	lent->plain = U32_MAX;
	return lent->call;
}

static void free_client(struct acall_client *client)
{
	struct acall_interface *iface = client->queue->iface;

	if (client->lent.call)
		acall_call_put(client->lent.call);
	if (client->lent_here.call)
		acall_call_put(client->lent_here.call);
	acall_session_put(iface, client->session);
	if (client->lane)
		acall_lane_put(iface, client->lane);
	acall_identity_drop(&client->identity);
	if (client->payer)
		acall_payer_put(client->payer);
	put_pid(client->owner);
	acall_queue_put(client->queue);
	kfree(client);
}

static int fill(struct acall_client *client)
{
	struct acall_queue *queue = client->queue;

	client->payer = acall_payer_get_current(queue->payer);
	if (!client->payer)
		return -ENOMEM;
	acall_identity_take(&client->identity);
	client->lane = acall_lane_get(queue->iface,
				      acall_payer_owner(client->payer));
	if (!client->lane)
		return -ENOMEM;
	acall_session_get(queue->iface, queue->session);
	client->session = queue->session;
	if (!create_lent(client, &client->lent) ||
	    !create_lent(client, &client->lent_here))
		return -ENOMEM;
	client->owner = get_pid(client->lent.call->owner);
	client->owner_uid = client->lent.call->owner_uid;
	client->guarded = client->lent.call->guarded;
	return 0;
}

/**
 * acall_client_create - current is going to begin calls
 * @queue: in which queue
 *
 * Context: process, may sleep.
 * Return: the client with one reference, or an ERR_PTR: -ENOMEM, -ENODEV.
 */
struct acall_client *acall_client_create(struct acall_queue *queue)
{
	struct acall_client *client;
	int ret;

	client = kzalloc(sizeof(*client), GFP_KERNEL_ACCOUNT);
	if (!client)
		return ERR_PTR(-ENOMEM);
	client->refs = 1;
	acall_queue_get(queue);
	client->queue = queue;
	ret = acall_interface_pin(queue->iface);
	if (!ret) {
		ret = fill(client);
		acall_interface_unpin(queue->iface, NULL);
	}
	if (!ret)
		return client;
	free_client(client);
	return ERR_PTR(ret);
}

/**
 * acall_client_is_current - is it current who begins here?
 * @client: the client
 *
 * Context: process; does not sleep.
 */
bool acall_client_is_current(const struct acall_client *client)
{
	return client->owner == task_tgid(current) &&
	       acall_identity_is_current(&client->identity);
}

/**
 * acall_client_renew - a method has kept what it was lent
 * @client: the client
 * @lent: where, which nobody else uses now
 *
 * It must not, being short (acall_get()); but then it may keep it.
 *
 * Context: process, may sleep.
 */
void acall_client_renew(struct acall_client *client, struct acall_lent *lent)
{
	struct acall_call *old = lent->call, *fresh;

	/*
	 * Who follows an old pointer to where a call was has a reference for a
	 * moment (memory.c).
	 */
	synchronize_rcu();
	if (refcount_read(&old->ref) == 1)
		return;
	WARN_ONCE(1, "acall: %s: method %u is declared short and has kept its call\n",
		  client->queue->iface->name, old->method_nr);
	/* As long as there is no memory: until it gives it back. */
	for (;;) {
		fresh = create_call(client);
		if (fresh || refcount_read(&old->ref) == 1)
			break;
		schedule_timeout_idle(1);
	}
	if (!fresh)
		return;
	lent->call = fresh;
	lent->plain = U32_MAX;
	acall_call_put(old);
}

/* Out of line, for there are hardly ever any: acall_clients_free(). */
void acall_clients_free_all(struct list_head *dead)
{
	struct acall_client *client, *next;

	list_for_each_entry_safe(client, next, dead, dead)
		free_client(client);
}

/**
 * acall_tally_flush - settle for the slots counted so far
 * @tally: the tally; the queue's lock is held
 */
void acall_tally_flush(struct acall_tally *tally)
{
	struct acall_client *client = tally->client;

	if (!client)
		return;
	lockdep_assert_held(&client->queue->lock);
	if (tally->charged)
		acall_uncharge(client->payer, tally->charged, 0);
	client->refs -= tally->slots;
	if (!client->refs)
		list_add(&client->dead, &tally->dead);
	tally->client = NULL;
	tally->slots = 0;
	tally->charged = 0;
}

/**
 * acall_slot_free - a slot's call has been finished, or was not begun
 * @queue: its queue, whose lock is held
 * @slot: the slot, on any list or none
 * @charged: its claim's charge is to be returned
 * @tally: where it is counted
 *
 * From here on its handle is nobody's.
 */
void acall_slot_free(struct acall_queue *queue, struct acall_slot *slot,
		     bool charged, struct acall_tally *tally)
{
	lockdep_assert_held(&queue->lock);

	acall_tally_add(tally, slot->client, 1, !charged);
	acall_slot_forget_other(slot);
	slot->call = NULL;
	slot->handle += ACALL_SLOT_GENERATION;
	acall_slot_set(slot, ACALL_SLOT_FREE);
	list_move(&slot->list, &queue->free);
	queue->nr_free++;
}
