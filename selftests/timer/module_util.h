/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Modules that come and go: loading and unloading, what a module's file says of
 * it, and a module loader of the test's own.
 *
 * The modules' files are in the directory that ACALL_MODULES names; without it,
 * what needs them is skipped.
 */
#ifndef _SELFTESTS_MODULE_UTIL_H
#define _SELFTESTS_MODULE_UTIL_H

#include "acall_util.h"

#define MODPROBE	"/proc/sys/kernel/modprobe"

static inline bool module_loaded(const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return !access(path, F_OK);
}

/* Return: an fd of the module's file. */
static inline int module_file(const char *name)
{
	const char *dir = getenv("ACALL_MODULES");
	char path[256];
	int fd;

	if (!dir)
		return -ENOENT;
	snprintf(path, sizeof(path), "%s/%s.ko", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static inline int module_load(const char *name)
{
	int fd = module_file(name), ret;

	if (fd < 0)
		return fd;
	ret = syscall(__NR_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	return ret;
}

/* As rmmod: -EWOULDBLOCK if it is in use. */
static inline int module_unload(const char *name)
{
	return syscall(__NR_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

/* As soon as nobody uses it: what others have closed goes a little later. */
static inline int module_unload_unused(const char *name)
{
	__u64 since = now_ns();
	int ret;

	do
		ret = module_unload(name);
	while (ret == -EWOULDBLOCK && !guard_expired(since));
	return ret;
}

/* Is there the string @text in the module's file, as its .modinfo has it? */
static inline int module_says(const char *name, const char *text)
{
	int fd = module_file(name), ret;
	struct stat st;
	void *file;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st)) {
		close(fd);
		return -EIO;
	}
	file = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (file == MAP_FAILED)
		return -EIO;
	ret = !!memmem(file, st.st_size, text, strlen(text));
	munmap(file, st.st_size);
	return ret;
}

/* Why @name can not be taken out and brought back here; NULL if it can. */
static inline const char *module_fixed(const char *name)
{
	static char why[128];
	int fd;

	if (!module_loaded(name)) {
		snprintf(why, sizeof(why), "module %s is not loaded", name);
		return why;
	}
	fd = module_file(name);
	if (fd >= 0) {
		close(fd);
		return NULL;
	}
	snprintf(why, sizeof(why), "ACALL_MODULES names no folder with %s.ko",
		 name);
	return why;
}

/* A module loader that writes down what it is asked for, and loads nothing. */

struct loader {
	char script[128];
	char log[136];
	char was[256];
};

static inline int loader_set(struct loader *l)
{
	char text[512];
	int fd, n;

	fd = open(MODPROBE, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, l->was, sizeof(l->was) - 1);
	close(fd);
	l->was[n > 0 ? n : 0] = '\0';

	snprintf(l->script, sizeof(l->script), "%s/loader.%d", tmp_dir(),
		 getpid());
	snprintf(l->log, sizeof(l->log), "%s.log", l->script);
	unlink(l->log);
	n = snprintf(text, sizeof(text),
		     "#!/bin/sh\nfor a; do :; done\necho \"$a\" >>%s\n",
		     l->log);
	fd = open(l->script, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0755);
	if (fd < 0)
		return -errno;
	if (write(fd, text, n) != n) {
		close(fd);
		return -EIO;
	}
	close(fd);
	return write_file(MODPROBE, l->script);
}

/* Puts the old one back. @text: what was asked for, line by line. */
static inline int loader_end(struct loader *l, char *text, size_t size)
{
	int ret = write_file(MODPROBE, l->was), fd, n;

	unlink(l->script);
	text[0] = '\0';
	fd = open(l->log, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ret ?: errno == ENOENT ? 0 : -errno;
	n = read(fd, text, size - 1);
	text[n > 0 ? n : 0] = '\0';
	close(fd);
	unlink(l->log);
	return n < 0 ? -EIO : ret;
}

#endif /* _SELFTESTS_MODULE_UTIL_H */
