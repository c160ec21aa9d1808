/* Preloaded into a process: the n-th call that changes a file below a folder fails, is torn, or is the last one.
 *
 * FAULT_UNDER  the folder; calls on other files are not counted
 * fault_arm(at, kind)  starts to count; `kind` is an errno, 0 to count only, -1 to be killed before the call, -2 to be
 *                      killed in the middle of a write; a full disk (ENOSPC) stays full, with -3 until a file is deleted
 * fault_calls()        how many calls were counted
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long calls, at;
static int kind, freed;

void fault_arm(long n, int what) { calls = 0; at = n; kind = what; freed = 0; }
long fault_calls(void) { return calls; }

static int below(const char *path) {
    const char *folder = getenv("FAULT_UNDER");
    return folder && strncmp(path, folder, strlen(folder)) == 0;
}

static int file_below(int file) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return 0;
    path[n] = 0;
    return below(path);
}

static void die(void) { kill(getpid(), SIGKILL); for (;;) pause(); }

/* Returns 0 to go on, 1 to tear the call, -1 to fail it with errno set. */
static int fault(int counted) {
    if (!counted || !at) { if (counted) calls++; return 0; }
    calls++;
    if (calls < at || (calls > at && kind != ENOSPC && kind != -3)) return 0;
    if (kind == -3 && freed) return 0;
    if (kind == -3) { errno = ENOSPC; return -1; }
    if (kind == -1) die();
    if (kind == -2) return 1;
    if (kind > 0) { errno = kind; return -1; }
    return 0;
}

#define REAL(name) __typeof__(name) *real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define WRITE(name, offset_type)                                                             \
    ssize_t name(int file, const void *data, size_t size, offset_type offset) {              \
        REAL(name);                                                                          \
        switch (fault(file_below(file))) {                                                   \
        case -1: return -1;                                                                  \
        case 1: real(file, data, size / 2, offset); die();                                   \
        }                                                                                    \
        return real(file, data, size, offset);                                               \
    }
WRITE(pwrite, off_t)
WRITE(pwrite64, off64_t)

ssize_t write(int file, const void *data, size_t size) {
    REAL(write);
    switch (fault(file_below(file))) {
    case -1: return -1;
    case 1: real(file, data, size / 2); die();
    }
    return real(file, data, size);
}

#define CALL(name, parameters, arguments, counted)      \
    int name parameters {                               \
        REAL(name);                                     \
        switch (fault(counted)) {                       \
        case -1: return -1;                             \
        case 1: die();                                  \
        }                                               \
        return real arguments;                          \
    }
CALL(fsync, (int file), (file), file_below(file))
CALL(fdatasync, (int file), (file), file_below(file))
CALL(ftruncate, (int file, off_t size), (file, size), file_below(file))
CALL(ftruncate64, (int file, off64_t size), (file, size), file_below(file))
CALL(rename, (const char *old, const char *new), (old, new), below(new))

int unlink(const char *path) {
    REAL(unlink);
    if (kind == -3) {
        int done = real(path);
        if (at && calls >= at && done == 0 && below(path)) freed = 1;
        return done;
    }
    switch (fault(below(path))) {
    case -1: return -1;
    case 1: die();
    }
    return real(path);
}
