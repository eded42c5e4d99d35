/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ACALL_DEVICE_H
#define _ACALL_DEVICE_H

#include <linux/stddef.h>
#include <linux/types.h>

struct acall_interface;
struct file;

/* args.c: structures and times to and from user space. */
int acall_args_get(void *args, size_t ksize, size_t min,
		   const void __user *from);
int acall_args_put(void __user *to, void *args, size_t ksize, u32 usize);
/*
 * Gets @args, a pointer to a structure whose first version ended with @last:
 * none may be shorter.
 */
#define ARGS_GET(args, last, from)					\
({									\
	typeof(args) __args = (args);					\
									\
	acall_args_get(__args, sizeof(*__args),				\
		       offsetofend(typeof(*__args), last), from);	\
})

u64 acall_time_from_user(u64 ns);
u64 acall_time_to_user(u64 ns);

/* objectfd.c: the file of a call object. */
struct file *acall_objectfd_create(struct acall_interface *iface, u32 version,
				   bool nonblock);
bool acall_is_objectfd(const struct file *file);

#endif /* _ACALL_DEVICE_H */
