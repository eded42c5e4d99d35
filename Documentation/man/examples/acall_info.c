// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What this module can do, and what a user may have:
 *
 *	$ ./acall_info
 *	ABI 1, with: run stop ... queue ...
 *	... of ... calls
 */
#include <libacall.h>
#include <stdio.h>

int main(void)
{
	struct acall_info info;
	uint64_t feature;

	if (acall_info(ACALL_DEVICE_DEFAULT, &info, sizeof(info)))
		return 1;
	printf("ABI %u, with:", info.abi);
	for (feature = 1; feature; feature <<= 1) {
		if (info.features & feature)
			printf(" %s", acall_feature_name(feature));
	}
	printf("\n%u of %u calls\n", info.charged_calls, info.user_calls);
	return 0;
}
