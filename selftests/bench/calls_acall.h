/* SPDX-License-Identifier: GPL-2.0-only */
/* bench_calls: what the forms of call objects and of call queues share. */
#ifndef ACALL_BENCH_CALLS_ACALL_H
#define ACALL_BENCH_CALLS_ACALL_H

#include <linux/types.h>

int open_device(void);
void do_ioctl(int fd, unsigned long cmd, void *arg, const char *what);

/*
 * A call that sleeps at @id and has this user's whole share of the narrow
 * interface: who comes behind it stays queued, unless his method is short.
 */
int hold_narrow(__u64 id);
void let_go_narrow(int holder);

/* What a meeting point keeps is not freed with its call. */
void forget_meeting(__u64 id);

#endif /* ACALL_BENCH_CALLS_ACALL_H */
