// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall doctor without a mount: what stands between this user and a call, and what
 * to do about it.
 *
 * One function for each check, in a table. It looks and changes nothing, needs
 * neither rights nor the module, and says what it may not see. What a module's file
 * and a certificate hold, and which keys the firmware has, modinfo, openssl and
 * mokutil know. What it allocates lives as long as the program.
 */
#include "cli.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum state { FINE, NOTE, UNKNOWN, WRONG };

/* What a check has found. It begins as FINE and EXIT_OK. */
struct finding {
	enum state how;
	int code;
	char *what;
	char *next;		/* what to do about it, or NULL */
};

/* What more than one of them asks. */
static struct {
	struct utsname kernel;
	char *file;		/* the module's, for this kernel; NULL = none */
	bool loaded;
	const char *demands;	/* who wants modules to be signed; NULL = nobody */
	bool lockdown_known;
} machine;

#define DKMS		"/var/lib/dkms/acall"
#define DKMS_CONF	"/etc/dkms/framework.conf"
#define DKMS_KEY	"/var/lib/dkms/mok.pub"
#define SHIM_KEY	"/var/lib/shim-signed/mok/MOK.der"
#define SECURE_BOOT	"/sys/firmware/efi/efivars/" \
	"SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define CHANGE		"modprobe -r acall_file acall_timer acall && modprobe acall"

PRINTF(4, 5) static void found(struct finding *f, enum state how,
			       char *next, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	f->what = xvprintf(fmt, args);
	va_end(args);
	f->how = how;
	f->next = next;
	if (how == WRONG && !f->code)
		f->code = EXIT_FAILED;
}

