// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * fork(2): the child has this memory and none of the threads. What the parent has
 * begun runs in the parent, and only there; the child's objects answer ENODEV, as
 * those of a provider that has gone [C5], until they are destroyed, and it may make
 * new ones, for which it starts threads of its own.
 *
 * The lock is taken before the fork, so that the child finds all of it as it should
 * be. What it inherits of our descriptors it closes at once: neither the ends of the
 * parent's objects nor the files of its calls are to be held open by a child that
 * knows nothing of them.
 */
#include <pthread.h>
#include "threads.h"

static void child(void)
{
	act_calls_forget();
	act_objects_forget();
	act_pool_forget();
	act_clock_forget();
	act_lock_fork_child();
}

static void register_once(void)
{
	/* Out of memory, it comes to what raw clone(2) does. */
	pthread_atfork(act_lock_fork_prepare, act_lock_fork_parent, child);
}

void act_fork_register(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, register_once);
}
