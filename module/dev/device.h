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
#include "ops_queue.h"
#undef OP
	ACALL_NR_OPS
};

struct acall_call;
struct acall_cancel;
struct acall_finish;
struct acall_interface;
struct acall_object;
struct acall_payer;
struct acall_query;
struct acall_queue;
struct acall_request;
struct acall_session;
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
int acall_check_wait_id(const struct acall_wait_id *args);
int acall_check_finish(const struct acall_finish *args);
int acall_check_query(const struct acall_query *args);
int acall_check_create_queue(const struct acall_create_queue *args, bool own);
int acall_check_enter(const struct acall_enter *args);
int acall_check_enter_cancel(const struct acall_enter_cancel *args);
int acall_check_cancel_match(const struct acall_cancel_match *args);

/* begin.c: up to where a call is published. */

/**
 * struct acall_beginner - where a call is begun
 * @iface: its interface
 * @payer: who pays most of the time there
 * @session: the provider's, or NULL
 * @version: of the interface
 */
struct acall_beginner {
	struct acall_interface *iface;
	struct acall_payer *payer;
	struct acall_session *session;
	u32 version;
};

struct acall_call *acall_begin_prepare(const struct acall_beginner *who,
				       const struct acall_begin *args,
				       const void *bytes, u64 __user *call_id,
				       bool waits);
void acall_begin_wait(struct acall_call *call);

/* objectfd.c: the file of a call object. */
struct file *acall_objectfd_create(struct acall_interface *iface, u32 version,
				   u32 flags);
bool acall_is_objectfd(const struct file *file);
void acall_query_fill(struct acall_query *args, struct acall_call *call);

/* queuefd.c: the file of a call queue. enter.c: its ENTER. */
struct file *acall_queuefd_create(struct acall_interface *iface,
				  struct acall_create_queue *args);
bool acall_is_queuefd(const struct file *file);
int acall_ioctl_enter(struct acall_queue *queue, void __user *user);

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
void acall_finish_install(struct acall_taking *taking);
void acall_finish_leave(struct acall_taking *taking);

/* cancel.c: CANCEL and CANCEL_ID. */
bool acall_call_over(struct acall_call *call);
int acall_ioctl_cancel(struct acall_object *object, void __user *user);
int acall_ioctl_cancel_id(void __user *user);
int acall_ioctl_queue_cancel(struct acall_queue *queue, void __user *user);
int acall_ioctl_cancel_match(struct acall_queue *queue, void __user *user);

/* list.c: LIST and WAIT_ID. */
bool acall_may_administer(void);
bool acall_call_visible(const struct acall_call *call);
int acall_ioctl_list(void __user *user);
int acall_ioctl_wait_id(void __user *user);

/* device.c: what /dev/acall and an interface's own device have in common. */
int acall_ioctl_device(struct acall_interface *only, unsigned int cmd,
		       void __user *user);

#endif /* _ACALL_DEVICE_H */
