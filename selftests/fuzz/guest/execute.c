// SPDX-License-Identifier: GPL-2.0-only
/*
 * Executes programs. One thread, 0, does what is its own and sees to the end; the
 * other waits for a program that has instructions for two. The main thread watches
 * them: it runs when nobody else has anything to do (SCHED_IDLE), so if it sees no
 * progress then somebody blocks. He is interrupted and everything that holds a
 * call opened, until both are through; that changes what a program does, but not
 * that it ends.
 *
 * Afterwards nothing may be left: no call charged, no hook that was entered too
 * early or twice. While only one thread is at work it also holds what a call says
 * against what it said before (X6, and whose word a status is), and notes each
 * (state, operation, errno).
 *
 * A mutex keeps the watcher's interruption within the program that it is for. What
 * the threads share is not locked: two of them on one slot is the race that is
 * wanted. A descriptor is closed by whom it was taken from its slot by, so none is
 * closed twice.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NO_OBJECT	(-1)
#define ANY_STATE	(-2)	/* what it was nobody knows */
#define TICK_NS		500000
#define PATIENCE	8		/* ticks, of one program in so many */
#define MAX_KICKS	3

static const struct program *program;
static struct scene scene;
static bool alone;		/* only one thread has instructions */
static uint32_t generation, through;
static unsigned int begun;
static bool queues;		/* have been made by this program */
static pthread_t threads[NR_THREADS];

static pthread_mutex_t boundary = PTHREAD_MUTEX_INITIALIZER;
static bool busy;		/* between the boundaries of a program */
static unsigned int kicks;	/* of this program */
static uint32_t steps;		/* of all threads, as a sign of life */

/* What the next FINISH of a slot's call must say, if nobody else is at work. */
static struct {
	uint64_t id;
	enum { NOTHING, CANCELLED, OWN } said;
} predicted[NR_SLOTS];

static int futex(uint32_t *at, int op, uint32_t value, uint64_t ns)
{
	struct timespec t = { ns / 1000000000, ns % 1000000000 };

	return syscall(SYS_futex, at, op | FUTEX_PRIVATE_FLAG, value,
		       op == FUTEX_WAIT ? &t : NULL, NULL, 0);
}

/* Puts @fd into a slot, with its rings if it has some, and closes what was there. */
static void fill_slot(unsigned int slot, int fd, struct rings *rings)
{
	int old;

	rings = __atomic_exchange_n(&scene.rings[slot], rings,
				    __ATOMIC_SEQ_CST);
	/* Whose mapping would keep it open, and another thread may be in it. */
	rings_drop(rings, alone);
	old = __atomic_exchange_n(&scene.fds[slot], fd, __ATOMIC_SEQ_CST);
	if (old >= 0)
		close(old);
}

static int state_of(int fd)
{
	struct acall_query q = { .size = sizeof(q) };

	return sys(fd, ACALL_IOC_QUERY, &q) ? NO_OBJECT : (int)q.state;
}

/* Of the call of a queue that the structure in @memory names, if it names one. */
static int state_named(int fd, unsigned int cmd, const struct memory *memory)
{
	const struct acall_query *named = (const void *)memory->args;
	struct acall_query q = {
		.size = sizeof(q),
		.call_id = named->call_id,
	};

	if (cmd == ACALL_IOC_ENTER || cmd == ACALL_IOC_CANCEL_MATCH)
		return NO_OBJECT;
	return !q.call_id || sys(fd, ACALL_IOC_QUERY, &q) ? ACALL_STATE_IDLE :
							    (int)q.state;
}

static void promised(unsigned int slot, uint64_t id, int said)
{
	predicted[slot].id = id;
	predicted[slot].said = said;
}

/* The first and the second rule of the contract's head. */
void check_result(unsigned int slot, uint64_t id, int status, uint32_t outcome)
{
	bool own = outcome == ACALL_OUTCOME_COMPLETED;

	if (outcome == ACALL_OUTCOME_NONE || outcome > ACALL_OUTCOME_ABANDONED)
		fault("FINISH gives outcome %u", outcome);
	if (!own && status != -ECANCELED && status != -ETIME &&
	    status != -ENODEV)
		fault("outcome %u with status %d", outcome, status);
	if (status > 0 || status < -4095 || (status <= -512 && status >= -530))
		fault("status %d", status);
	if (!alone || predicted[slot].id != id)
		return;
	if (predicted[slot].said == CANCELLED && own)
		fault("CANCEL said 0, FINISH has a result (X6)");
	if (predicted[slot].said == OWN && !own)
		fault("CANCEL said ESRCH, FINISH says outcome %u (X6)",
		      outcome);
}

