// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every call by its id, from its publication until it is freed: for LIST and
 * CANCEL_ID (X13) and for who waits for an execution by id (W6). And the ids.
 *
 * Ids come from per-CPU blocks, and the table is cut into shards by block, so
 * BEGINs on different CPUs touch neither a common counter nor a common lock.
 * Within a shard calls are sorted, so an id is also a cursor: a listing goes on
 * after it, whether or not that call is still there, and shows what is there all
 * the time exactly once.
 *
 * Lock: each shard's, irqs off, a leaf. The table holds no reference: who finds
 * a call takes one, unless the last is gone; then acall_table_del() is waiting
 * for the lock.
 */
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/rbtree.h>

#include "call.h"

#define ID_BLOCK	64
#define SHARDS		64

static_assert(ACALL_MAX_NEW_IDS <= ID_BLOCK);

struct shard {
	spinlock_t lock;		/* a leaf, irqs off: see the top */
	struct rb_root root;
} ____cacheline_aligned_in_smp;

struct id_block {
	u64 next;
	u64 end;
};

static struct shard shards[SHARDS];
static DEFINE_PER_CPU(struct id_block, id_blocks);
static atomic64_t next_id_block;

static struct shard *shard_of(u64 id)
{
	return &shards[(id / ID_BLOCK) % SHARDS];
}

static u64 id_of(const struct rb_node *node)
{
	return rb_entry(node, struct acall_call, node)->id;
}

static bool before(struct rb_node *a, const struct rb_node *b)
{
	return id_of(a) < id_of(b);
}

/**
 * acall_table_new_ids - ids that no other call has had since boot
 * @n: how many, at most ACALL_MAX_NEW_IDS
 *
 * Return: the first of @n ids that follow each other, not 0.
 */
u64 acall_table_new_ids(u32 n)
{
	struct id_block *block = get_cpu_ptr(&id_blocks);
	u64 id;

	if (block->end - block->next < n) {
		block->end = atomic64_add_return(ID_BLOCK, &next_id_block);
		block->next = block->end - ID_BLOCK;
	}
	id = block->next;
	block->next += n;
	put_cpu_ptr(&id_blocks);
	return id;
}

/**
 * acall_table_add - have a call found
 * @call: the call, just published
 */
void acall_table_add(struct acall_call *call)
{
	struct shard *shard = shard_of(call->id);
	unsigned long flags;

	spin_lock_irqsave(&shard->lock, flags);
	rb_add(&call->node, &shard->root, before);
	spin_unlock_irqrestore(&shard->lock, flags);
}

/**
 * acall_table_del - undo acall_table_add(), if it was done
 * @call: the call, without a reference
 *
 * Context: any but NMI.
 */
void acall_table_del(struct acall_call *call)
{
	struct shard *shard = shard_of(call->id);
	unsigned long flags;

	if (RB_EMPTY_NODE(&call->node))
		return;
	spin_lock_irqsave(&shard->lock, flags);
	rb_erase(&call->node, &shard->root);
	spin_unlock_irqrestore(&shard->lock, flags);
}

/**
 * acall_table_find - a call by its id
 * @id: the id
 *
 * Return: the call with a reference, or NULL.
 */
struct acall_call *acall_table_find(u64 id)
{
	struct shard *shard = shard_of(id);
	struct acall_call *call = NULL;
	struct rb_node *node;
	unsigned long flags;

	spin_lock_irqsave(&shard->lock, flags);
	node = shard->root.rb_node;
	while (node && id_of(node) != id)
		node = id < id_of(node) ? node->rb_left : node->rb_right;
	if (node) {
		call = rb_entry(node, struct acall_call, node);
		if (!acall_call_tryget(call))
			call = NULL;
	}
	spin_unlock_irqrestore(&shard->lock, flags);
	return call;
}

/* The first call of @shard with an id above @id. */
static struct acall_call *shard_next(struct shard *shard, u64 id)
{
	struct rb_node *node, *next = NULL;
	struct acall_call *call = NULL;
	unsigned long flags;

	spin_lock_irqsave(&shard->lock, flags);
	node = shard->root.rb_node;
	while (node) {
		if (id_of(node) > id) {
			next = node;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	for (; next && !call; next = rb_next(next)) {
		call = rb_entry(next, struct acall_call, node);
		if (!acall_call_tryget(call))
			call = NULL;
	}
	spin_unlock_irqrestore(&shard->lock, flags);
	return call;
}

/**
 * acall_table_next - walk over all calls
 * @id: 0, or the id of the last one
 *
 * Return: the next one with a reference, or NULL.
 */
struct acall_call *acall_table_next(u64 id)
{
	struct shard *shard = id ? shard_of(id) : shards;
	struct acall_call *call = shard_next(shard, id);

	while (!call && ++shard < shards + SHARDS)
		call = shard_next(shard, 0);
	return call;
}

void __init acall_table_init(void)
{
	u32 i;

	for (i = 0; i < SHARDS; i++) {
		spin_lock_init(&shards[i].lock);
		shards[i].root = RB_ROOT;
	}
	/*
	 * Unique until reboot, also over a reload of this module: nobody begins
	 * a call every nanosecond, so boot time has overtaken all earlier ids.
	 */
	atomic64_set(&next_id_block, ktime_get_boottime_ns() | 1);
}
