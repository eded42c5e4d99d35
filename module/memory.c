// SPDX-License-Identifier: GPL-2.0-only
/*
 * A call's memory and references: how one is made, with all that can fail before
 * anybody sees it (R-ID), and how it goes.
 *
 * References: the execution has one from BEGIN until it has ended, the object
 * one while the call is pending, a running timer one, every sleeper, canceller
 * and hook one. An object's pending pointer is followed under RCU without a lock;
 * the memory may become another call's at once, but stays a call's meanwhile. So
 * who gets a reference that way looks at the pointer again (acall_object_get_call).
 * A call whose timer was armed goes by RCU itself: the callback that lets go of the
 * last reference is still the timer's, which nobody may set up again before.
 *
 * The race it is about: the last reference may go anywhere, in an interrupt under
 * somebody's lock, while others follow pointers to the call under RCU or look for
 * it in the table. So it is out of the table before anything of it is gone.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/slab.h>

#include "call.h"
#include "compat.h"
#include "interface.h"
#include "ledger.h"
#include "trace/trace.h"
#include "user/limits.h"

/* KASAN finds no use after free in memory that is used again at once. */
#define REUSED_AT_ONCE	(!IS_ENABLED(CONFIG_KASAN))

static struct kmem_cache *call_cache;
static atomic_t calls = ATOMIC_INIT(0);	/* not freed yet */
static bool leaving;			/* somebody waits for that */

/* What is true of a call's memory as long as it is that. */
static void call_construct(void *memory)
{
	struct acall_call *call = memory;

	/* On its way out, for who follows an old pointer. */
	refcount_set(&call->ref, 0);
	spin_lock_init(&call->lock);
	init_waitqueue_head(&call->wait);
}

int __init acall_calls_init(void)
{
	slab_flags_t flags = SLAB_ACCOUNT;
	struct acall_call *call;	/* for its size only */

	if (REUSED_AT_ONCE)
		flags |= SLAB_TYPESAFE_BY_RCU;
	acall_table_init();
	/* BEGIN copies small inputs straight from user memory. */
	call_cache = kmem_cache_create_usercopy("acall_call", sizeof(*call),
						__alignof__(*call), flags,
						offsetof(typeof(*call), small),
						sizeof(call->small),
						call_construct);
	return call_cache ? 0 : -ENOMEM;
}

void acall_calls_exit(void)
{
	/*
	 * A timer may have to ring once more to let go of its call, and be on
	 * its way out of its callback still: a softirq is an RCU reader. Whoever
	 * else frees a call keeps this module in another way.
	 */
	WRITE_ONCE(leaving, true);
	wait_var_event(&calls, !atomic_read(&calls));
	synchronize_rcu();
	rcu_barrier();
	kmem_cache_destroy(call_cache);
}

static void free_memory(struct acall_call *call)
{
	kmem_cache_free(call_cache, call);
	/*
	 * A full barrier, which pairs with the one between setting @leaving and
	 * looking at @calls, in wait_var_event(). Not before a timer that may
	 * still ring has let go: acall_calls_exit().
	 */
	if (atomic_dec_and_test(&calls) && READ_ONCE(leaving))
		wake_up_var(&calls);
}

static void call_free(struct rcu_head *rcu)
{
	struct acall_call *call = container_of(rcu, struct acall_call, rcu);

	/* What is left of it is vmalloc's, and had to wait for this context. */
	kvfree(call->out);
	kvfree(call->buf);
	free_memory(call);
}

/*
 * At once, so that what is not charged any more is not there either. But the last
 * reference may go under anybody's spinlock, where not all can be freed.
 */
static void free_bytes(void **bytes)
{
	if (is_vmalloc_addr(*bytes))
		return;
	kfree(*bytes);
	*bytes = NULL;
}

/* The last reference has gone, under any lock. */
static void call_destroy(struct acall_call *call)
{
	/* Nobody finds it any more, before anything of it is gone. */
	acall_table_del(call);
	acall_trace_release(call);
	acall_call_drop_files_out(call, false);
	if (call->ledger)
		acall_ledger_put(call->ledger);
	acall_payer_put(call->payer);
	acall_interface_put(call->iface);
	put_pid(call->owner);
	put_pid(call->cancel_pid);
	if (call->buf == call->small)
		call->buf = NULL;
	free_bytes(&call->out);
	free_bytes(&call->buf);
	if (REUSED_AT_ONCE && !call->timer_used && !call->out && !call->buf)
		free_memory(call);
	else
		call_rcu(&call->rcu, call_free);
}

void acall_call_get(struct acall_call *call)
{
	refcount_inc(&call->ref);
}

/*
 * For a pointer that was read under RCU: false if the call is on its way out. If
 * true it may have become another one before; look at the pointer again.
 */
bool acall_call_tryget(struct acall_call *call)
{
	return refcount_inc_not_zero(&call->ref);
}

void acall_call_put(struct acall_call *call)
{
	if (refcount_dec_and_test(&call->ref))
		call_destroy(call);
}

/*
 * The files, the method's private memory and the input share one allocation, or
 * none if they are small. One more byte: text input is then a string for the method.
 */
static int call_alloc_buf(struct acall_call *call,
			  const struct acall_method *method, u32 nr_files)
{
	size_t files_out = nr_files * sizeof(*call->files);
	size_t priv = ALIGN(files_out + method->files_out *
			    sizeof(*call->files_out), sizeof(u64));
	size_t in = priv + ALIGN(method->priv_size, sizeof(u64));
	size_t size = in + max(call->in_len, method->in_size) + 1;

	if (size <= sizeof(call->small)) {
		call->buf = memset(call->small, 0, size);
	} else {
		call->buf = kvzalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		if (!call->buf)
			return -ENOMEM;
	}
	call->files = call->buf;
	call->files_out = call->buf + files_out;
	call->priv = call->buf + priv;
	call->in = call->buf + in;
	return 0;
}

