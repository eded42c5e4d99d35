/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the rooms of libacall share and nobody else sees.
 *
 * There is no lock in this library. What several threads touch of a struct
 * acall are the atomics below; everything else is fixed before acall_create()
 * returns.
 */
#ifndef LIBACALL_INTERNAL_H
#define LIBACALL_INTERNAL_H

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <libacall.h>

#define ACALL_PUBLIC __attribute__((visibility("default")))

/**
 * struct acall - what acall_t is
 * @fd: the kernel's call object
 * @version: of the interface
 * @interface: its name
 * @call_id: of the call begun last; 0 = none yet
 * @beginning: threads that are in acall_begin(), see acall_remember()
 * @failed_method: of the BEGIN that failed last, for acall_strerror() alone
 * @failed_fd: the descriptor it failed for, or ACALL_NO_FD
 */
struct acall {
	int fd;
	uint32_t version;
	char interface[ACALL_NAME_LEN];

	_Atomic uint64_t call_id;
	_Atomic unsigned int beginning;
	_Atomic uint32_t failed_method;
	_Atomic int failed_fd;
};

/* Value of failed_method when no BEGIN has failed yet. */
#define ACALL_NO_METHOD		UINT32_MAX
/* Value of failed_fd that nobody passes by mistake, as -1 is. */
#define ACALL_NO_FD		INT_MIN

int acall_sys_ioctl(int fd, unsigned int request, void *arg);
int acall_sys_open(const char *path);
void acall_sys_close(int fd);
int acall_set_name(char *to, const char *name);
uint64_t acall_pending_id(acall_t *call);

#endif /* LIBACALL_INTERNAL_H */
