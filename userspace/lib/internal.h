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
 * struct acall_engine - who carries out calls
 * @kind: which one it is
 * @open: its device, close-on-exec, to be closed like any file; or -errno
 * @ioctl: an operation on one of its descriptors, as ioctl(2), but for -errno
 * @close: let go of one of its objects
 *
 * Constant. In the kernel all three are system calls; threads/ has the other one.
 */
struct acall_engine {
	enum acall_engine_kind kind;
	int (*open)(void);
	int (*ioctl)(int fd, unsigned int request, void *arg);
	void (*close)(int fd);
};

/**
 * struct acall - what acall_t is
 * @engine: whose it is
 * @fd: the call object
 * @version: of the interface
 * @interface: its name
 * @call_id: of the call begun last; 0 = none yet
 * @beginning: threads that are in acall_begin() or acall_call(), see
 *	acall_remember()
 * @calling: arguments of the acall_call() that is under way: the kernel writes
 *	its call_id, which others read, long before the system call returns
 * @calling_taken: @calling is in use
 * @failed_method: of the BEGIN that failed last, for acall_strerror() alone
 * @failed_fd: the descriptor it failed for, or ACALL_NO_FD
 */
struct acall {
	const struct acall_engine *engine;
	int fd;
	uint32_t version;
	char interface[ACALL_NAME_LEN];

	_Atomic uint64_t call_id;
	_Atomic unsigned int beginning;
	/* Its call_id is read as a whole, also where it need not be aligned. */
	_Alignas(8) struct acall_call_args calling;
	_Atomic bool calling_taken;
	_Atomic uint32_t failed_method;
	_Atomic int failed_fd;
};

/**
 * struct acall_queue - what acall_queue_t is
 * @fd: the kernel's call queue
 * @version: of the interface
 * @entries: of the submission ring, a power of two
 * @room: entries of the completion ring, a power of two
 * @map: what is shared with the kernel
 * @map_size: its size
 * @ring: where the rings stand, in @map
 * @submissions: the submission ring, in @map
 * @completions: the completion ring, in @map
 * @filled: entries of the submission ring that were ever given out. From here
 *	on all is the submitting thread's alone
 * @taken_at: where in the submission ring the kernel began to take last
 * @taken: how many it has taken there
 */
struct acall_queue {
	int fd;
	uint32_t version;
	uint32_t entries;
	uint32_t room;
	void *map;
	size_t map_size;
	struct acall_ring *ring;
	struct acall_submission *submissions;
	struct acall_completion *completions;

	uint32_t filled;
	uint32_t taken_at;
	uint32_t taken;
};

/* Value of failed_method when no BEGIN has failed yet. */
#define ACALL_NO_METHOD		UINT32_MAX
/* Value of failed_fd that nobody passes by mistake, as -1 is. */
#define ACALL_NO_FD		INT_MIN

int acall_sys_ioctl(int fd, unsigned int request, void *arg);
int acall_sys_open(const char *path);
void acall_sys_close(int fd);
int acall_sys_map(int fd, uint64_t size, void **map);
void acall_sys_unmap(void *map, size_t size);
int acall_kernel_open(void);
const struct acall_engine *acall_engine_at(int fd);
int acall_engine_open(enum acall_engine_kind kind,
		      const struct acall_engine **engine);
int acall_sys_device(int device, unsigned int request, void *arg);
int acall_set_name(char *to, const char *name);
uint64_t acall_calling_id(const acall_t *call);
uint64_t acall_pending_id(acall_t *call);
void acall_remember(acall_t *call, uint64_t seen, uint64_t call_id);
void acall_remember_failure(acall_t *call, uint32_t method, const int *files,
			    uint32_t nr_files, int error);
int acall_set_options(struct acall_begin *args,
		      const struct acall_options *options);
int acall_set_begin(acall_t *call, struct acall_begin *args, uint32_t method,
		    const void *in, size_t in_len, const int *files,
		    unsigned int nr_files, const struct acall_options *options);
int acall_begin_typed(acall_t *call, const char *interface, uint32_t method,
		      const void *in, size_t in_len, const int *files,
		      unsigned int nr_files,
		      const struct acall_options *options);
int acall_finish_typed(acall_t *call, const char *interface, uint32_t method,
		       void *out, size_t out_len, struct acall_result *result);
void acall_set_result(struct acall_result *result,
		      const struct acall_finish *args, int ret);
int acall_verdict_of(const struct acall_cancel *args, int ret);

static inline int acall_ioctl(const acall_t *call, unsigned int request,
			      void *arg)
{
	return call->engine->ioctl(call->fd, request, arg);
}

#endif /* LIBACALL_INTERNAL_H */
