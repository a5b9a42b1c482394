/* L4 X.0 on IA-32 as programs in C use it: register messages, no library. */
typedef unsigned int word;

#define NONE 0xFFFFFFFFu
#define OPEN 1u
#define ITEM 2u
#define SIGMA0 0x04020001u
#define ROOT 0x04040001u
#define PAGE(address) ((address) | 12 << 2)

typedef struct { word w0, w1, w2; } message;

/* It has a fixed address, because no register is left for one. */
static volatile word receive_descriptor;

/* Descriptors in EAX and EBP, timeouts in ECX, the partner in ESI before and after. Returns the code. */
static inline word ipc(word send, word receive, word timeouts, word *partner, message *m)
{
    word code;
    receive_descriptor = receive;
    __asm__ volatile("push %%ebp; mov receive_descriptor, %%ebp; int $0x30; pop %%ebp"
        : "=a"(code), "=S"(*partner), "=d"(m->w0), "=b"(m->w1), "=D"(m->w2), "+c"(timeouts)
        : "0"(send), "1"(*partner), "2"(m->w0), "3"(m->w1), "4"(m->w2)
        : "memory", "cc");
    return code;
}

/* Returns the id of the new task, or 0. With pager 0 the task is inactive, and mcp is the id of its new chief. */
static inline word task_new(word mcp, word esp, word eip, word pager, word task)
{
    __asm__ volatile("int $0x36" : "+a"(mcp), "+c"(esp), "+d"(eip), "+b"(pager), "+S"(task) : : "memory", "cc");
    return task;
}

static inline void out(word port, word value) { __asm__ volatile("outb %%al, %%dx" : : "a"(value), "d"(port)); }

static inline word in(word port)
{
    word value = 0;
    __asm__ volatile("inb %%dx, %%al" : "+a"(value) : "d"(port));
    return value & 0xFF;
}

static inline word cycles(void)
{
    word low;
    __asm__ volatile("rdtsc" : "=a"(low) : : "edx");
    return low;
}

static void print(const char *text)
{
    for (; *text; text++) {
        while (!(in(0x3FD) & 0x20)) { }
        out(0x3F8, *text);
    }
}

static void end(word status)
{
    out(0xF4, status);
    for (;;) { }
}

static void check(int right, const char *what)
{
    if (right) return;
    print("wrong: ");
    print(what);
    print("\r\n");
    end(1);
}

void start(word argument);

/* Boot leaves the argument at [ESP]. */
__asm__(".globl _start\n_start: mov (%esp), %eax; mov $stack_end, %esp; push %eax; call start\n"
        ".bss\n.align 16\n.space 4096\nstack_end:\n.text\n");
