// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The structures of the ABI, by its rules of size: one that is longer than ours is
 * accepted if its tail is zero, a shorter one is extended with zeros, and results go
 * back up to the smaller of both. No state, no lock.
 */
#include <string.h>
#include "threads.h"

#define LONGEST	4096

/* All are of their first version, than which none may be shorter. */
int act_args_get(void *args, size_t size, const void *from)
{
	const unsigned char *user = from;
	uint32_t given, i;

	memcpy(&given, user, sizeof(given));
	if (given < size)
		return -EINVAL;
	if (given > LONGEST)
		return -E2BIG;
	for (i = (uint32_t)size; i < given; i++) {
		if (user[i])
			return -E2BIG;
	}
	memset(args, 0, size);
	memcpy(args, user, given < size ? given : size);
	return 0;
}

/* @user_size: as the client gave it. */
void act_args_put(void *to, void *args, size_t size, uint32_t user_size)
{
	memcpy(args, &user_size, sizeof(user_size));
	memcpy(to, args, user_size < size ? user_size : size);
}
