// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "primes": "count" counts those below a u32. Documentation/provider.rst
 *	$ acall call -q --in-hex=e8030000 primes.count
 *	a8000000
 *	$ acall call -q --timeout=10ms --in-hex=ffffffff primes.count >log 2>&1; echo $?
 *	124
 */
#include <acall/provider.h>

static int count_prepare(struct acall_call *call)
{
	return acall_out_alloc(call, sizeof(u32));
}

static int count_run(struct acall_call *call)
{
	u32 n = *(u32 *)acall_in(call), i, d, *count = acall_out(call);

	for (i = 2; i < n; i++) {
		if (i % 256 == 0 && acall_checkpoint(call))
			return -ECANCELED;
		cond_resched();
		for (d = 2; d <= i / d && i % d; d++)
			;
		*count += d > i / d;
		acall_progress(call, i + 1, n);
	}
	acall_out_set_len(call, sizeof(u32));
	return 0;
}

static const struct acall_method methods[] = {
	{ .name = "count", .prepare = count_prepare, .run = count_run,
	  .in_size = sizeof(u32), .out_max = sizeof(u32), .grace_ns = NSEC_PER_SEC,
	  .caps = ACALL_CAP_CHUNKED, .unit = ACALL_UNIT_ITEMS },
};

static const struct acall_interface_desc desc = {
	.owner = THIS_MODULE, .name = "primes", .version_min = 1, .version = 1,
	.methods = methods, .nr_methods = ARRAY_SIZE(methods),
};

static struct acall_interface *primes;

static int __init primes_init(void)
{
	primes = acall_register_interface(&desc);
	return PTR_ERR_OR_ZERO(primes);
}

static void __exit primes_exit(void)
{
	acall_unregister_interface(primes);
}
module_init(primes_init);
module_exit(primes_exit);
MODULE_DESCRIPTION("acall: a provider to begin with");
MODULE_LICENSE("GPL");
MODULE_ALIAS_ACALL("primes");