static void made(unsigned int slot, const char *interface)
{
	unsigned int i;

	scene.interfaces[slot] = 0;
	for (i = 0; i < NR_INTERFACES; i++)
		if (!strcmp(interface, grammar_interfaces[i].name))
			scene.interfaces[slot] = i;
	/* Handles of another queue are no use. */
	memset(scene.handles[slot], 0, sizeof(scene.handles[slot]));
	promised(slot, 0, NOTHING);
}

/* What follows from an operation for those that come. */
static void follow(const struct insn *insn, struct memory *memory, int ret)
{
	struct acall_call_args *call = (void *)memory->args;
	struct acall_finish *finish = (void *)memory->args;
	struct acall_cancel *cancel = (void *)memory->args;
	struct acall_create *create = (void *)memory->args;
	struct acall_begin *begin = (void *)memory->args;
	struct acall_list *list = (void *)memory->args;
	unsigned int i, nr = 0;

	switch (grammar_ops[insn->op].cmd) {
	case ACALL_IOC_CREATE:
		if (ret < 0)
			break;
		fill_slot(insn->slot, ret, NULL);
		made(insn->slot, create->interface);
		break;
	case ACALL_IOC_CREATE_QUEUE:
		if (ret < 0)
			break;
		queues = true;
		fill_slot(insn->slot, ret, rings_map(ret, memory->args));
		made(insn->slot, create->interface);
		break;
	case ACALL_IOC_ENTER:
		__atomic_add_fetch(&begun, rings_entered(insn, &scene, memory,
							 ret, alone),
				   __ATOMIC_RELAXED);
		break;
	case ACALL_IOC_BEGIN:
		if (ret)
			break;
		__atomic_add_fetch(&begun, 1, __ATOMIC_RELAXED);
		scene.ids[insn->slot] = begin->call_id;
		promised(insn->slot, 0, NOTHING);
		break;
	case ACALL_IOC_CALL:
		if (call->call_id)
			scene.ids[insn->slot] = call->call_id;
		if (ret)
			break;
		__atomic_add_fetch(&begun, 1, __ATOMIC_RELAXED);
		check_result(insn->slot, call->call_id, call->status,
			     call->outcome);
		nr = call->nr_files_out;
		break;
	case ACALL_IOC_FINISH:
		if (ret)
			break;
		check_result(insn->slot, finish->call_id, finish->status,
			     finish->outcome);
		nr = finish->nr_files;
		break;
	case ACALL_IOC_CANCEL:
		if (!ret && !(cancel->flags & ACALL_CANCEL_NOWAIT))
			promised(insn->slot, cancel->call_id, CANCELLED);
		if (ret == -ESRCH && cancel->call_id &&
		    cancel->state != ACALL_STATE_IDLE)
			promised(insn->slot, cancel->call_id, OWN);
		break;
	case ACALL_IOC_LIST:
		if (!ret)
			scene.cursor = list->cursor;
		break;
	}
	for (i = 0; i < nr && i < 8; i++)
		close(memory->fds_out[i]);
}

/* WAIT and its like are those of what is in the slot; they have one number. */
static unsigned int op_there(const struct insn *insn, int on)
{
	const struct op *op = &grammar_ops[insn->op];
	unsigned int i;

	for (i = 0; op->on != ON_DEVICE && i < NR_OPS; i++)
		if (grammar_ops[i].cmd == op->cmd && (int)grammar_ops[i].on == on)
			return i;
	return insn->op;
}

static void operation(const struct insn *from, struct memory *memory)
{
	int on = scene.rings[from->slot] ? ON_QUEUE : ON_OBJECT;
	int fd = scene.fds[from->slot], state = NO_OBJECT, ret;
	struct insn insn = *from;
	const struct op *op;

	insn.op = op_there(from, on);
	op = &grammar_ops[insn.op];
	if (op->on == ON_DEVICE)
		fd = dev;
	if (fd < 0)
		return;
	values_make(&insn, &scene, memory);
	if (op->cmd == ACALL_IOC_ENTER)
		rings_fill(&insn, &scene, memory);
	if (op->on != ON_DEVICE && (!alone || (int)op->on != on))
		state = ANY_STATE;
	else if (op->on == ON_OBJECT)
		state = state_of(fd);
	else if (op->on == ON_QUEUE)
		state = state_named(fd, op->cmd, memory);
	ret = sys(fd, op->cmd, memory->args);
	if (ret < -530 || (ret <= -512 && ret != -531))
		fault("%s gives %d", op->name, ret);
	cover_triple(insn.op, alone || op->on == ON_DEVICE ? state : ANY_STATE,
		     ret < 0 ? ret : 0);
	follow(&insn, memory, ret);
}

