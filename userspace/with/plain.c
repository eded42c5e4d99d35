// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The plain functions, which are not ours.
 *
 * They are looked up when the library is loaded, for dlsym() is not for signal
 * handlers; or before, by another library's constructor that is run first. Who
 * finds them at the same time finds the same.
 */
#include "with.h"
#include <dlfcn.h>
#include <string.h>

static struct plain functions;
static _Atomic bool found;

static const struct {
	const char *name;
	size_t offset;
} names[] = {
	{ "fsync", offsetof(struct plain, fsync) },
	{ "fdatasync", offsetof(struct plain, fdatasync) },
	{ "syncfs", offsetof(struct plain, syncfs) },
	{ "sync", offsetof(struct plain, sync) },
	{ "copy_file_range", offsetof(struct plain, copy_file_range) },
	{ "fallocate", offsetof(struct plain, fallocate) },
	{ "fallocate64", offsetof(struct plain, fallocate64) },
	{ "posix_fallocate", offsetof(struct plain, posix_fallocate) },
	{ "posix_fallocate64", offsetof(struct plain, posix_fallocate64) },
	{ "posix_fadvise", offsetof(struct plain, posix_fadvise) },
	{ "posix_fadvise64", offsetof(struct plain, posix_fadvise64) },
	{ "ioctl", offsetof(struct plain, ioctl) },
	{ "statfs", offsetof(struct plain, statfs) },
	{ "statfs64", offsetof(struct plain, statfs64) },
	{ "statvfs", offsetof(struct plain, statvfs) },
	{ "statvfs64", offsetof(struct plain, statvfs64) },
	{ "stat", offsetof(struct plain, stat) },
	{ "stat64", offsetof(struct plain, stat64) },
};

static void find_all(void)
{
	int saved = errno;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		void *function = dlsym(RTLD_NEXT, names[i].name);

		memcpy((char *)&functions + names[i].offset, &function,
		       sizeof(function));
	}
	errno = saved;
	atomic_store(&found, true);
}

const struct plain *plain(void)
{
	if (!atomic_load(&found))
		find_all();
	return &functions;
}

__attribute__((constructor)) static void load(void)
{
	plain();
	settings();
}
