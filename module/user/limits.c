// SPDX-License-Identifier: GPL-2.0-only
/*
 * Per-user accounting (R-LIMIT): how many live calls and bytes of arguments a
 * user has, and all users together.
 *
 * A call is charged to BEGIN's caller (real uid) and to the owner of every user
 * namespace from his up to the initial one, so that nobody multiplies his limit
 * with namespaces. These accounts together are the call's payer. What is
 * charged is returned when the call has been consumed and its execution has
 * ended, so begin-and-abandon in a loop runs into a wall.
 *
 * Lock: accounts_lock, a leaf, irqs off because the last reference to a call
 * may be dropped by its grace timer. It makes "check all, then charge all" one
 * step; so no account is ever above its limit.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/hashtable.h>
#include <linux/moduleparam.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/user_namespace.h>

#include "limits.h"

static unsigned int user_calls = 4096;
module_param(user_calls, uint, 0644);
MODULE_PARM_DESC(user_calls, "live calls one user may have");

static unsigned long user_bytes = 64UL << 20;
module_param(user_bytes, ulong, 0644);
MODULE_PARM_DESC(user_bytes, "bytes of arguments one user may have");

static unsigned int total_calls = 65536;
module_param(total_calls, uint, 0644);
MODULE_PARM_DESC(total_calls, "live calls of all users together");

static unsigned long total_bytes = 1UL << 30;
module_param(total_bytes, ulong, 0644);
MODULE_PARM_DESC(total_bytes, "bytes of arguments of all users together");

struct acall_account {
	struct hlist_node node;
	kuid_t uid;
	u32 refs;
	u32 calls;
	u64 bytes;
};

struct acall_payer {
	refcount_t ref;
	kuid_t uid;			/* of these, in this namespace: counted */
	struct user_namespace *ns;
	u32 nr;
	struct acall_account *accounts[];
};

static DEFINE_SPINLOCK(accounts_lock);
static DEFINE_HASHTABLE(accounts, 10);
static u32 all_calls;
static u64 all_bytes;

static struct acall_account *account_find(kuid_t uid)
{
	struct acall_account *account;

	lockdep_assert_held(&accounts_lock);
	hash_for_each_possible(accounts, account, node, __kuid_val(uid))
		if (uid_eq(account->uid, uid))
			return account;
	return NULL;
}

static struct acall_account *account_get(kuid_t uid)
{
	struct acall_account *account, *fresh = NULL;
	unsigned long flags;

	for (;;) {
		spin_lock_irqsave(&accounts_lock, flags);
		account = account_find(uid);
		if (!account && fresh) {
			account = fresh;
			fresh = NULL;
			hash_add(accounts, &account->node, __kuid_val(uid));
		}
		if (account)
			account->refs++;
		spin_unlock_irqrestore(&accounts_lock, flags);
		if (account)
			break;
		fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
		if (!fresh)
			return NULL;
		fresh->uid = uid;
	}
	kfree(fresh);
	return account;
}

static void account_put(struct acall_account *account)
{
	unsigned long flags;

	spin_lock_irqsave(&accounts_lock, flags);
	if (--account->refs) {
		account = NULL;
	} else {
		WARN_ON_ONCE(account->calls || account->bytes);
		hash_del(&account->node);
	}
	spin_unlock_irqrestore(&accounts_lock, flags);
	kfree(account);
}

static bool pays_for(const struct acall_payer *payer, const struct cred *cred)
{
	return uid_eq(payer->uid, cred->uid) && payer->ns == cred->user_ns;
}

/**
 * acall_payer_get_current - who pays for a call of current
 * @usual: who does most of the time, or NULL
 *
 * Context: process, may sleep.
 * Return: a payer with one reference, or NULL without memory.
 */
struct acall_payer *acall_payer_get_current(struct acall_payer *usual)
{
	const struct cred *cred = current_cred();
	struct user_namespace *ns;
	struct acall_payer *payer;
	u32 max = 1;
	kuid_t uid;
	u32 i;

