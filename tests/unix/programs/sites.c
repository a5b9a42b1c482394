/* INT 80h in each surrounding that the server treats differently. Prints what each returns, and what was rewritten. */
#include "call.h"

/* Before a return and padding: can be rewritten. */
int with_room(int number, word a, word b, word c);
__asm__(".balign 16\nwith_room: push %ebx; mov 8(%esp), %eax; mov 12(%esp), %ebx; mov 16(%esp), %ecx\n"
        "mov 20(%esp), %edx; call site; pop %ebx; ret\n.balign 16\n.globl site\nsite: int $0x80; ret; nop\n");
extern unsigned char site[];

/* vfork as libraries have it: the return address is kept in EDX. */
int fork_by_register(void);
__asm__("fork_by_register: pop %edx; mov $190, %eax; int $0x80; push %edx; ret\n");

/* All other registers and the flags are as before. */
int keeps(void);
__asm__("keeps: push %ebx; push %esi; push %edi; push %ebp\n"
        "mov $1, %ebx; mov $2, %ecx; mov $3, %edx; mov $4, %esi; mov $5, %edi; mov $6, %ebp; mov $20, %eax; stc\n"
        "call site; jnc 1f; cmp $1, %ebx; jne 1f; cmp $2, %ecx; jne 1f; cmp $3, %edx; jne 1f; cmp $4, %esi; jne 1f\n"
        "cmp $5, %edi; jne 1f; cmp $6, %ebp; jne 1f; mov $1, %eax; jmp 2f\n1: xor %eax, %eax\n"
        "2: pop %ebp; pop %edi; pop %esi; pop %ebx; ret\n");

void start(void)
{
    int pid = call(GETPID, 0, 0, 0), status = 0;
    number("the same process:", with_room(GETPID, 0, 0, 0) == pid);
    number("again:", with_room(GETPID, 0, 0, 0) == pid);
    number("registers and flags kept:", keeps());
    number("written:", with_room(WRITE, 1, (word)"text\n", 5));
    number("an unknown call:", with_room(9999, 0, 0, 0));
    int child = fork_by_register();
    if (!child)
        end(7);
    call(WAITPID, child, (word)&status, 0);
    number("status of the child:", status);
    number("six arguments:", (word)call6(MMAP, 0, 4096, 3, 0x22, -1, 0) < 0xFFFFF000);
    end(site[0] == 0x66);
}
