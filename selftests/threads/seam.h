/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Between seam.c and provider.c. */
#ifndef _SELFTESTS_THREADS_SEAM_H
#define _SELFTESTS_THREADS_SEAM_H

struct acall_test_control;

/* ACALL_TEST_IOC_CONTROL. Return: 0 or -errno. */
int seam_control(struct acall_test_control *c);

/* What the linker makes of calls of these functions, and what they are. */
long __wrap_syscall(long nr, ...);
int __wrap_act_ioctl(int fd, unsigned int request, void *arg);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_access(const char *path, int mode);
int __wrap_close(int fd);
int __wrap_close_range(unsigned int first, unsigned int last, int flags);
int __real_act_ioctl(int fd, unsigned int request, void *arg);
int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
int __real_access(const char *path, int mode);
long __real_syscall(long nr, ...);

#endif /* _SELFTESTS_THREADS_SEAM_H */