/* The stream's, without the last newline; NULL if there is nothing. */
static char *take(FILE *stream)
{
	static char text[65536];
	size_t len = fread(text, 1, sizeof(text) - 1, stream);

	while (len && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	return len ? xstrdup(text) : NULL;
}

static char *read_text(const char *path)
{
	FILE *stream = fopen(path, "re");
	char *text;

	if (!stream)
		return NULL;
	text = take(stream);
	fclose(stream);
	return text;
}

/* What a command of the shell says; NULL if that is nothing. */
PRINTF(1, 2) static char *ask(const char *fmt, ...)
{
	char *command, *text = NULL;
	va_list args;
	FILE *stream;

	va_start(args, fmt);
	command = xvprintf(fmt, args);
	va_end(args);
	stream = popen(command, "re");
	free(command);
	if (stream) {
		text = take(stream);
		pclose(stream);
	}
	return text;
}

static char *module_field(const char *field)
{
	return machine.file ? ask("modinfo -F %s %s 2>/dev/null", field,
				  shell_path(machine.file)) : NULL;
}

static bool have_program(const char *name)
{
	return ask("command -v %s", name);
}

static bool is_set(const char *path)
{
	const char *text = read_text(path);

	return text && (*text == 'Y' || *text == '1');
}

static void look_around(void)
{
	char *lockdown = read_text("/sys/kernel/security/lockdown");

	machine.lockdown_known = lockdown;
	uname(&machine.kernel);
	machine.loaded = !access("/sys/module/acall", F_OK);
	machine.file = ask("modinfo -F filename acall 2>/dev/null");
	if (is_set("/sys/module/module/parameters/sig_enforce"))
		machine.demands = "module.sig_enforce";
	else if (lockdown && strchr(lockdown, '[') && !strstr(lockdown, "[none]"))
		machine.demands = "lockdown";
}

/* The checks --------------------------------------------------------------- */

static void check_kernel(struct finding *f)
{
	int major = 0, minor = 0;

	if (sscanf(machine.kernel.release, "%d.%d", &major, &minor) == 2 &&
	    (major < 6 || (major == 6 && minor < 1)))
		found(f, WRONG, xstrdup("boot a newer kernel"),
		      "Linux %s; the module is for 6.1 and newer",
		      machine.kernel.release);
	else
		found(f, FINE, NULL, "Linux %s", machine.kernel.release);
}

static void check_installed(struct finding *f)
{
	const char *release = machine.kernel.release;
	char *headers = xprintf("/lib/modules/%s/build", release);

	if (machine.file) {
		found(f, FINE, NULL, "%s", machine.file);
	} else if (!have_program("modinfo")) {
		found(f, UNKNOWN, xstrdup("apt install kmod"),
		      "there is no modinfo to look for it");
	} else if (machine.loaded) {
		found(f, NOTE, NULL,
		      "loaded from a file that modprobe does not know");
	} else {
		f->code = EXIT_NO_MODULE;
		if (access(DKMS, F_OK))
			found(f, WRONG,
			      xstrdup("apt install acall-dkms; or make install"),
			      "there is no module for %s", release);
		else if (access(headers, F_OK))
			found(f, WRONG,
			      xprintf("apt install linux-headers-%s", release),
			      "DKMS has no headers to build the module for %s with",
			      release);
		else
			found(f, WRONG,
			      xprintf("dkms autoinstall -k %s; why not, says "
				      DKMS "/*/build/make.log", release),
			      "DKMS has not built the module for %s", release);
	}
	free(headers);
}

static void check_version(struct finding *f)
{
	const char *file = module_field("version");
	const char *source = module_field("srcversion");
	const char *loaded = read_text("/sys/module/acall/version");
	const char *running = read_text("/sys/module/acall/srcversion");

	if (machine.loaded && source && running && strcmp(source, running))
		found(f, NOTE, xstrdup(CHANGE),
		      "%s is loaded, another %s is installed",
		      loaded ? loaded : "one", file ? file : "one");
	else if (loaded || file)
		found(f, FINE, NULL, "module %s, command " CLI_VERSION,
		      loaded ? loaded : file);
	else
		found(f, UNKNOWN, NULL, "command " CLI_VERSION
		      ", of the module nothing is known");
}

static void check_enforcement(struct finding *f)
{
	unsigned char boot[5] = { 0 };
	FILE *stream = fopen(SECURE_BOOT, "re");
	bool secure = stream && fread(boot, 1, 5, stream) == 5 && boot[4] == 1;

	if (stream)
		fclose(stream);
	if (is_set("/proc/sys/kernel/modules_disabled")) {
		if (!machine.loaded)
			f->code = EXIT_NO_MODULE;
		found(f, machine.loaded ? NOTE : WRONG,
		      machine.loaded ? NULL :
		      xstrdup("boot, and load it before modules_disabled is set"),
		      "no module can be loaded any more until the next boot");
	} else if (machine.demands) {
		found(f, NOTE, NULL,
		      "modules must be signed with a key that the kernel has (%s%s)",
		      machine.demands, secure ? ", Secure Boot" : "");
	} else if (secure && !machine.lockdown_known) {
		found(f, UNKNOWN, NULL,
		      "Secure Boot is on; /sys/kernel/security does not say whether modules must be signed");
	} else {
		found(f, FINE, NULL, "modules need not be signed%s",
		      secure ? ", although Secure Boot is on" : "");
	}
}

/* What openssl says of a certificate. */
static char *certificate_field(const char *path, const char *option)
{
	return ask("openssl x509 -inform DER -in %s -noout %s 2>/dev/null",
		   shell_path(path), option);
}

static bool is_certificate(const char *path, const char *key)
{
	char *serial = path ? certificate_field(path, "-serial") : NULL;

	return serial && !strncmp(serial, "serial=", 7) &&
	       !strcasecmp(serial + 7, key);
}

/* The certificate on this machine whose serial number this is; NULL = none. */
static const char *find_certificate(const char *key)
{
	char *configured = ask("sed -n 's/^mok_certificate=//p' " DKMS_CONF
			       " 2>/dev/null");

	if (is_certificate(configured, key))
		return configured;
	if (is_certificate(DKMS_KEY, key))
		return DKMS_KEY;
	return is_certificate(SHIM_KEY, key) ? SHIM_KEY : NULL;
}

/* Of hexadecimal digits in whatever form: only those, in lower case. */
static char *plain_hex(char *text)
{
	char *from = text, *to = text;

	for (; *from; from++) {
		if (isxdigit((unsigned char)*from))
			*to++ = tolower((unsigned char)*from);
	}
	*to = '\0';
	return text;
}

enum enrolled { IS, IS_NOT, NOT_KNOWN };

/*
 * Only root sees the kernel's keys, in which a certificate goes by its subject and
 * its own key identifier; what the firmware hands to the kernel everybody may ask.
 */
static enum enrolled is_enrolled(const char *certificate, const char *signer)
{
	char *keys = ask("grep asymmetri /proc/keys 2>/dev/null");
	char *id, *said;

	if (!keys && !geteuid())
		keys = xstrdup("");
	if (keys && !certificate)
		return strstr(keys, xprintf(" %s: ", signer)) ? IS : IS_NOT;
	if (!certificate)
		return NOT_KNOWN;
	id = certificate_field(certificate, "-ext subjectKeyIdentifier");
	/* Behind a line with its name. */
	id = id ? strchr(id, '\n') : NULL;
	if (keys && id && *plain_hex(id) && strstr(keys, id))
		return IS;
	said = ask("mokutil --test-key %s 2>/dev/null", shell_path(certificate));
	if (said && strstr(said, "already enrolled"))
		return IS;
	return keys || (said && strstr(said, "not enrolled")) ? IS_NOT : NOT_KNOWN;
}

static void check_signature(struct finding *f)
{
	const char *signer = module_field("signer"), *certificate;
	char *key = module_field("sig_key");
	/* Whoever has loaded it was content. */
	const bool needed = machine.demands && !machine.loaded;
	enum enrolled enrolled;
	char *next;

	if (!machine.file) {
		found(f, UNKNOWN, NULL, "there is no file of the module");
		return;
	}
	if (!key || !signer) {
		found(f, needed ? WRONG : FINE, needed ?
		      xstrdup("apt install openssl; apt reinstall acall-dkms") :
		      NULL, "the module is not signed%s",
		      machine.demands ? "" : ", and need not be");
		return;
	}
	plain_hex(key);
	certificate = find_certificate(key);
	enrolled = is_enrolled(certificate, signer);
	if (enrolled == IS) {
		found(f, FINE, NULL, "signed by %s, whose key the kernel has",
		      signer);
		return;
	}
	next = certificate ?
	       xprintf("mokutil --import %s, then boot, and enrol it when asked",
		       shell_path(certificate)) :
	       xprintf("mokutil --import FILE, the certificate %s of %s, then boot",
		       key, signer);
	if (enrolled == NOT_KNOWN)
		found(f, machine.demands ? UNKNOWN : FINE,
		      machine.demands ? next : NULL,
		      "signed by %s; whether the kernel has the key only root sees",
		      signer);
	else
		found(f, needed ? WRONG : FINE, machine.demands ? next : NULL,
		      "signed by %s, whose key the kernel does not have%s", signer,
		      machine.demands ? "" : " and does not ask for");
}

static void check_loaded(struct finding *f)
{
	const char *said;

	if (machine.loaded) {
		found(f, FINE, NULL, "the module is loaded");
		return;
	}
	f->code = EXIT_NO_MODULE;
	/* That it would insert what was found is no news. */
	said = machine.file ? ask("modprobe -nv acall 2>&1 | grep -v ^insmod") :
	       NULL;
	if (said)
		found(f, WRONG, xstrdup("look into /etc/modprobe.d, or depmod"),
		      "modprobe would not load it: %s", said);
	else
		found(f, WRONG, machine.file ? xstrdup("modprobe acall") : NULL,
		      "the module is not loaded");
}

static void check_device(struct finding *f)
{
	int device = acall_open_engine(ACALL_ENGINE_KERNEL);
	char text[256];
	struct stat st;

	if (device >= 0) {
		close(device);
		found(f, FINE, NULL, "you may open " ACALL_DEVICE_PATH);
		return;
	}
	f->code = machine.loaded ? EXIT_FAILED : EXIT_NO_MODULE;
	if (device == -EACCES && !stat(ACALL_DEVICE_PATH, &st))
		found(f, WRONG,
		      xstrdup("join its group; see /etc/udev/rules.d/60-acall.rules"),
		      "you may not open " ACALL_DEVICE_PATH
		      ": mode %04o, owner %u, group %u", st.st_mode & 07777,
		      st.st_uid, st.st_gid);
	else if (device == -ENOSYS)
		found(f, WRONG, machine.loaded ?
		      xstrdup("it is devtmpfs's; a container has to be given it") :
		      NULL, "there is no " ACALL_DEVICE_PATH);
	else if (device == -EPROTO)
		found(f, WRONG, xstrdup(CHANGE),
		      "the module is of another ABI than this command");
	else
		found(f, WRONG, NULL, "%s",
		      acall_strerror(NULL, ACALL_OP_DEVICE, device, text,
				     sizeof(text)));
}

static void check_interfaces(struct finding *f)
{
	int device = acall_open_engine(ACALL_ENGINE_KERNEL);
	struct acall_interface_info info;
	char *names = xstrdup("");
	uint64_t cursor = 0;

	while (device >= 0 &&
	       !acall_next_interface(device, &cursor, &info, sizeof(info)))
		names = xprintf("%s %s", names, info.name);
	if (device >= 0)
		close(device);
	if (strstr(names, " file"))
		found(f, FINE, NULL, "offered:%s", names);
	else if (ask("modinfo -F filename acall_file 2>/dev/null"))
		found(f, FINE, NULL, "offered:%s; file when it is asked for",
		      *names ? names : " none");
	else
		found(f, NOTE, xstrdup("install acall_file too"),
		      "offered:%s; nobody offers file",
		      *names ? names : " none");
}

static void check_limits(struct finding *f)
{
	static const char dir[] = "/sys/module/acall/parameters/";
	static const char *const names[] = {
		"user_calls", "user_running", "user_bytes", "total_calls",
		"total_bytes",
	};
	const char *calls = read_text("/sys/class/misc/acall/calls");
	const char *value;
	char *text = NULL;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		value = read_text(xprintf("%s%s", dir, names[i]));
		if (value)
			text = xprintf("%s%s%s %s", text ? text : "",
				       text ? ", " : "", names[i], value);
	}
	if (text)
		found(f, FINE, NULL, "%s; there are now %s", text,
		      calls ? calls : "some");
	else
		found(f, UNKNOWN, NULL, "the module has them when it is loaded");
}

