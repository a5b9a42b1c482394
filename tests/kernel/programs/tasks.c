/*
 * The root task creates tasks with itself as their pager, plays ping-pong with them, deletes them and creates them
 * again.
 */
#include "l4.h"

#define ROUNDS 100
#define INCARNATIONS 300
#define TASK(number, version) (0x04000000u | (number) << 16 | (version))
#define ROOT_TEXT "0x04040001"

static word stack[1024], other_stack[1024];

/* Calls the root task with 4 n + 3 in EDX for n from 100 down to 1, and then with -1. Its counter is on the stack. */
void ping(void);
__asm__("ping: push $100\n"
        "1: mov (%esp), %edx; lea 3(,%edx,4), %edx; call 2f; decl (%esp); jnz 1b\n"
        "mov $-1, %edx; call 2f; ud2\n"
        "2: xor %eax, %eax; xor %ecx, %ecx; xor %ebp, %ebp; mov $" ROOT_TEXT ", %esi; int $0x30; ret\n");

/* Creates task 6, which runs ping and has the root task as its pager. Sends its id in EBX, with -1 in EDX. */
void parent(void);
__asm__("parent: mov $255, %eax; mov $other_stack + 4096, %ecx; mov $ping, %edx; mov $" ROOT_TEXT ", %ebx\n"
        "mov $0x60000, %esi; int $0x36\n"
        "mov %esi, %ebx; mov $-1, %edx; call 2b; ud2\n");

static word create(word task, void (*code)(void), word *top)
{
    return task_new(255, (word)top, (word)code, ROOT, task);
}

/*
 * Answers calls of the task with their own words, and its faults with the page, until one of its threads sends -1.
 * Returns the number of calls; w1 is the word of the last one.
 */
static word serve(word task, word *w1)
{
    word partner = 0, calls = 0;
    message m = { 0, 0, 0 };
    word code = ipc(NONE, OPEN, 0, &partner, &m);
    for (;;) {
        check(code == 0 && partner == task, "a message of the task");
        if (m.w0 == NONE) break;
        word send = 0;
        if ((m.w0 & 3) == 3) calls++;
        else {
            volatile word *page = (volatile word *)(m.w0 & ~0xFFFu);
            *page = *page;
            send = ITEM;
            m = (message){ (word)page, PAGE((word)page) | 2, 0 };
        }
        code = ipc(send, OPEN, 0, &partner, &m);
    }
    *w1 = m.w1;
    return calls;
}

static word send_to(word thread)
{
    message m = { 0, 0, 0 };
    return ipc(0, NONE, 0x11, &thread, &m);
}

void start(word argument)
{
    (void)argument;
    word w1;
    check(task_new(255, 0, 0, ROOT, TASK(2, 1)) == 0 && task_new(255, 0, 0, ROOT, ROOT) == 0,
        "tasks that are not the root task's");
    check(send_to(TASK(5, 1)) == 0x10, "a task that is not created yet");
    check(create(TASK(5, 77), ping, stack + 1024) == TASK(5, 1), "the first version");
    check(serve(TASK(5, 1), &w1) == ROUNDS, "the calls");
    print("tasks: ping-pong with task 5\r\n");

    check(create(TASK(5, 1), ping, stack + 1024) == TASK(5, 2), "the second version");
    check(send_to(TASK(5, 1)) == 0x10, "the deleted one");
    check(serve(TASK(5, 2), &w1) == ROUNDS, "the calls of the second");
    print("tasks: again, by its next version\r\n");

    check(task_new(ROOT, 0, 0, 0, TASK(5, 2)) != 0, "an inactive task");
    check(send_to(TASK(5, 2)) == 0x10, "nobody is in it");
    for (word i = 0; i < INCARNATIONS; i++) {
        check(create(TASK(5, 0), ping, stack + 1024) == TASK(5, 3 + i), "the next version");
        check(serve(TASK(5, 3 + i), &w1) == ROUNDS, "the calls of each");
    }
    print("tasks: 300 more than there are page tables for\r\n");

    word five = create(TASK(5, 0), parent, stack + 1024);
    check(task_new(five, 0, 0, 0, TASK(6, 0)) == 0x05060000, "a task for another chief");
    check(create(TASK(6, 0), ping, other_stack + 1024) == 0, "it is not mine any more");
    serve(five, &w1);
    check(w1 == 0x05060001, "the sub-task's id");
    check(serve(w1, &w1) == ROUNDS, "the sub-task's calls");
    check(task_new(ROOT, 0, 0, 0, five) != 0, "its chief is deleted");
    check(send_to(0x05060001) == 0x10, "and the sub-task with it");
    check(create(TASK(6, 0), ping, other_stack + 1024) == TASK(6, 2), "it is mine again");
    check(serve(TASK(6, 2), &w1) == ROUNDS, "its calls");
    print("tasks: a sub-task goes with its chief\r\n");
    end(0);
}
