/*
 * Measures system calls as the SOSP '97 paper "The Performance of µ-Kernel-Based Systems" does: its tables 2, 3 and 5,
 * with the operations of lmbench and Appel and Li. Prints a line for each row: its name, and the cycles of one
 * operation. The line "ready" ends the preparations. Program 1 of a system: with an argument, it is a process that is
 * measured.
 */
#include "call.h"

enum { EXECVE = 11 };
enum { PROT_READ = 1, PROT_WRITE = 2, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20 };

#define PAGE 4096u
#define APPEL_PAGES 64

/* The low half: no row takes 2^32 cycles. */
static inline word cycles(void)
{
    word now;
    __asm__ volatile("rdtsc" : "=a"(now) : : "edx");
    return now;
}

/* INT 80h; RET; NOP, as the C library of its time has it: the server can rewrite it. */
int site_call(int number, word a, word b, word c);
__asm__(".balign 16\nsite_call: push %ebx; mov 8(%esp), %eax; mov 12(%esp), %ebx; mov 16(%esp), %ecx;"
        "mov 20(%esp), %edx; call site; pop %ebx; ret\n"
        ".balign 16\nsite: int $0x80; ret; nop\n");

static void row(const char *name, word all, word count) { number(name, all / count); }

static void fail(const char *what)
{
    print("papers: failed: ");
    print(what);
    print("\n");
    end(1);
}

/* As many rounds to warm up, then the mean of the others. */
#define MEASURE(name, count, operation) do { \
        word before_ = 0; \
        for (int round_ = -(count); round_ < (count); round_++) { \
            if (round_ == 0) \
                before_ = cycles(); \
            operation; \
        } \
        row(name, cycles() - before_, (count)); \
    } while (0)

static void wait_for(int pid)
{
    int status = -1;
    if (pid < 0 || site_call(WAITPID, pid, (word)&status, 0) != pid || status)
        fail("a child");
}

static void null_process(void)
{
    int pid = site_call(FORK, 0, 0, 0);
    if (!pid)
        end(0);
    wait_for(pid);
}

static void program(const char *file, const char *const *arguments)
{
    static const char *const environment[] = { NULL };
    int pid = site_call(FORK, 0, 0, 0);
    if (!pid) {
        site_call(EXECVE, (word)file, (word)arguments, (word)environment);
        end(9);
    }
    wait_for(pid);
}

static void simple_process(void)
{
    static const char *const arguments[] = { "/init", "nothing", NULL };
    program("/init", arguments);
}

static void shell_process(void)
{
    static const char *const arguments[] = { "/bin/sh", "-c", "/init nothing", NULL };
    program("/bin/sh", arguments);
}

static word map(word size, word protection, word flags, int file)
{
    word at = call6(MMAP, 0, size, protection, flags, file, 0);
    if (at >= 0xFFFFF000u)
        fail("mmap");
    return at;
}

static void map_and_unmap(int file)
{
    word at = map(16 * PAGE, PROT_READ, MAP_PRIVATE, file);
    site_call(MUNMAP, at, 16 * PAGE, 0);
}

static void make_pipe(int *ends)
{
    if (site_call(PIPE, (word)ends, 0, 0))
        fail("pipe");
}

static void pass(int from, int to)
{
    char token = 0;
    if (site_call(READ, from, (word)&token, 1) != 1 || site_call(WRITE, to, (word)&token, 1) != 1)
        end(0);
}

/* A ring of processes passes a token. A switch costs what a process adds to a pipe within one process. */
static void context_switches(const char *name, int processes)
{
    enum { MOST = 8, ROUNDS = 20 };
    int pipes[MOST][2], pids[MOST];
    char token = 0;
    word alone, before = 0;
    for (int i = 0; i < processes; i++)
        make_pipe(pipes[i]);
    for (int round = -1; round < ROUNDS; round++) {
        if (round == 0)
            before = cycles();
        site_call(WRITE, pipes[0][1], (word)&token, 1);
        site_call(READ, pipes[0][0], (word)&token, 1);
    }
    alone = (cycles() - before) / ROUNDS;
    for (int i = 1; i < processes; i++) {
        pids[i] = site_call(FORK, 0, 0, 0);
        if (!pids[i])
            for (;;)
                pass(pipes[i - 1][0], pipes[i][1]);
    }
    for (int round = -1; round < ROUNDS; round++) {
        if (round == 0)
            before = cycles();
        site_call(WRITE, pipes[0][1], (word)&token, 1);
        site_call(READ, pipes[processes - 1][0], (word)&token, 1);
    }
    row(name, (cycles() - before) / processes - alone * ROUNDS, ROUNDS);
    for (int i = 1; i < processes; i++) {
        int status;
        site_call(KILL, pids[i], 9, 0);
        site_call(WAITPID, pids[i], (word)&status, 0);
    }
    for (int i = 0; i < processes; i++)
        for (int j = 0; j < 2; j++)
            site_call(CLOSE, pipes[i][j], 0, 0);
}