	if (usual && pays_for(usual, cred)) {
		refcount_inc(&usual->ref);
		return usual;
	}
	for (ns = cred->user_ns; ns != &init_user_ns; ns = ns->parent)
		max++;
	payer = kzalloc(struct_size(payer, accounts, max), GFP_KERNEL_ACCOUNT);
	if (!payer)
		return NULL;
	refcount_set(&payer->ref, 1);
	payer->uid = cred->uid;
	payer->ns = get_user_ns(cred->user_ns);

	uid = cred->uid;
	for (ns = cred->user_ns;; ns = ns->parent) {
		struct acall_account *account = account_get(uid);

		if (!account) {
			acall_payer_put(payer);
			return NULL;
		}
		/* One who owns his own namespace pays once. */
		for (i = 0; i < payer->nr; i++)
			if (payer->accounts[i] == account)
				break;
		if (i < payer->nr) {
			account_put(account);
			/* The outermost goes last: acall_payer_owner(). */
			for (; i + 1 < payer->nr; i++)
				swap(payer->accounts[i],
				     payer->accounts[i + 1]);
		} else {
			payer->accounts[payer->nr++] = account;
		}
		if (ns == &init_user_ns)
			return payer;
		uid = ns->owner;
	}
}

/**
 * acall_payer_get - take a reference
 * @payer: the payer
 */
void acall_payer_get(struct acall_payer *payer)
{
	refcount_inc(&payer->ref);
}

/**
 * acall_payer_put - drop a reference
 * @payer: the payer
 *
 * Context: any but hard interrupt and NMI.
 */
void acall_payer_put(struct acall_payer *payer)
{
	u32 i;

	if (!refcount_dec_and_test(&payer->ref))
		return;
	for (i = 0; i < payer->nr; i++)
		account_put(payer->accounts[i]);
	put_user_ns(payer->ns);
	kfree(payer);
}

/**
 * acall_payer_owner - the user who stands for a payer in the initial namespace
 * @payer: the payer
 *
 * What is shared out user by user goes by this one: a user with a million
 * subordinate uids gets one turn, not a million.
 *
 * Return: his uid.
 */
kuid_t acall_payer_owner(const struct acall_payer *payer)
{
	return payer->accounts[payer->nr - 1]->uid;
}

static int over_limit(const struct acall_payer *payer, u32 calls, u64 bytes)
{
	u32 i;

	for (i = 0; i < payer->nr; i++) {
		const struct acall_account *account = payer->accounts[i];

		if (calls && account->calls >= READ_ONCE(user_calls))
			return -EDQUOT;
		if (bytes && account->bytes + bytes > READ_ONCE(user_bytes))
			return -EDQUOT;
	}
	if (calls && all_calls >= READ_ONCE(total_calls))
		return -EAGAIN;
	if (bytes && all_bytes + bytes > READ_ONCE(total_bytes))
		return -EAGAIN;
	return 0;
}

static void charge_add(struct acall_payer *payer, u32 calls, u64 bytes)
{
	u32 i;

	for (i = 0; i < payer->nr; i++) {
		struct acall_account *account = payer->accounts[i];

		/* Read without the lock: acall_charge_in_bounds(). */
		WRITE_ONCE(account->calls, account->calls + calls);
		account->bytes += bytes;
	}
	WRITE_ONCE(all_calls, all_calls + calls);
	all_bytes += bytes;
}

/**
 * acall_charge_in_bounds - may a call that is charged be another one?
 * @payer: its payer
 *
 * For who would return the charge and at once be charged the same again.
 *
 * Context: any, no lock: as well as one moment earlier or later.
 */
bool acall_charge_in_bounds(const struct acall_payer *payer)
{
	u32 user = READ_ONCE(user_calls);
	u32 i;

	/* Who is exempt may have had more charged. */
	for (i = 0; i < payer->nr; i++)
		if (READ_ONCE(payer->accounts[i]->calls) > user)
			return false;
	return READ_ONCE(all_calls) <= READ_ONCE(total_calls);
}

/**
 * acall_charge_exempt - is current above the limits?
 */
bool acall_charge_exempt(void)
{
	return ns_capable_noaudit(&init_user_ns, CAP_SYS_RESOURCE);
}

