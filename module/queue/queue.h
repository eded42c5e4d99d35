/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The call queue: calls in bulk behind one file descriptor. See queue.c for who
 * may touch what.
 */
#ifndef _ACALL_QUEUE_H
#define _ACALL_QUEUE_H

#include <linux/acall.h>
#include <linux/list.h>
#include <linux/nospec.h>
#include <linux/pid.h>
#include <linux/poll.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "call.h"
#include "user/identity.h"

struct acall_interface;
struct acall_lane;
struct acall_ledger;
struct acall_payer;
struct acall_session;
struct page;
struct vm_area_struct;

/* What a slot is; a slot of a call of its own is as that call is. */
enum acall_slot_state {
	ACALL_SLOT_FREE,		/* or an ENTER has it in its hands */
	ACALL_SLOT_QUEUED,		/* in a lane */
	ACALL_SLOT_RUNNING,		/* out of it, to be told about */
	ACALL_SLOT_CALL,		/* it has a call of its own */
	ACALL_SLOT_DONE,		/* in the completion ring, or was */
};

/*
 * A call object of a queue. What a short method needs is in here; a call of any
 * other has memory of its own.
 */
struct acall_slot {
	struct list_head list;		/* free, in a lane, or to be told */
	u64 handle;			/* generation and index */
	struct acall_client *client;	/* who has begun it */
	struct acall_call *call;	/* counted; NULL = a short one */
	u64 user_data;
	u64 id;
	u64 begin_ns;
	u64 nth;			/* of the queue's */
	u32 method_nr;
	u32 tag;
	union {
		u8 in_len;		/* until it is run, or never will be */
		bool unusual;		/* then: it has not just returned */
	};
	bool no_cancel;
	u8 outcome;
	u8 reason;
	union {
		u32 special;		/* any of these: not as they nearly all are */
		struct {
			bool own;	/* it has, or had, a call of its own */
			u8 more:1;	/* FINISH has something to give */
			u8 finished:1;	/* it has been given */
			u8 read:1;	/* its completion was read before that */
			bool other;	/* @cancel_pid is not its client's */
		};
	};
	s32 status;
	u8 state;
	union {
		u8 in[ACALL_SUBMISSION_BYTES];
		struct {		/* once it has run */
			u64 end_ns;
			struct pid *cancel_pid;	/* if @other: counted */
			u64 start_ns;	/* if it has been run */
			u64 progress;	/* if it has, and is @unusual; else 0 */
			u64 total;
			u32 result;
		};
	};
};

/* What the kernel keeps for a pending call of a short method, its ring too. */
static_assert(sizeof(struct acall_slot) + sizeof(struct acall_completion) <=
	      256);

#define ACALL_SLOT_BITS		20
#define ACALL_SLOT_GENERATION	BIT_ULL(ACALL_SLOT_BITS)

static_assert(ACALL_MAX_SLOTS <= ACALL_SLOT_GENERATION);

/* What is lent to methods that need no call of their own, one after the other. */
struct acall_lent {
	struct acall_call *call;	/* counted */
	u32 plain;		/* ready for this one without input; U32_MAX = none */
};

/* Who begins calls: taken once, for each ENTER that is by the same (B4). */
struct acall_client {
	u32 refs;			/* the queue's lock: its slots, and it */
	struct acall_queue *queue;	/* counted */
	struct acall_lane *lane;	/* counted */
	struct acall_payer *payer;	/* counted */
	struct acall_session *session;	/* counted, or NULL */
	struct acall_identity identity;
	struct pid *owner;		/* process, counted */
	kuid_t owner_uid;
	bool guarded;			/* not for his eyes: LIST */
	struct acall_lent lent;		/* by a drain */
	struct acall_lent lent_here;	/* by an ENTER */
	struct list_head dead;
};

/* The memory that user space shares (ring.c). */
struct acall_rings {
	struct acall_ring *ring;
	struct acall_submission *submissions;
	struct acall_completion *completions;
	u32 nr_submissions;		/* powers of two */
	u32 nr_completions;
	size_t size;
	struct page **pages;
	u32 nr_pages;
};

/* Of a method: what there is to know of it if it needs no call of its own. */
struct acall_short {
	u64 grace_ns;
	u32 caps;			/* 0 = it does */
};

struct acall_queue {
	refcount_t ref;
	struct acall_interface *iface;	/* counted */
	struct acall_ledger *ledger;	/* counted; of calls of their own */
	struct acall_session *session;	/* counted, or NULL */
	struct acall_payer *payer;	/* counted: whoever made it */
	u64 charged;			/* bytes */
	u32 version;
	bool detach;			/* the last close does not cancel */
	u32 nr_slots;
	struct acall_slot *slots;
	struct acall_short *shorts;	/* of each method */
	struct acall_rings rings;
	struct list_head all;		/* of all queues (walk.c) */
	u64 serial;