/* A byte to another process and back. */
static void pipe_latency(void)
{
    enum { ROUNDS = 20 };
    int there[2], back[2], status;
    char token = 0;
    make_pipe(there);
    make_pipe(back);
    int pid = site_call(FORK, 0, 0, 0);
    if (!pid)
        for (;;)
            pass(there[0], back[1]);
    MEASURE("pipe latency:", ROUNDS, {
        site_call(WRITE, there[1], (word)&token, 1);
        site_call(READ, back[0], (word)&token, 1);
    });
    site_call(KILL, pid, 9, 0);
    site_call(WAITPID, pid, (word)&status, 0);
}

/* Cycles for 64 KB through a pipe. The writer does not end by itself, because its end would be measured, too. */
static void pipe_bandwidth(void)
{
    enum { SIZE = 0x10000, PARTS = 4 };
    static char buffer[SIZE];
    int ends[2], status;
    make_pipe(ends);
    int pid = site_call(FORK, 0, 0, 0);
    if (!pid)
        for (;;)
            if (site_call(WRITE, ends[1], (word)buffer, SIZE) != SIZE)
                end(1);
    MEASURE("pipe, 64 KB:", PARTS, {
        for (int done = 0, now; done < SIZE; done += now)
            if ((now = site_call(READ, ends[0], (word)buffer, SIZE - done)) <= 0)
                fail("pipe");
    });
    site_call(KILL, pid, 9, 0);
    site_call(WAITPID, pid, (word)&status, 0);
}

/* Appel and Li, "Virtual Memory Primitives for User Programs": a handler gets a fault and changes the protection. */
static word appel_area;
static volatile word appel_next, appel_entered;

struct action { void (*handler)(int, void *, void *); word flags; void *restorer; word mask[2]; };

static void protect(word page, word count, word protection)
{
    if (site_call(MPROTECT, appel_area + page * PAGE, count * PAGE, protection))
        fail("mprotect");
}

/* Unprotects the page that was touched, and protects the next one if that is wanted. */
static void handler(int signal, void *information, void *context)
{
    appel_entered = cycles();
    (void)signal, (void)information, (void)context;
    word page = appel_next & 0xFFFF;
    protect(page, 1, PROT_READ | PROT_WRITE);
    if (appel_next >> 16)
        protect((page + 1) % APPEL_PAGES, 1, PROT_READ);
}

static void touch(word page) { *(volatile word *)(appel_area + page * PAGE) = page; }

static void appel(void)
{
    enum { SA_SIGINFO = 4 };
    struct action action = { handler, SA_SIGINFO, NULL, { 0, 0 } };
    if (call6(RT_SIGACTION, SIGSEGV, (word)&action, 0, 8, 0, 0))
        fail("sigaction");
    appel_area = map(APPEL_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    for (word page = 0; page < APPEL_PAGES; page++)
        touch(page);

    /* From a write to a protected page to the handler. */
    word trapping = 0;
    protect(0, APPEL_PAGES, PROT_READ);
    for (word page = 0; page < APPEL_PAGES; page++) {
        word written = cycles();
        appel_next = page;
        touch(page);
        trapping += appel_entered - written;
    }
    row("trap:", trapping, APPEL_PAGES);

    /* A trap, a page unprotected in its handler, another one protected. */
    word page = 0;
    protect(0, 1, PROT_READ);
    MEASURE("Appel 1:", 16, {
        appel_next = page | 1 << 16;
        touch(page);
        page = (page + 1) % APPEL_PAGES;
    });

    /* Many pages are protected at once; a trap for each. */
    word before = cycles();
    protect(0, APPEL_PAGES, PROT_READ);
    for (page = 0; page < APPEL_PAGES; page++) {
        appel_next = page;
        touch(page);
    }
    row("Appel 2:", cycles() - before, APPEL_PAGES);
}

static void simple_calls(void)
{
    enum { READ_WRITE = 2, ACCESS = 33 };
    static const char byte_of[1] = { 0 };
    int nowhere = site_call(OPEN, (word)"/dev/null", READ_WRITE, 0), file = site_call(OPEN, (word)"/init", 0, 0);
    if (nowhere < 0 || file < 0)
        fail("open");

    /* Meanwhile the system starts all of this process: answers are slower before that. */
    static const word tenth[2] = { 0, 100000000 };
    site_call(NANOSLEEP, (word)tenth, 0, 0);
    row("ready:", 0, 1);
    MEASURE("getpid:", 32, site_call(GETPID, 0, 0, 0));
    MEASURE("write to /dev/null:", 32, site_call(WRITE, nowhere, (word)byte_of, 1));
    MEASURE("mmap:", 16, map_and_unmap(file));
    MEASURE("null process:", 8, null_process());
    MEASURE("simple process:", 4, simple_process());
    if (!site_call(ACCESS, (word)"/bin/sh", 1, 0))
        MEASURE("/bin/sh process:", 2, shell_process());
}

void start(void)
{
    if (argument_count > 1)
        end(0);
    simple_calls();
    context_switches("context switch, 2:", 2);
    context_switches("context switch, 8:", 8);
    pipe_latency();
    pipe_bandwidth();
    appel();
    end(0);
}
