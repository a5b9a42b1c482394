/*
 * System calls of L4 X.0 (spec/interface, section 2) for programs that are root tasks and measure the microkernel
 * without a Unix. The root task prints a line for each row: its name, and the cycles of one operation.
 */
#include "../ports.h"

#define OPEN 1u
#define ITEM 2u
#define ROOT 0x04040001u
#define ROOT_TEXT "0x04040001"
#define TASK(number) (0x04000001u | (number) << 16)
#define FPAGE(address, log) ((word)(address) | (log) << 2)
#define WRITABLE 2u
#define PAGE_LOG 12
#define UNMAP 2u
#define PROTECT 0u
#define STACK_WORDS 1024

/* The codes of ipc: done, and done with a map item. */
enum { DONE = 0, MAPPED = 2 };

typedef struct { word w0, w1, w2; } message;

/*
 * Descriptors, timeouts, the partner before and after, and the words. The receive descriptor is a constant, because no
 * register is left for it. The value is the code.
 */
#define IPC(send, receive, timeouts, partner, m) ({ \
    word code_ = (send), timeouts_ = (timeouts); \
    __asm__ volatile("push %%ebp; mov %[descriptor], %%ebp; int $0x30; pop %%ebp" \
        : "+a"(code_), "+S"(partner), "+d"((m).w0), "+b"((m).w1), "+D"((m).w2), "+c"(timeouts_) \
        : [descriptor] "i"(receive) : "memory", "cc"); \
    code_; })

static inline void fpage_unmap(word fpage, word mask)
{
    __asm__ volatile("int $0x32" : : "a"(fpage), "c"(mask) : "memory", "cc");
}

/* The low half: no row takes 2^32 cycles. */
static inline word cycles(void)
{
    word low;
    __asm__ volatile("rdtsc" : "=a"(low) : : "edx");
    return low;
}

static void print(const char *text)
{
    for (; *text; text++) {
        while (!(in(COM1 + SERIAL_STATUS) & CAN_SEND)) { }
        out(COM1, *text);
    }
}

/* The line that ends the preparations: what came before it is no part of a row. */
#define READY "ready"

static inline void row(const char *name, word value)
{
    char digits[16], *at = digits + sizeof digits - 1;
    *at = 0;
    *--at = '\n';
    do
        *--at = '0' + value % 10;
    while (value /= 10);
    print(name);
    print(": ");
    print(at);
}

static void end(word status)
{
    out(EXIT_PORT, status);
    for (;;) { }
}

/* Only the root task has ports to say this. */
static void check(int right, const char *what)
{
    if (right)
        return;
    print("failed: ");
    print(what);
    print("\n");
    end(1);
}

static inline word task_new(word mcp, word esp, word eip, word pager, word task)
{
    __asm__ volatile("int $0x36" : "+a"(mcp), "+c"(esp), "+d"(eip), "+b"(pager), "+S"(task) : : "memory", "cc");
    return task;
}

/* A task whose pager is the root task. */
static inline void create(word task, void (*code)(void), word *stack)
{
    check(task_new(255, (word)(stack + STACK_WORDS), (word)code, ROOT, task) == task, "to create a task");
}

static inline void delete(word task) { check(task_new(ROOT, 0, 0, 0, task) != 0, "to delete a task"); }

/*
 * What a task asks of the root task. The first words of its messages differ from those of page faults, whose lowest
 * two bits are not both set.
 */
enum { REQUEST = 3 };
#define ASK(what) ((what) << 2 | REQUEST)

static inline void ask(word what, word w1, word w2)
{
    message m = { ASK(what), w1, w2 };
    word partner = ROOT;
    IPC(0, 0, 0, partner, m);
}

/* The map item that answers the fault of a task with the root task's own page at that address. */
static inline message own_page(word address)
{
    volatile word *page = (volatile word *)(address & ~(PAGE - 1));
    *page = *page;
    return (message){ (word)page, FPAGE(page, PAGE_LOG) | WRITABLE, 0 };
}

void start(void);

__asm__(".globl _start\n_start: mov $root_stack_end, %esp; call start\n"
        ".bss\n.align 16\n.space 4096\nroot_stack_end:\n.text\n");