	u64 usual;			/* a short method, or none; the interface's lock */

	spinlock_t lock;		/* irqs off, inside call->lock */
	bool closed;
	struct list_head free;		/* slots */
	struct list_head posted;	/* in the order of the ring */
	struct acall_client *client;	/* of the last ENTER; counted */
	u32 nr_free;
	u32 pending;			/* claimed and not posted */
	u64 begun;			/* for slots' @nth */
	u32 sub_head;			/* entries taken */
	u32 sub_users;			/* ENTERs that still look at some */
	u32 comp_tail;
	u32 comp_head;			/* read by user space, as we know */
	u32 wake_at;			/* who waits for a tail, at least */
	atomic_t shorts_live;		/* begun, and not told */
	wait_queue_head_t wait;		/* for so many completions */
	wait_queue_head_t each;		/* for any change */
};

static inline struct acall_slot *acall_slot_of(struct acall_queue *queue,
					       u64 handle)
{
	u32 index = handle & (ACALL_SLOT_GENERATION - 1);

	if (index >= queue->nr_slots)
		return NULL;
	return &queue->slots[array_index_nospec(index, queue->nr_slots)];
}

static inline enum acall_slot_state acall_slot_state(const struct acall_slot *slot)
{
	/* Pairs with the release in acall_slot_set(). */
	return smp_load_acquire(&slot->state);
}

static inline void acall_slot_set(struct acall_slot *slot,
				  enum acall_slot_state state)
{
	/* Pairs with the acquire in acall_slot_state(). */
	smp_store_release(&slot->state, state);
}

/* Is it the call of that handle, not finished? With the queue's lock held. */
static inline bool acall_slot_named(const struct acall_slot *slot, u64 handle)
{
	return acall_slot_state(slot) != ACALL_SLOT_FREE &&
	       slot->handle == handle && !slot->finished &&
	       (!slot->read || slot->more);
}

/* queue.c: life. */
struct acall_queue *acall_queue_create(struct acall_interface *iface,
				       u32 version, u32 slots, u32 entries,
				       bool detach);
void acall_queue_close(struct acall_queue *queue);
void acall_queue_get(struct acall_queue *queue);
bool acall_queue_tryget(struct acall_queue *queue);
void acall_queue_put(struct acall_queue *queue);
u32 acall_queues_count(void);

/* ring.c */
u64 acall_rings_cost(u32 entries, u32 slots);
int acall_rings_create(struct acall_rings *rings, u32 entries, u32 slots);
void acall_rings_destroy(struct acall_rings *rings);
int acall_rings_map(struct acall_rings *rings, struct vm_area_struct *vma);

/* client.c */
struct acall_client *acall_client_create(struct acall_queue *queue);
bool acall_client_is_current(const struct acall_client *client);
void acall_client_renew(struct acall_client *client, struct acall_lent *lent);
void acall_clients_free_all(struct list_head *dead);

/* Frees clients without references. In a process, may sleep, no lock held. */
static inline void acall_clients_free(struct list_head *dead)
{
	if (!list_empty(dead))
		acall_clients_free_all(dead);
}

/**
 * struct acall_tally - slots of one client that go, counted to be settled at once
 * @client: whose
 * @slots: how many
 * @charged: of how many the charge is to be returned
 * @dead: clients that nobody needs any more, see acall_clients_free()
 */
struct acall_tally {
	struct acall_client *client;
	u32 slots;
	u32 charged;
	struct list_head dead;
};

void acall_tally_flush(struct acall_tally *tally);

static inline void acall_tally_init(struct acall_tally *tally)
{
	tally->client = NULL;
	tally->slots = 0;
	tally->charged = 0;
	INIT_LIST_HEAD(&tally->dead);
}

/*
 * So many slots of @client are going to be free, of which @own had calls of their own,
 * which were charged by themselves; their queue's lock is held.
 */
static inline void acall_tally_add(struct acall_tally *tally,
				   struct acall_client *client, u32 slots,
				   u32 own)
{
	if (!slots)
		return;
	if (tally->client != client) {
		acall_tally_flush(tally);
		tally->client = client;
	}
	tally->slots += slots;
	tally->charged += slots - own;
}

/* Who cancelled it is of no interest any more; what it was is over. */
static inline void acall_slot_forget_other(struct acall_slot *slot)
{
	if (slot->other)
		put_pid(slot->cancel_pid);
	slot->other = false;
}

void acall_slot_free(struct acall_queue *queue, struct acall_slot *slot,
		     bool charged, struct acall_tally *tally);

/* begin.c: entries of the submission ring become calls. */
#define ACALL_BATCH	64

