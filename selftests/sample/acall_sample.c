// SPDX-License-Identifier: GPL-2.0-only
/*
 * A provider to copy from: the interface "sample" with a method of each kind.
 *	0 "steps"  u64 n in, u64 out: n steps of a random generator stand for
 *		   your work. A .run: the core runs it in a worker
 *	1 "nap"	   u32 ms in, u64 out: ktime at its end. A .start: delayed work
 *		   stands for your hardware; a nap holds no thread
 *
 * The race is in nap: end and cancel both want to complete the call, and the
 * cancel may come before .start has got it going. Who sets @ended completes it.
 */
#include <linux/module.h>
#include <linux/workqueue.h>
#include <acall/provider.h>

#define CHUNK	65536ULL	/* steps between two looks for a cancel */
static struct acall_interface *sample;

static int steps_prepare(struct acall_call *call)
{
	return acall_out_alloc(call, sizeof(u64));
}

static int steps_run(struct acall_call *call)
{
	u64 n = *(u64 *)acall_in(call), done = 0, state = 0, end;

	while (done < n) {
		if (acall_checkpoint(call))
			return -ECANCELED;	/* progress says where */
		for (end = done + min(n - done, CHUNK); done < end; done++)
			state = state * 6364136223846793005ULL + 1;
		acall_progress(call, done, n);
		cond_resched();
	}
	*(u64 *)acall_out(call) = state;
	acall_out_set_len(call, sizeof(u64));
	return 0;
}

struct nap {	/* of each call: acall_private(), zeroed */
	struct delayed_work work;
	struct acall_call *call;
	atomic_t ended;
};

static void nap_end(struct work_struct *work)
{
	struct nap *nap = container_of(work, struct nap, work.work);

	if (atomic_xchg(&nap->ended, 1))
		return;
	*(u64 *)acall_out(nap->call) = ktime_get_ns();
	acall_out_set_len(nap->call, sizeof(u64));
	acall_complete(nap->call, 0);	/* from interrupts too */
}

static int nap_prepare(struct acall_call *call)
{
	struct nap *nap = acall_private(call);

	nap->call = call;
	INIT_DELAYED_WORK(&nap->work, nap_end);
	return acall_out_alloc(call, sizeof(u64));
}

static void nap_start(struct acall_call *call)
{
	struct nap *nap = acall_private(call);
	u32 *ms = acall_in(call);

	schedule_delayed_work(&nap->work, msecs_to_jiffies(*ms) + 1);
}

/* In any context, and any time after .start was entered: only the flag. */
static int nap_cancel(struct acall_call *call)
{
	struct nap *nap = acall_private(call);

	if (!atomic_xchg(&nap->ended, 1))
		acall_complete(call, -ECANCELED);
	return 0;
}

/* In task context, after all of the above: nobody else knows the call now. */
static void nap_release(struct acall_call *call)
{
	cancel_delayed_work_sync(&((struct nap *)acall_private(call))->work);
}

static const struct acall_method methods[] = {
	{ .name = "steps", .caps = ACALL_CAP_CHUNKED, .unit = ACALL_UNIT_ITEMS,
	  .in_size = sizeof(u64), .out_max = sizeof(u64), .run = steps_run,
	  .prepare = steps_prepare, .grace_ns = NSEC_PER_SEC },
	{ .name = "nap", .in_size = sizeof(u32), .out_max = sizeof(u64),
	  .priv_size = sizeof(struct nap), .grace_ns = NSEC_PER_SEC,
	  .prepare = nap_prepare, .start = nap_start, .cancel = nap_cancel,
	  .release = nap_release },
};

static const struct acall_interface_desc desc = {
	.owner = THIS_MODULE, .name = "sample", .version_min = 1, .version = 1,
	.methods = methods, .nr_methods = ARRAY_SIZE(methods),
};

static int __init sample_init(void)
{
	sample = acall_register_interface(&desc);
	return PTR_ERR_OR_ZERO(sample);
}

static void __exit sample_exit(void)
{
	acall_unregister_interface(sample);
}
module_init(sample_init);
module_exit(sample_exit);
MODULE_DESCRIPTION("acall: a provider to copy from");
MODULE_LICENSE("GPL");
MODULE_ALIAS_ACALL("sample");
