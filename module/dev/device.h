/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ACALL_DEVICE_H
#define _ACALL_DEVICE_H

#include <linux/acall.h>
#include <linux/stddef.h>
#include <linux/types.h>

/* The operations of the ABI. */
enum acall_op {
#define OP(_name, _function, _type, _last, _flags)	ACALL_OP_##_name
#include "ops_device.h"
#include "ops_object.h"
#undef OP
	ACALL_NR_OPS
};

struct acall_call;
struct acall_cancel;
struct acall_finish;
struct acall_interface;
struct acall_object;
struct file;

/* args.c: structures and times to and from user space. */
extern const u16 acall_args_min[ACALL_NR_OPS];
int acall_args_get(void *args, size_t ksize, size_t min,
		   const void __user *from);
int acall_args_put(void __user *to, void *args, size_t ksize, u32 usize);

/* Gets @args, a pointer to the structure of the operation @name. */
#define ARGS_GET(args, name, from)					\
({									\
	typeof(args) __args = (args);					\
									\
	acall_args_get(__args, sizeof(*__args),				\
		       acall_args_min[ACALL_OP_##name], from);		\
})

u64 acall_time_from_user(u64 ns);
u64 acall_time_to_user(u64 ns);

/* check.c: is a structure valid in itself? 0 or -EINVAL. */
int acall_check_info(const struct acall_info *args);
int acall_check_interface_info(const struct acall_interface_info *args);
int acall_check_method_info(const struct acall_method_info *args, bool own);
int acall_check_create(const struct acall_create *args, bool own);
int acall_check_list(const struct acall_list *args);
int acall_check_cancel(const struct acall_cancel *args);
int acall_check_begin(const struct acall_begin *args);
int acall_check_wait(const struct acall_wait *args);
int acall_check_finish(const struct acall_finish *args);
int acall_check_query(const struct acall_query *args);

/* objectfd.c: the file of a call object. */
struct file *acall_objectfd_create(struct acall_interface *iface, u32 version,
				   u32 flags);
bool acall_is_objectfd(const struct file *file);

/* finish.c: taking a result. */
struct acall_taking {
	u32 nr;
	struct {
		struct file *file;
		int fd;
	} files[ACALL_MAX_FILES];
};

int acall_finish_copy(struct acall_call *call, struct acall_finish *args,
		      struct acall_taking *taking);
int acall_finish_take(struct acall_object *object, struct acall_call *call,
		      struct acall_taking *taking);
void acall_finish_leave(struct acall_taking *taking);

/* cancel.c: CANCEL and CANCEL_ID. */
int acall_ioctl_cancel(struct acall_object *object, void __user *user);
int acall_ioctl_cancel_id(void __user *user);

/* list.c: LIST. */
bool acall_may_administer(void);
bool acall_call_visible(const struct acall_call *call);
int acall_ioctl_list(void __user *user);

/* device.c: what /dev/acall and an interface's own device have in common. */
int acall_ioctl_device(struct acall_interface *only, unsigned int cmd,
		       void __user *user);

#endif /* _ACALL_DEVICE_H */
