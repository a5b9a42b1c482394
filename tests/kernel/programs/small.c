/* The root task: two tasks in small spaces play ping-pong. With BEYOND, one of them then uses more than 4 MB. */
#include "l4.h"

#define ROUNDS 1000
#define ROUNDS_TEXT "$1000"
#define SERVER 0x04050001u
#define CLIENT 0x04060001u
#define SMALL(param) ((param) >> 8 & 0xFF)

static word server_stack[1024], client_stack[1024];

/* Answers every call with its own words. */
void server(void);
__asm__("server: mov $-1, %eax; xor %ecx, %ecx; mov $1, %ebp; int $0x30\n"
        "1: xor %eax, %eax; xor %ecx, %ecx; mov $1, %ebp; int $0x30; jmp 1b\n");

/*
 * Calls the server, counts right answers on its stack, and reports the count to the root task. With BEYOND it then
 * uses memory beyond 4 MB and does all this again. It may copy DS to other segment registers.
 */
void client(void);
__asm__("client: mov %ds, %eax; mov %eax, %fs; call 2f; call 4f; mov 0x600000, %eax; call 2f; call 4f; ud2\n"
        "2: push $0; push " ROUNDS_TEXT "\n"
        "3: mov (%esp), %edx; xor %eax, %eax; xor %ecx, %ecx; xor %ebp, %ebp; mov $0x04050001, %esi; int $0x30\n"
        "   xor %ecx, %ecx; cmp (%esp), %edx; sete %cl; add %ecx, 4(%esp); decl (%esp); jnz 3b\n"
        "   pop %ebx; pop %ebx; ret\n"
        "4: mov $-1, %edx; xor %eax, %eax; xor %ecx, %ecx; xor %ebp, %ebp; mov $0x04040001, %esi; int $0x30; ret\n");

/* The old parameter word. */
static word schedule(word thread, word param)
{
    word preempter = NONE;
    __asm__ volatile("int $0x34" : "+a"(param), "+b"(preempter), "+S"(thread) : : "ecx", "edx", "edi", "memory", "cc");
    return param;
}

static word space_of(word thread) { return SMALL(schedule(thread, NONE)); }

static void set_space(word thread, word number)
{
    word param = schedule(thread, NONE);
    check(param != NONE, "a thread of mine");
    schedule(thread, (param & 0xFFF000FFu) | number << 8);
}

/* Answers faults of both tasks until the client sends -1. Returns the number of right answers. */
static word serve(void)
{
    word partner = 0;
    message m = { 0, 0, 0 };
    word code = ipc(NONE, OPEN, 0, &partner, &m);
    while (m.w0 != NONE) {
        check(code == 0 && (partner == CLIENT || partner == SERVER), "a message of a task");
        volatile word *page = (volatile word *)(m.w0 & ~0xFFFu);
        *page = *page;
        m = (message){ (word)page, PAGE((word)page) | 2, 0 };
        code = ipc(ITEM, OPEN, 0, &partner, &m);
    }
    return m.w1;
}

#ifdef BEYOND
static void go_on(void)
{
    word partner = CLIENT;
    message m = { 0, 0, 0 };
    check(ipc(0, NONE, 0, &partner, &m) == 0, "the client waits");
}
#endif

void start(word argument)
{
    (void)argument;
    check(task_new(255, (word)(server_stack + 1024), (word)server, ROOT, SERVER) == SERVER, "the server");
    check(task_new(255, (word)(client_stack + 1024), (word)client, ROOT, CLIENT) == CLIENT, "the client");
    check(space_of(SERVER) == 0, "at first a space is large");
    set_space(SERVER, 1);
    set_space(CLIENT, 127);
    check(space_of(SERVER) == 1 && space_of(CLIENT) == 127, "the numbers");
    set_space(CLIENT, 255);
    check(space_of(CLIENT) == 127, "255 changes nothing");
    check(serve() == ROUNDS, "the answers");
    check(space_of(SERVER) == 1 && space_of(CLIENT) == 127, "both fit");
    print("small: 1000 round trips between small spaces\r\n");

#ifdef BEYOND
    go_on();
    check(serve() == ROUNDS, "the answers to a large one");
    check(space_of(SERVER) == 1, "the server is small");
    check(space_of(CLIENT) == 0, "the client is large");
    print("small: too small for one of them\r\n");
#endif
    end(0);
}
