// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A full screen on a terminal: entering and leaving it, its size, keys. ECMA-48 and
 * nothing beyond what every terminal of today does, so without a database of them.
 *
 * Owns the terminal's settings from screen_enter() to screen_leave(), which also
 * runs at exit(). Ctrl-C and SIGTERM come through signals_fd() as always; SIGWINCH,
 * and SIGTSTP, are let in only while screen_key() sleeps, so none gets lost between
 * a look at the size and the sleep.
 */
#include "cli.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static struct termios before;
static bool entered;
static atomic_int stopped;
static sigset_t let_in;

static void on_signal(int number)
{
	/* SIGWINCH has but to end the sleep. */
	if (number == SIGTSTP)
		stopped = 1;
}

static void put(const char *text)
{
	size_t len = strlen(text);

	/* Whom should it be told? */
	if (write(STDOUT_FILENO, text, len) != (ssize_t)len)
		return;
}

bool screen_usable(void)
{
	const char *term = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term &&
	       strcmp(term, "dumb");
}

void screen_leave(void)
{
	if (!entered)
		return;
	entered = false;
	put("\033[?25h\033[?1049l");
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
}

static void catch(void)
{
	static const int numbers[] = { SIGWINCH, SIGTSTP };
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t hold;
	size_t i;

	sigemptyset(&hold);
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		sigaction(numbers[i], &action, NULL);
		sigaddset(&hold, numbers[i]);
	}
	sigprocmask(SIG_BLOCK, &hold, &let_in);
}

void screen_enter(void)
{
	static bool once;
	struct termios raw;

	if (!once) {
		once = true;
		catch();
		atexit(screen_leave);
	}
	if (tcgetattr(STDIN_FILENO, &before))
		return;
	raw = before;
	/* Signals of the keyboard stay. */
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	put("\033[?1049h\033[?25l");
	entered = true;
}

void screen_size(unsigned int *rows, unsigned int *columns)
{
	struct winsize ws = { 0 };

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws);
	*rows = ws.ws_row ? ws.ws_row : 24;
	*columns = ws.ws_col ? ws.ws_col : 80;
}

/* What was typed and not yet asked for. */
static char typed[32];
static size_t nr_typed;

static void take(size_t n)
{
	nr_typed -= n;
	memmove(typed, typed + n, nr_typed);
}

/* "\033[A" is one key. What is not known is none. */
static int next_key(void)
{
	static const int arrows[] = { KEY_UP, KEY_DOWN, KEY_RIGHT, KEY_LEFT };
	int key = (unsigned char)typed[0];

	if (key != '\033') {
		take(1);
		return key;
	}
	if (nr_typed < 3 || (typed[1] != '[' && typed[1] != 'O')) {
		take(nr_typed);
		return KEY_NONE;
	}
	key = typed[2];
	take(3);
	return key >= 'A' && key <= 'D' ? arrows[key - 'A'] : KEY_NONE;
}

int screen_key(uint64_t until)
{
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
				{ .fd = signals_fd(), .events = POLLIN } };
	uint64_t now = acall_after_ns(0);
	uint64_t ns = until > now ? until - now : 0;
	struct timespec ts = { .tv_sec = (time_t)(ns / NSEC_PER_SEC),
			       .tv_nsec = (long)(ns % NSEC_PER_SEC) };
	ssize_t n;

	if (nr_typed)
		return next_key();
	if (ppoll(fds, 2, &ts, &let_in) < 0) {
		if (stopped) {
			stopped = 0;
			screen_leave();
			raise(SIGSTOP);
			screen_enter();
		}
		return KEY_NONE;
	}
	if (fds[1].revents && signals_read().interrupts)
		return KEY_END;
	if (!fds[0].revents)
		return KEY_NONE;
	n = read(STDIN_FILENO, typed, sizeof(typed));
	if (n <= 0)
		return KEY_END;
	nr_typed = (size_t)n;
	return next_key();
}