static const struct {
	const char *name;
	void (*run)(struct finding *f);
} checks[] = {
	{ "kernel", check_kernel },
	{ "installed", check_installed },
	{ "version", check_version },
	{ "signing", check_enforcement },
	{ "signature", check_signature },
	{ "loaded", check_loaded },
	{ "device", check_device },
	{ "interfaces", check_interfaces },
	{ "limits", check_limits },
};

/* What is said ------------------------------------------------------------- */

static void print_finding(const char *check, const struct finding *f)
{
	static const char *const states[] = {
		[FINE] = "ok", [NOTE] = "note", [UNKNOWN] = "unknown",
		[WRONG] = "wrong",
	};
	struct json j;

	if (options.json) {
		json_open(&j);
		json_string(&j, "check", check);
		json_string(&j, "state", states[f->how]);
		json_string(&j, "what", f->what);
		if (f->next)
			json_string(&j, "next", f->next);
		json_close(&j);
	} else if (!options.quiet || f->how != FINE) {
		printf("%-7s  %-10s  %s\n", states[f->how], check, f->what);
		if (f->next)
			printf("%21s-> %s\n", "", f->next);
	}
}

int doctor_machine(void)
{
	const char *path = getenv("PATH");
	int code = EXIT_OK;
	size_t i;

	/* Where users do not look. */
	setenv("PATH", xprintf("%s:/usr/sbin:/sbin", path ? path : "/usr/bin"), 1);
	setenv("LC_ALL", "C", 1);
	look_around();
	for (i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		struct finding f = { .code = EXIT_OK };

		checks[i].run(&f);
		print_finding(checks[i].name, &f);
		code = exit_worse(code, f.code);
	}
	return exit_worse(code, flush_output());
}