/**
 * acall_charge - charge a payer, or refuse
 * @payer: the payer
 * @calls: 0 or 1
 * @bytes: bytes of arguments
 *
 * Who has CAP_SYS_RESOURCE in the initial namespace is charged and not refused.
 *
 * Context: process.
 * Return: 0, -EDQUOT (the user's limit) or -EAGAIN (the machine's).
 */
int acall_charge(struct acall_payer *payer, u32 calls, u64 bytes)
{
	bool exempt = false;
	unsigned long flags;
	int ret;

	for (;;) {
		spin_lock_irqsave(&accounts_lock, flags);
		ret = exempt ? 0 : over_limit(payer, calls, bytes);
		if (!ret)
			charge_add(payer, calls, bytes);
		spin_unlock_irqrestore(&accounts_lock, flags);
		/* The security hook runs only for those who need it. */
		if (!ret || !acall_charge_exempt())
			return ret;
		exempt = true;
	}
}

/* How many calls more there may be. */
static u32 room(const struct acall_payer *payer, int *why)
{
	u32 total = READ_ONCE(total_calls);
	u32 user = READ_ONCE(user_calls);
	u32 left = all_calls < total ? total - all_calls : 0;
	u32 i;

	*why = -EAGAIN;
	for (i = 0; i < payer->nr; i++) {
		u32 calls = payer->accounts[i]->calls;
		u32 own = calls < user ? user - calls : 0;

		if (own <= left) {
			left = own;
			*why = -EDQUOT;
		}
	}
	return left;
}

/**
 * acall_charge_calls - charge a payer for as many calls as may be
 * @payer: the payer
 * @calls: how many calls
 * @over: calls of his whose charge is returned before that
 * @exempt: the caller has CAP_SYS_RESOURCE in the initial namespace
 * @why: written if it is not all of them: -EDQUOT (the user's limit) or -EAGAIN
 *	(the machine's)
 *
 * Return: how many; return them with acall_uncharge().
 */
u32 acall_charge_calls(struct acall_payer *payer, u32 calls, u32 over,
		       bool exempt, int *why)
{
	unsigned long flags;
	u32 left;
	int ret;

	spin_lock_irqsave(&accounts_lock, flags);
	if (over)
		charge_add(payer, -over, 0);
	left = exempt ? calls : room(payer, &ret);
	if (left < calls)
		*why = ret;
	calls = min(calls, left);
	charge_add(payer, calls, 0);
	spin_unlock_irqrestore(&accounts_lock, flags);
	return calls;
}

/**
 * acall_uncharge - return what acall_charge() took
 * @payer: the payer
 * @calls: how many calls
 * @bytes: bytes of arguments
 *
 * Context: any but hard interrupt and NMI.
 */
void acall_uncharge(struct acall_payer *payer, u32 calls, u64 bytes)
{
	unsigned long flags;

	spin_lock_irqsave(&accounts_lock, flags);
	charge_add(payer, -calls, -bytes);
	spin_unlock_irqrestore(&accounts_lock, flags);
}

/**
 * acall_limits_get_info - the limits, and what current is charged with
 * @info: written
 */
void acall_limits_get_info(struct acall_limits_info *info)
{
	const struct acall_account *account;
	unsigned long flags;

	spin_lock_irqsave(&accounts_lock, flags);
	account = account_find(current_uid());
	info->charged_calls = account ? account->calls : 0;
	info->charged_bytes = account ? account->bytes : 0;
	spin_unlock_irqrestore(&accounts_lock, flags);
	info->user_calls = READ_ONCE(user_calls);
	info->total_calls = READ_ONCE(total_calls);
	info->user_bytes = READ_ONCE(user_bytes);
	info->total_bytes = READ_ONCE(total_bytes);
}

/**
 * acall_limits_calls - how many calls are charged to anybody
 */
u32 acall_limits_calls(void)
{
	unsigned long flags;
	u32 calls;

	spin_lock_irqsave(&accounts_lock, flags);
	calls = all_calls;
	spin_unlock_irqrestore(&accounts_lock, flags);
	return calls;
}