static void look(int fd, unsigned int slot)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
	int before, after;
	bool ready;

	if (scene.rings[slot]) {
		rings_poll(scene.rings[slot], fd, alone);
		return;
	}
	before = alone ? state_of(fd) : NO_OBJECT;

	poll(&p, 1, 0);
	after = alone ? state_of(fd) : NO_OBJECT;
	ready = before == ACALL_STATE_DONE;
	/* W4. */
	if (before != NO_OBJECT && before == after && alone &&
	    ready != !!(p.revents & POLLIN))
		fault("poll gives %#x in state %d", p.revents, before);
}

static void read_fdinfo(int fd)
{
	char path[64], text[1024];
	int info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return;
	while (read(info, text, sizeof(text)) > 0)
		;
	close(info);
}

static void side_channel(const struct insn *insn)
{
	struct acall_test_control c;

	values_control(insn, &c);
	sys(ctl, ACALL_TEST_IOC_CONTROL, &c);
}

static void instruction(const struct insn *insn, struct memory *memory)
{
	int fd = scene.fds[insn->slot], to;
	struct rings *rings, *again;

	if (insn->op < NR_OPS) {
		operation(insn, memory);
		return;
	}
	switch (insn->op) {
	case OP_CLOSE:
		fill_slot(insn->slot, -1, NULL);
		break;
	case OP_DUP:
		to = insn->words[1] % NR_SLOTS;
		if (fd < 0 || to == insn->slot)
			break;
		scene.interfaces[to] = scene.interfaces[insn->slot];
		scene.ids[to] = scene.ids[insn->slot];
		rings = scene.rings[insn->slot];
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		again = rings_again(rings, fd, alone);
		/* It is not what the other thread has told of the slot. */
		if (rings && !again && fd >= 0) {
			close(fd);
			fd = -1;
		}
		fill_slot(to, fd, again);
		/* Two slots, one object. */
		promised(to, 0, NOTHING);
		promised(insn->slot, 0, NOTHING);
		break;
	case OP_POLL:
		if (fd >= 0)
			look(fd, insn->slot);
		break;
	case OP_FDINFO:
		if (fd >= 0)
			read_fdinfo(fd);
		break;
	case OP_CONTROL:
		side_channel(insn);
		break;
	case OP_UNKNOWN:
		to = insn->words[1] % 2 ? dev : fd;
		if (to >= 0 && sys(to, _IO(ACALL_IOC_MAGIC, 0x20 +
					   insn->words[2] % 64),
				   memory->args) != -ENOTTY)
			fault("an unknown ioctl is not ENOTTY");
		break;
	}
}

static void instructions(const struct program *p, int thread,
			 struct memory *memory)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++) {
		if (thread >= 0 && p->insns[i].thread != thread)
			continue;
		/* Else one that always blocks takes for ever. */
		if (__atomic_load_n(&kicks, __ATOMIC_RELAXED) >= MAX_KICKS)
			break;
		__atomic_add_fetch(&steps, 1, __ATOMIC_RELAXED);
		instruction(&p->insns[i], memory);
	}
	__atomic_add_fetch(&steps, 1, __ATOMIC_RELAXED);
}

static struct memory *new_memory(void)
{
	struct memory *memory = calloc(1, sizeof(*memory));

	if (!memory)
		fault("no memory");
	return memory;
}

static void *other_thread(void *arg)
{
	struct memory *memory = new_memory();
	uint32_t seen = 0, now;

	(void)arg;
	cover_thread(1);
	for (;;) {
		while ((now = __atomic_load_n(&generation, __ATOMIC_ACQUIRE)) ==
		       seen)
			futex(&generation, FUTEX_WAIT, seen, guard_ns());
		seen = now;
		instructions(program, 1, memory);
		__atomic_store_n(&through, now, __ATOMIC_RELEASE);
		futex(&through, FUTEX_WAKE, 1, 0);
	}
	return NULL;
}

static void on_signal(int sig)
{
	(void)sig;
}

