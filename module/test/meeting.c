// SPDX-License-Identifier: GPL-2.0-only
/*
 * Meeting points: an id with a gate and counters, where a method and the test
 * that began it find each other.
 *
 * Owns the table of meetings; table_lock guards it and is taken last, around
 * nothing that sleeps. Counters and gates are atomics with a wait queue beside
 * them.
 *
 * The race it is about: an id is forgotten while methods of it wait at its
 * gate. Forgetting opens the gate before it lets go, and each method holds a
 * reference of its own, so nobody is left waiting at a gate that no one can
 * find any more. Nor is a parked call: who forgets completes the one that is
 * there, and one that starts afterwards is told that it is on its own.
 */
#include <linux/hashtable.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include <acall/provider.h>

#include "meeting.h"

/* Any user may name new ids, through .prepare. */
#define MEETINGS_MAX	65536

static DEFINE_HASHTABLE(table, 10);
static DEFINE_SPINLOCK(table_lock);
static unsigned int table_count;

static struct meeting *lookup(u64 id)
{
	struct meeting *m;

	lockdep_assert_held(&table_lock);
	hash_for_each_possible(table, m, node, id) {
		if (m->id == id) {
			kref_get(&m->ref);
			return m;
		}
	}
	return NULL;
}

/* Return: the meeting, referenced, or NULL. */
struct meeting *meeting_find(u64 id)
{
	struct meeting *m;

	spin_lock(&table_lock);
	m = lookup(id);
	spin_unlock(&table_lock);
	return m;
}

/* Return: the meeting, made if need be, referenced, or ERR_PTR. */
struct meeting *meeting_get(u64 id)
{
	struct meeting *new, *m;

	if (!id)
		return ERR_PTR(-EINVAL);

	m = meeting_find(id);
	if (m)
		return m;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return ERR_PTR(-ENOMEM);
	new->id = id;
	kref_init(&new->ref);
	init_waitqueue_head(&new->wait);
	spin_lock_init(&new->lock);

	spin_lock(&table_lock);
	m = lookup(id);
	if (!m && table_count >= MEETINGS_MAX) {
		m = ERR_PTR(-ENOSPC);
	} else if (!m) {
		hash_add(table, &new->node, id);
		table_count++;
		kref_get(&new->ref);
		m = new;
		new = NULL;
	}
	spin_unlock(&table_lock);
	kfree(new);
	return m;
}

static void meeting_free(struct kref *ref)
{
	struct meeting *m = container_of(ref, struct meeting, ref);

	if (m->call)
		acall_put(m->call);
	kfree(m);
}

void meeting_put(struct meeting *m)
{
	kref_put(&m->ref, meeting_free);
}

void meeting_open(struct meeting *m)
{
	WRITE_ONCE(m->open, true);
	wake_up_all(&m->wait);
}

void meeting_count(struct meeting *m, atomic64_t *counter)
{
	atomic64_inc(counter);
	wake_up_all(&m->wait);
}

/* Lets @hooks more cancel hooks go on. */
void meeting_pass(struct meeting *m, u64 hooks)
{
	atomic64_add(hooks, &m->passes);
	wake_up_all(&m->wait);
}

/*
 * Makes @call the one that the control device means. -EBUSY: there is another
 * that is not done; -ESHUTDOWN: forgotten, the control device cannot find it.
 */
int meeting_keep(struct meeting *m, struct acall_call *call, bool custom)
{
	struct acall_call *old = NULL;
	int ret = 0;

	spin_lock_irq(&m->lock);
	if (m->forgotten) {
		ret = -ESHUTDOWN;
	} else if (m->call && !m->done) {
		ret = -EBUSY;
	} else {
		acall_get(call);
		old = m->call;
		m->call = call;
		m->custom = custom;
		m->done = false;
	}
	spin_unlock_irq(&m->lock);
	if (old)
		acall_put(old);
	return ret;
}

/* Return: the call that was kept last, referenced, or NULL. */
struct acall_call *meeting_call(struct meeting *m, bool *custom)
{
	struct acall_call *call;

	spin_lock_irq(&m->lock);
	call = m->call;
	if (call)
		acall_get(call);
	*custom = m->custom;
	spin_unlock_irq(&m->lock);
	return call;
}

/*
 * The only one to whom this is true may complete the call. False for one that is
 * not kept here: there was another, which is not to be taken for it.
 */
bool meeting_claim(struct meeting *m, struct acall_call *call)
{
	unsigned long flags;
	bool claimed;

	spin_lock_irqsave(&m->lock, flags);
	claimed = m->call == call && !m->done;
	if (claimed)
		m->done = true;
	spin_unlock_irqrestore(&m->lock, flags);
	return claimed;
}

/* Who has claimed it cannot complete it after all. */
void meeting_unclaim(struct meeting *m, struct acall_call *call)
{
	bool forgotten;

	spin_lock_irq(&m->lock);
	/* Nobody will ask again: then it is over as let_go() would have it. */
	forgotten = m->forgotten;
	m->done = forgotten;
	spin_unlock_irq(&m->lock);
	if (forgotten)
		acall_complete(call, -ESHUTDOWN);
}

static void let_go(struct meeting *m)
{
	struct acall_call *call;
	bool custom;

	spin_lock_irq(&m->lock);
	m->forgotten = true;
	spin_unlock_irq(&m->lock);

	atomic64_set(&m->passes, S64_MAX);
	meeting_open(m);
	call = meeting_call(m, &custom);
	if (!call)
		return;
	if (custom && meeting_claim(m, call))
		acall_complete(call, -ESHUTDOWN);
	acall_put(call);
}

/* Opens the gate of @id and drops the table's reference; 0 = of every id. */
void meeting_forget(u64 id)
{
	struct meeting *m;
	struct hlist_node *next;
	HLIST_HEAD(gone);
	int bucket;

	spin_lock(&table_lock);
	hash_for_each_safe(table, bucket, next, m, node) {
		if (id && m->id != id)
			continue;
		hash_del(&m->node);
		table_count--;
		hlist_add_head(&m->node, &gone);
	}
	spin_unlock(&table_lock);

	hlist_for_each_entry_safe(m, next, &gone, node) {
		hlist_del_init(&m->node);
		let_go(m);
		meeting_put(m);
	}
}
