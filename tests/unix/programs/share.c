/*
 * Not for Linux. It works for a while and counts what it has done, or it loads its system for ever. A test types the
 * commands, each a line: "c" and a letter to count the work of that kind for half a second; "l", a letter and a digit
 * to load the system with so many processes; "e" to end.
 */
#include "call.h"
#include "kernel.h"

enum { PAGE = 4096, BUFFER = 64 * PAGE, AREA = 256 * PAGE, LSEEK = 19, EXECVE = 11, PAUSE = 29, SIGNAL = 48 };
enum { MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20, LTHREADS = 16, FIRST_SERVER = 5, SERVERS = 2 };

/* The machine's time-stamp counter advances 100,000,000 times a second, and 99,985 times a tick. */
enum { HALF_SECOND = 50000000 };

static char buffer[BUFFER] __attribute__((aligned(PAGE)));
static word ends[4], stacks[64 * LTHREADS];

static word now(void)
{
    word low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return low;
}

static void compute(void)
{
    for (word i = 0; i < 1000; i++)
        __asm__ volatile("" : : : "memory");
}

static void ask(void) { call(GETPID, 0, 0, 0); }

static void fork_and_wait(void)
{
    int pid = call(FORK, 0, 0, 0);
    if (!pid)
        end(0);
    if (pid > 0)
        call(WAITPID, pid, 0, 0);
}

/* Children end by themselves, and nobody waits for them. */
static void fork_only(void)
{
    call(SIGNAL, SIGCHLD, 1, 0);
    if (!call(FORK, 0, 0, 0))
        end(0);
}

/* A child with many pages of its own. */
static void fork_large(void)
{
    int pid = call(FORK, 0, 0, 0);
    if (!pid) {
        word at = call6(MMAP, 0, AREA, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (word page = 0; page < AREA; page += PAGE)
            *(volatile char *)(at + page) = 1;
        end(0);
    }
    call(WAITPID, pid, 0, 0);
}

static void execute(void)
{
    static const char *arguments[] = { "/init", "again", NULL };
    if (!call(FORK, 0, 0, 0))
        call(EXECVE, (word)"/init", (word)arguments, 0);
    call(WAITPID, -1, 0, 0);
}

/* A server copies all of it. */
static void write_file(void)
{
    static int file = -1;
    if (file < 0)
        file = call(OPEN, (word)"/file", 0x42, 0600);
    call(LSEEK, file, 0, 0);
    call(WRITE, file, (word)buffer, BUFFER);
}

static void read_zeros(void)
{
    static int file = -1;
    if (file < 0)
        file = call(OPEN, (word)"/dev/zero", 0, 0);
    call(READ, file, (word)buffer, BUFFER);
}

static void map(void)
{
    word at = call6(MMAP, 0, AREA / 8, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (word page = 0; page < AREA / 8; page += PAGE)
        *(volatile char *)(at + page) = 1;
    call(MUNMAP, at, AREA / 8, 0);
}

/* A child returns each byte. */
static void pass_byte(void)
{
    char byte = 0;
    if (!ends[1]) {
        call(PIPE, (word)ends, 0, 0);
        call(PIPE, (word)(ends + 2), 0, 0);
        if (!call(FORK, 0, 0, 0))
            while (call(READ, ends[0], (word)&byte, 1) == 1)
                call(WRITE, ends[3], (word)&byte, 1);
    }
    call(WRITE, ends[1], (word)&byte, 1);
    call(READ, ends[2], (word)&byte, 1);
}

static void ignore(void) {}

static void signal_itself(void)
{
    call(SIGNAL, SIGUSR1, (word)ignore, 0);
    call(KILL, call(GETPID, 0, 0, 0), SIGUSR1, 0);
}

/* Short sleeps: a process that is never found running by a tick. */
static void sleep_often(void)
{
    word start = now();
    while (now() - start < 90000)
        ;
    struct registers r = { NONE, 1 << 24 | 15, 0, 0, 0, 0, 0 };
    ipc(&r);
}

/* Messages to the first threads of all servers, each from a thread that waits to send. */
static void send_to_servers(void)
{
    for (;;)
        for (word task = FIRST_SERVER; task < FIRST_SERVER + SERVERS; task++) {
            struct registers r = { 0, 0, 0xE0000003, 0, 4 << 24 | task << 16 | 1, 0, NONE };
            ipc(&r);
        }
}

static void compute_for_ever(void)
{
    for (;;)
        compute();
}

/* Starts all threads that a task may have, and gives them its time. */
static void start_threads(void (*run)(void))
{
    word own = my_id();
    for (word lthread = 2; lthread < LTHREADS; lthread++) {
        struct registers r = { lthread, (word)(stacks + 64 * lthread), (word)run, NONE, my_pager(), 0, 0 };
        start_thread(&r);
    }
    for (;;)
        for (word lthread = 2; lthread < LTHREADS; lthread++) {
            struct registers r = { 0, 0, 0, 0, own | lthread << 10, 0, 0 };
            yield(&r);
        }
}

static void send_by_all(void) { start_threads(send_to_servers); }
static void compute_by_all(void) { start_threads(compute_for_ever); }

static void (*work_of(char letter))(void)
{
    switch (letter) {
    case 'a': return ask;
    case 'f': return fork_and_wait;
    case 'o': return fork_only;
    case 'l': return fork_large;
    case 'e': return execute;
    case 'w': return write_file;
    case 'z': return read_zeros;
    case 'm': return map;
    case 'p': return pass_byte;
    case 's': return signal_itself;
    case 't': return sleep_often;
    case 'i': return send_by_all;
    case 'c': return compute_by_all;
    default: return compute;
    }
}

static int count(void (*work)(void))
{
    word start = now();
    int done = 0;
    for (; now() - start < HALF_SECOND; done++)
        work();
    return done;
}

static void load(void (*work)(void), int processes)
{
    for (; processes; processes--)
        if (!call(FORK, 0, 0, 0))
            for (;;)
                work();
}

void start(void)
{
    char line[16];
    if (argument_count > 1)
        end(0);
    print("ready\n");
    while (call(READ, 0, (word)line, sizeof line) > 1 && line[0] != 'e')
        if (line[0] == 'c')
            number("done:", count(work_of(line[1])));
        else {
            load(work_of(line[1]), line[2] - '0');
            print("loaded\n");
        }
    end(0);
}