static void let_go(void)
{
	struct acall_cancel_match m;
	struct acall_cancel c;
	unsigned int i;

	control(ACALL_TEST_OP_FORGET, 0, NULL);
	for (i = 0; i < NR_SLOTS; i++) {
		c = (struct acall_cancel){
			.size = sizeof(c), .flags = ACALL_CANCEL_ABANDON |
						   ACALL_CANCEL_ESCALATE,
		};
		m = (struct acall_cancel_match){
			.size = sizeof(m), .flags = c.flags,
		};
		if (scene.fds[i] < 0)
			continue;
		/* It is an object or a queue. */
		sys(scene.fds[i], ACALL_IOC_CANCEL, &c);
		sys(scene.fds[i], ACALL_IOC_CANCEL_MATCH, &m);
	}
}

/* After each program nothing is left. */
static void clean(void)
{
	unsigned int i;

	for (i = 0; i < NR_SLOTS; i++) {
		fill_slot(i, -1, NULL);
		promised(i, 0, NOTHING);
	}
	rings_free();
	world_clean(queues);
}

static void begin_program(const struct program *p)
{
	memset(&scene.ids, 0, sizeof(scene.ids));
	memset(&scene.interfaces, 0, sizeof(scene.interfaces));
	memset(&scene.handles, 0, sizeof(scene.handles));
	scene.cursor = 0;
	begun = 0;
	queues = false;
	program = p;
	pthread_mutex_lock(&boundary);
	alone = program_threads(p) != 3;
	kicks = 0;
	busy = true;
	pthread_mutex_unlock(&boundary);
}

void execute(const struct program *p, struct verdict *verdict)
{
	static struct memory *memory;
	uint32_t now, n;

	memory = memory ?: new_memory();
	begin_program(p);
	if (alone) {
		instructions(p, -1, memory);
	} else {
		now = __atomic_add_fetch(&generation, 1, __ATOMIC_RELEASE);
		futex(&generation, FUTEX_WAKE, 1, 0);
		instructions(p, 0, memory);
		while ((n = __atomic_load_n(&through, __ATOMIC_ACQUIRE)) != now)
			futex(&through, FUTEX_WAIT, n, guard_ns());
	}
	pthread_mutex_lock(&boundary);
	busy = false;
	verdict->kicked = kicks;
	pthread_mutex_unlock(&boundary);
	clean();
	verdict->begun = begun;
}

/* Under the mutex. */
static void kick(void)
{
	unsigned int i;

	__atomic_add_fetch(&kicks, 1, __ATOMIC_RELAXED);
	/* From now on more than one is at work. */
	alone = false;
	let_go();
	for (i = 0; i < NR_THREADS; i++)
		pthread_kill(threads[i], SIGUSR1);
}

static void watch(const bool *over)
{
	struct timespec tick = { .tv_nsec = TICK_NS };
	struct sched_param param = { 0 };
	unsigned int idle = 0;
	uint64_t since = now_ns();
	uint32_t seen = 0;

	sched_setscheduler(0, SCHED_IDLE, &param);
	while (!__atomic_load_n(over, __ATOMIC_ACQUIRE)) {
		nanosleep(&tick, NULL);
		pthread_mutex_lock(&boundary);
		if (!busy || seen != __atomic_load_n(&steps, __ATOMIC_RELAXED)) {
			seen = __atomic_load_n(&steps, __ATOMIC_RELAXED);
			since = now_ns();
			idle = 0;
		} else if (++idle >= (seen % PATIENCE ? 1 : PATIENCE)) {
			if (now_ns() - since > guard_ns())
				fault("a program does not end");
			idle = 0;
			kick();
		}
		pthread_mutex_unlock(&boundary);
	}
}

static struct {
	int (*work)(void);
	int ret;
	bool over;
} job;

static void *job_thread(void *arg)
{
	(void)arg;
	cover_thread(0);
	job.ret = job.work();
	__atomic_store_n(&job.over, true, __ATOMIC_RELEASE);
	return NULL;
}

/* Return: what @work, which may execute(), returns. */
int execute_in(int (*work)(void))
{
	void *(*const mains[NR_THREADS])(void *) = { job_thread, other_thread };
	struct sigaction sa = { .sa_handler = on_signal };
	unsigned int i;
	int ret;

	world_init();
	for (i = 0; i < NR_SLOTS; i++)
		scene.fds[i] = -1;
	sigaction(SIGUSR1, &sa, NULL);
	ret = values_init(dev);
	if (ret)
		fault("cannot begin: %s", strerror(-ret));
	job.work = work;
	/* What kick() may want is there before there is work. */
	for (i = NR_THREADS; i-- > 0; )
		if (pthread_create(&threads[i], NULL, mains[i], NULL))
			fault("no thread");
	watch(&job.over);
	return job.ret;
}
