# System calls of L4 X.0 as C calls them, and the server's first instruction.

        .text
        .globl _start, ipc, my_thread, fpage_unmap, task_new, thread_start, thread_priority, thread_state, thread_cancel
        .globl  thread_switch, enter_small_space, is_space_large

# [ESP] holds the argument that boot leaves.
_start:
        mov     (%esp), %eax
        mov     $stack_end, %esp
        push    %eax
        call    start
        hlt

# On the pages of C's hot code, because every system call needs it.
        .section .text.hot, "ax", @progbits

# ECX and EBP keep their values, so they can hold the address of the message afterwards.
ipc:
        push    %ebx
        push    %esi
        push    %edi
        push    %ebp
        mov     20(%esp), %eax
        push    %eax
        mov     4(%eax), %ecx
        mov     8(%eax), %edx
        mov     12(%eax), %ebx
        mov     16(%eax), %edi
        mov     20(%eax), %ebp
        mov     24(%eax), %esi
        mov     (%eax), %eax
        int     $0x30
        pop     %ebp
        mov     %eax, (%ebp)
        mov     %edx, 8(%ebp)
        mov     %ebx, 12(%ebp)
        mov     %edi, 16(%ebp)
        mov     %esi, 24(%ebp)
        pop     %ebp
        pop     %edi
        pop     %esi
        pop     %ebx
        ret

        .text
my_thread:
        push    %esi
        xor     %esi, %esi
        int     $0x31
        mov     %esi, %eax
        pop     %esi
        ret

fpage_unmap:
        mov     4(%esp), %eax
        mov     8(%esp), %ecx
        int     $0x32
        ret

task_new:
        push    %ebx
        push    %esi
        mov     12(%esp), %eax
        mov     16(%esp), %ecx
        mov     20(%esp), %edx
        mov     24(%esp), %ebx
        mov     28(%esp), %esi
        int     $0x36
        mov     %esi, %eax
        pop     %esi
        pop     %ebx
        ret

thread_start:
        push    %ebx
        push    %esi
        mov     12(%esp), %eax
        mov     16(%esp), %ecx
        mov     20(%esp), %edx
        mov     24(%esp), %esi
        mov     $-1, %ebx
        int     $0x35
        pop     %esi
        pop     %ebx
        ret

# Slices of some ticks: the parameter is m 24, e 20, and the unit of e 10 is a tick.
thread_priority:
        push    %ebx
        push    %esi
        mov     12(%esp), %esi
        mov     20(%esp), %eax
        shl     $24, %eax
        or      $10 << 20, %eax
        or      16(%esp), %eax
        mov     $-1, %ebx
        int     $0x34
        pop     %esi
        pop     %ebx
        ret

thread_switch:
        push    %esi
        mov     8(%esp), %esi
        int     $0x33
        pop     %esi
        ret

# The state of the table in spec/interface, section 7.
thread_state:
        push    %ebx
        push    %esi
        mov     12(%esp), %esi
        mov     $-1, %eax
        mov     $-1, %ebx
        int     $0x34
        shr     $16, %eax
        and     $15, %eax
        pop     %esi
        pop     %ebx
        ret

# In a small space, FS and GS are null (spec/interface, 13.8).
is_space_large:
        mov     %gs, %eax
        ret

# Writes the parameter of this thread back with a small-space number (spec/interface, 7.19 and 7.21).
enter_small_space:
        push    %ebx
        push    %esi
        mov     12(%esp), %esi
        mov     $-1, %eax
        mov     $-1, %ebx
        int     $0x34
        mov     12(%esp), %esi
        and     $0xFFF000FF, %eax
        or      $0x00000100, %eax
        mov     $-1, %ebx
        int     $0x34
        pop     %esi
        pop     %ebx
        ret

# Ends the ipc that an lthread of this task waits in.
thread_cancel:
        push    %ebx
        push    %esi
        mov     12(%esp), %eax
        mov     $-1, %ecx
        mov     $-1, %edx
        mov     $-1, %ebx
        mov     $-1, %esi
        int     $0x35
        pop     %esi
        pop     %ebx
        ret

        .bss
        .balign 4096
        .space  16384
stack_end:
        .section .note.GNU-stack, "", @progbits
