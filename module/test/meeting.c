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
 * find any more.
 */
#include <linux/hashtable.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

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
	kfree(container_of(ref, struct meeting, ref));
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
		meeting_open(m);
		meeting_put(m);
	}
}