/*
 * Does it run with rights that its real user has not got, as a set-uid program
 * does? He owns its calls, as he may send it signals; but he may not look inside.
 */
static bool has_other_rights(const struct cred *cred)
{
	if (!uid_eq(cred->euid, cred->uid) || !uid_eq(cred->suid, cred->uid) ||
	    !gid_eq(cred->egid, cred->gid) || !gid_eq(cred->sgid, cred->gid))
		return true;
	return !uid_eq(cred->uid, GLOBAL_ROOT_UID) &&
	       !cap_isclear(cred->cap_permitted);
}

/* All zero, on no list, without a reference. */
static struct acall_call *call_alloc(void)
{
	struct acall_call *call;

	call = kmem_cache_alloc(call_cache, GFP_KERNEL);
	if (!call)
		return NULL;
	atomic_inc(&calls);
	memset((void *)call + offsetof(struct acall_call, word), 0,
	       offsetof(struct acall_call, timer) -
	       offsetof(struct acall_call, word));
	INIT_LIST_HEAD(&call->all);
	INIT_LIST_HEAD(&call->queue);
	INIT_LIST_HEAD(&call->ask);
	INIT_LIST_HEAD(&call->live);
	RB_CLEAR_NODE(&call->node);
	call->timer_until = U64_MAX;
	return call;
}

/* Whose call it is: current's. */
static void call_own(struct acall_call *call, struct acall_interface *iface)
{
	acall_interface_get(iface);
	call->iface = iface;
	call->owner = get_pid(task_tgid(current));
	call->owner_uid = current_uid();
	call->guarded = has_other_rights(current_cred());
	acall_cov_take(&call->cov);
	/* From now on who follows an old pointer may get a reference. */
	refcount_set(&call->ref, 1);
}

/**
 * acall_call_create_body - make what short methods get for calls of a queue's slots
 * @iface: their interface
 * @payer: who pays for them
 *
 * Lent to one call after the other (queue/drain.c), with a state that says RUNNING
 * and a client that cannot cancel it; never published, listed or charged.
 *
 * Return: the call with one reference, current's; NULL without memory.
 */
struct acall_call *acall_call_create_body(struct acall_interface *iface,
					  struct acall_payer *payer)
{
	struct acall_call *call = call_alloc();

	if (!call)
		return NULL;
	acall_payer_get(payer);
	call->payer = payer;
	call->deadline = U64_MAX;
	call->in = call->small;
	call_own(call, iface);
	return call;
}

/**
 * acall_call_create - make a call that nobody else can see yet
 * @iface: its interface; not pinned afterwards, because a caller may stall in
 *	the user memory that comes next, and must not hold up unregistration
 * @usual: who pays most of the time here, or NULL
 * @method_nr: the method
 * @in_len: bytes of input that the caller is going to copy to call->in
 * @nr_files: files that the caller is going to add
 *
 * Everything of BEGIN that can fail and needs neither user memory nor the
 * provider (R-ID).
 *
 * Return: the call with its execution's reference, or an ERR_PTR: -ENODEV,
 * -EINVAL, -E2BIG, -EDQUOT, -EAGAIN, -ENOMEM (B3).
 */
struct acall_call *acall_call_create(struct acall_interface *iface,
				     struct acall_payer *usual, u32 method_nr,
				     u32 in_len, u32 nr_files)
{
	struct acall_method method;
	struct acall_call *call;
	u64 bytes;
	int ret;

	ret = acall_interface_look_up(iface, method_nr, &method);
	if (ret)
		return ERR_PTR(ret);
	if (nr_files < method.files_min || nr_files > method.files_max)
		return ERR_PTR(-EINVAL);
	if (in_len > max(method.in_max, method.in_size))
		return ERR_PTR(-E2BIG);

	call = call_alloc();
	if (!call)
		return ERR_PTR(-ENOMEM);
	call->id = acall_table_new_ids(1);
	call->method_nr = method_nr;
	call->deadline = U64_MAX;
	call->grace_ns = method.grace_ns;
	call->caps = acall_method_caps(&method);
	call->max_files_out = method.files_out;
	call->in_place = call->caps & ACALL_CAP_INLINE;
	if (!(call->caps & ACALL_CAP_CANCEL))
		call->word |= ACALL_WORD_FIXED;
	call->in_len = in_len;

	ret = -ENOMEM;
	call->payer = acall_payer_get_current(usual);
	if (!call->payer)
		goto free;
	bytes = max(in_len, method.in_size) + method.priv_size;
	ret = acall_charge(call->payer, 1, bytes);
	if (ret)
		goto put_payer;
	call->charged = bytes;
	ret = call_alloc_buf(call, &method, nr_files);
	if (ret)
		goto uncharge;
	call_own(call, iface);
	return call;

uncharge:
	acall_uncharge(call->payer, 1, call->charged);
put_payer:
	acall_payer_put(call->payer);
free:
	free_memory(call);
	return ERR_PTR(ret);
}

/**
 * acall_call_add_file - pass a file to a call
 * @call: the call, not published
 * @file: the file; its reference is the call's from now on
 */
void acall_call_add_file(struct acall_call *call, struct file *file)
{
	struct acall_arg_file *arg = &call->files[call->nr_files++];

	arg->file = file;
	arg->dev = file_inode(file)->i_sb->s_dev;
	arg->ino = file_inode(file)->i_ino;
}
