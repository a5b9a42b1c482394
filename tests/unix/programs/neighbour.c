/*
 * Not for Linux, and hostile to everybody: it uses all system calls of the microkernel against every thread that it can
 * name, takes what it can get, and forks until it cannot. The other Unix and the real-time thread must not notice.
 */
#include "call.h"
#include "kernel.h"

enum { PAGE = 4096, ATTACKERS = 3, SECONDS = 15, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20, MAP_FIXED = 0x10 };
enum { FIRST_SERVER = 5, TASKS = 64, LTHREADS = 3 };

static char mine[2 * PAGE] __attribute__((aligned(PAGE)));
static word spinning[1024];

/* Ids of all threads that there may be: the first versions of all tasks, of every chief that there is. */
static word victim(word number)
{
    word task = number / LTHREADS % TASKS, lthread = number % LTHREADS, chief = number / LTHREADS / TASKS % 3;
    return (chief == 0 ? 4 : FIRST_SERVER + chief - 1) << 24 | task << 16 | lthread << 10 | 1;
}

/* Nothing that it sends waits, and an answer is accepted anywhere. A wait of 0, or of a tenth of a second. */
enum { NOW = 0x11, SOON = 98 << 24 | 0x1A };

static void send(word to, word eax, word w0, word w1, word timeouts)
{
    struct registers r = { eax, timeouts, w0, w1, to, 0, 32 << 2 | 2 };
    ipc(&r);
}

static void send_to_all(void)
{
    static const word words[] = { 0xE0000007, 0xE000000B, 0xE0000003, 0xFFFFFF01, 0x40800000, 0xFFFFFFFC, 0x53, 0x7 };
    for (word i = 0; i < 3 * TASKS * LTHREADS; i++) {
        send(victim(i), 0, words[i % 8], 1, NOW);
        send(victim(i), 2, (word)mine, (word)mine | 12 << 2 | 2, NOW);
        send(victim(i), 2, 0, 32 << 2 | 2, NOW);
    }
}

static void schedule_all(void)
{
    for (word i = 0; i < 3 * TASKS * LTHREADS; i++) {
        struct registers r = { 0x00F00000, 0, 0, 0xFFFFFFFF, victim(i), 0, 0 }, w = { 0, 0, 0, 0, victim(i), 0, 0 };
        schedule(&r);
        yield(&w);
    }
}

/* Without a chief's right to it. */
static void delete_all(void)
{
    for (word task = 1; task < TASKS; task++) {
        struct registers r = { 0, 0, 0, 0, task << 16 | 1, 0, 0 };
        task_new(&r);
    }
}

/* Memory and ports of sigma0: 4 MB blocks, pages, any page, the page 0, and all ports. */
static void ask_sigma0(void)
{
    static const word ports[] = { 0xF0000040, 0xF000F010, 0xF0002010, 0xF0004010, 0xF003F010, 0xF002F010, 0xF0007010 };
    for (word block = 0; block < 16; block++)
        send(0x04020001, 0, 0x40000000 + (block << 22), 0, SOON);
    for (word page = 0; page < 0x4000; page += 7)
        send(0x04020001, 0, page << 12, 0, SOON);
    send(0x04020001, 0, 0xFFFFFFFC, 0, SOON);
    for (word i = 0; i < sizeof ports / sizeof *ports; i++)
        send(0x04020001, 0, ports[i], 0, SOON);
}

static void take_interrupts(void)
{
    for (word id = 1; id <= 16; id++) {
        struct registers r = { 0xFFFFFFFF, 1, 0, 0, id, 0, 0 };
        ipc(&r);
    }
}

/* Threads of its own, whose pagers are others' threads, spin or fault for ever. */
static void spin(void) { for (;;) spinning[0]++; }

static void fault(void)
{
    for (;;)
        __asm__ volatile("in $0x20, %%al" : : : "eax");
}

static void start_threads(void)
{
    for (word lthread = 2; lthread < 16; lthread++) {
        struct registers r = { lthread, (word)(spinning + 64 * lthread), lthread % 2 ? (word)spin : (word)fault,
            0xFFFFFFFF, victim(lthread * 7 + LTHREADS * 4), 0, 0 };
        start_thread(&r);
    }
}

static void unmap_all(void)
{
    struct registers r = { 32 << 2, 0x80000002, 0, 0, 0, 0, 0 };
    unmap(&r);
}

/* A page in each 4 MB that it can get, each with a page table. */
static void take_tables(void)
{
    for (word at = 0x50000000; at < 0xE0000000; at += 1 << 22)
        if ((word)call6(MMAP, at, PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at)
            *(volatile word *)at = 1;
}

static void take_memory(void)
{
    for (word size = 16 << 20;;) {
        word at = call6(MMAP, 0, size, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (word page = 0; at < 0xFFFFF000u && page < size; page += PAGE)
            *(volatile word *)(at + page) = 1;
    }
}

static void use_a_port(void) { __asm__ volatile("out %%al, $0xF4" : : "a"(0)); }

static void use_the_interrupt_controller(void) { __asm__ volatile("out %%al, $0x21" : : "a"(0xFF)); }

static void use_the_other_port(void) { __asm__ volatile("out %%al, %%dx" : : "a"('!'), "d"(0x3F8)); }

static void fork_for_ever(void)
{
    for (;;)
        call(FORK, 0, 0, 0);
}

static void attack_for_ever(void)
{
    for (;;) {
        start_threads();
        send_to_all();
        schedule_all();
        ask_sigma0();
        take_interrupts();
    }
}

/* Ends a child that goes on, with all its threads. */
static int child_for_a_while(void (*run)(void))
{
    static const word tenth[2] = { 0, 100000000 };
    int status = -1, pid = call(FORK, 0, 0, 0);
    if (!pid) {
        run();
        for (;;)
            spin();
    }
    call(NANOSLEEP, (word)tenth, 0, 0);
    call(KILL, pid, 9, 0);
    call(WAITPID, pid, (word)&status, 0);
    return status;
}

void start(void)
{
    number("a port:", child(use_a_port));
    number("another port:", child(use_the_interrupt_controller));
    number("the other's port:", child(use_the_other_port));
    number("page tables:", child(take_tables));
    number("memory:", child(take_memory));
    number("messages:", child(send_to_all));
    number("priorities:", child(schedule_all));
    number("tasks:", child(delete_all));
    number("sigma0:", child(ask_sigma0));
    child(take_interrupts);
    number("ports still:", child(use_a_port));
    child(unmap_all);
    number("threads:", child_for_a_while(start_threads));
    number("all at once:", 0);
    static const word seconds[2] = { SECONDS, 0 };
    for (int i = 0; i < ATTACKERS; i++)
        if (!call(FORK, 0, 0, 0))
            attack_for_ever();
    if (!call(FORK, 0, 0, 0))
        fork_for_ever();
    call(NANOSLEEP, (word)seconds, 0, 0);
    end(0);
}