/**
 * struct acall_batch - entries that one ENTER has taken
 * @client: who begins them
 * @first: the first entry
 * @nr: how many
 * @nth: of the queue's calls, the first of them
 * @nr_refused: of how many there is no call
 * @here: the caller runs the only one
 * @enough: and has then what it was going to wait for
 * @shorts: slots of those that are short
 * @others: slots of those that are not, in their order; not begun yet
 * @refused: slots of those of which there is no call
 */
struct acall_batch {
	struct acall_client *client;
	u32 first;
	u32 nr;
	u64 nth;
	u32 nr_refused;
	bool here;
	bool enough;
	struct list_head shorts;
	struct list_head others;
	struct list_head refused;
};

int acall_queue_claim(struct acall_queue *queue, struct acall_batch *batch,
		      u32 want, u32 wait, bool reap);
void acall_queue_begin_shorts(struct acall_queue *queue,
			      struct acall_batch *batch);
bool acall_queue_kick(struct acall_queue *queue);
void acall_queue_begin_call(struct acall_queue *queue,
			    struct acall_batch *batch, struct acall_slot *slot,
			    struct acall_call *call);
void acall_queue_unclaim(struct acall_queue *queue, struct acall_batch *batch);
struct acall_submission *acall_batch_entry(struct acall_queue *queue,
					   const struct acall_batch *batch,
					   const struct acall_slot *slot);

/* drain.c: who runs short methods. */
u32 acall_slots_take(struct acall_lane *lane, struct list_head *slots);
void acall_drain(struct list_head *slots);
void acall_drain_here(struct acall_slot *slot);

/* here.c: short methods of who waits for them. */
bool acall_queue_enter_here(struct acall_queue *queue);
void acall_queue_run_here(struct acall_queue *queue, struct list_head *slots);

/* done.c: who is told, and what he has read. */
u64 acall_slots_tell(struct list_head *slots);
void acall_slot_tell_here(struct acall_queue *queue, struct acall_slot *slot);
void acall_queue_tell(struct acall_queue *queue, struct acall_call *call);
void acall_queue_wake_each(struct acall_queue *queue, __poll_t key);
int acall_queue_reap_some(struct acall_queue *queue, struct list_head *calls,
			  struct acall_tally *tally);
int acall_queue_reap(struct acall_queue *queue, struct list_head *calls);
int acall_queue_wait(struct acall_queue *queue, u32 nr, u64 until);
int acall_queue_wait_slot(struct acall_queue *queue, u64 handle, u64 until);
int acall_queue_wait_settled(struct acall_queue *queue, u64 handle, u64 until);
bool acall_queue_finish(struct acall_queue *queue, u64 handle);
__poll_t acall_queue_poll(struct acall_queue *queue, struct file *file,
			  poll_table *pt);

/* stop.c: who wants slots to end. */
#define ACALL_CANCELS	32

/**
 * struct acall_match - which calls
 * @flags: ACALL_MATCH_*
 * @tag: with this tag
 * @method: of this method
 */
struct acall_match {
	u32 flags;
	u32 tag;
	u32 method;
};

int acall_slot_cancel(struct acall_queue *queue, u64 handle,
		      struct acall_request *request, struct acall_call **call);
void acall_slots_cancel(struct acall_queue *queue,
			struct acall_enter_cancel *cancels, u32 nr);
int acall_queue_cancel_match(struct acall_queue *queue,
			     const struct acall_match *match,
			     const struct acall_request *request,
			     u32 *matched, u32 *cancelled);
void acall_queue_cancel_queued(struct acall_queue *queue);
void acall_shorts_cancel(struct acall_interface *iface,
			 enum acall_reason reason);

/* walk.c: every slot, for LIST and CANCEL_ID. */

/* A consistent picture of a slot. */
struct acall_slot_snapshot {
	u64 handle;
	u64 id;
	u64 user_data;
	u32 method_nr;
	u32 caps;
	u64 grace_ns;
	enum acall_state state;
	enum acall_outcome outcome;
	enum acall_reason reason;
	s32 status;
	u32 result;
	bool no_cancel;
	bool closed;			/* so nobody will be told */
	u64 progress;
	u64 total;
	u64 begin_ns;
	u64 start_ns;
	u64 cancel_ns;
	int cancel_tgid;		/* in current's pid namespace */
	u64 end_ns;
	kuid_t owner_uid;
	bool guarded;
	struct pid *owner;		/* counted */
};

int acall_slot_look(struct acall_queue *queue, struct acall_slot *slot,
		    u64 handle, struct acall_slot_snapshot *snap,
		    struct acall_call **call);
void acall_slot_look_end(struct acall_slot_snapshot *snap);
void acall_queues_add(struct acall_queue *queue);
void acall_queues_del(struct acall_queue *queue);
struct acall_queue *acall_queues_after(u64 serial);
struct acall_queue *acall_queues_next(struct acall_queue *queue);
struct acall_queue *acall_queues_find(u64 id, u64 *handle);

#endif /* _ACALL_QUEUE_H */
