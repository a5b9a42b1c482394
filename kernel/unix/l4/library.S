# The emulation library: one page that every process can read, at LIBRARY (l4.h). It turns a Unix system call into a
# message to the server. It changes no flags, because INT 80h changes none. The server patches SERVER into it at boot.
#
#   entry         called with the return address on the stack; EAX the call's number, as at INT 80h
#   trap          INT 80h continues here; EAX the call's number, and the trap address is behind the INT 80h
#   frame         what the library leaves on the stack: PUSHA, then the return address; or PUSHA, EFLAGS, EIP
#   message       EDX 4 * number + 3, with bit 31 for a call by trap; EBX the first argument, EDI the frame; the server
#                 reads the rest from the stack
#   answer        EDX the result; EBX 0, or the address of a frame PUSHA, EFLAGS, EIP to continue with

.equ LIBRARY, 0x1000
.equ IPC, 0x30
.equ LTHREAD_EX_REGS, 0x35
.equ EXCHANGE_TRAP, 0x37
.equ INTERRUPTED, 0xFFFFFF01

        .section .rodata
        .globl library, library_entry, library_restart, library_start, library_interrupted, library_return
        .globl library_sigreturn, library_rt_sigreturn, library_end
        .globl library_agent_server, library_entry_server, library_start_server
        .balign 16
library:

# A new process: ESP is at a frame. Sets the trap address and starts the agent, then continues with the frame.
library_start:
        mov     $LIBRARY + trap - library, %eax
        int     $EXCHANGE_TRAP
        mov     $1, %eax
        mov     $LIBRARY + 0x1000, %ecx
        mov     $LIBRARY + agent - library, %edx
        mov     $-1, %ebx
library_start_server:
        mov     $0, %esi
        int     $LTHREAD_EX_REGS
        popa
        popf
        ret

# The end of a signal handler: the number of sigreturn, with the stack as INT 80h would find it.
library_sigreturn:
        pop     %eax
        mov     $119, %eax
        call    library_entry
        hlt

# Likewise of a handler with information.
library_rt_sigreturn:
        mov     $173, %eax
        call    library_entry
        hlt

# INT 80h of a program. Until the trap address is set again, the agent leaves the thread alone, because it is in the
# library. EAX and the return address change places on the stack.
trap:
        push    %eax
        mov     $LIBRARY + trap - library, %eax
        int     $EXCHANGE_TRAP
        xchg    %eax, (%esp)
        pusha
        lea     0x80000003(,%eax,4), %edx
        jmp     send

# The call of a program. An interrupted ipc is made again.
library_entry:
library_restart:
        pusha
        lea     3(,%eax,4), %edx
send:
        mov     %esp, %edi
library_entry_server:
        mov     $0, %esi
        mov     $0, %eax
        mov     $0, %ecx
        mov     $0, %ebp
        int     $IPC
        mov     %eax, %ecx
        jecxz   answered
        mov     28(%esp), %eax
        mov     16(%esp), %ebx
        lea     3(,%eax,4), %edx
        jmp     send
answered:
        mov     %ebx, %ecx
        jecxz   plain
        mov     %ebx, %esp
        popa
        popf
        ret
plain:
        mov     %edx, 28(%esp)
        popa
library_return:
        ret

# The agent has pushed EIP and EFLAGS of the interrupted program.
library_interrupted:
        pusha
again:
        mov     %esp, %edi
        mov     $LIBRARY + library_entry_server - library, %esi
        mov     1(%esi), %esi
        mov     $INTERRUPTED, %edx
        mov     $0, %eax
        mov     $0, %ecx
        mov     $0, %ebp
        int     $IPC
        mov     %eax, %ecx
        jecxz   1f
        jmp     again
1:      mov     %ebx, %esp
        popa
        popf
        ret

# A second thread of each process. When the server asks for it, it makes the first thread continue at EDX, with its old
# EFLAGS and EIP on its stack. A first thread that is in the library itself is left there.
#   message       EDX E0000003h, EBX 1 if the first thread was in the library
agent:
        mov     $0, %ebx
ready:
        mov     $0xE0000003, %edx
library_agent_server:
        mov     $0, %esi
        mov     $0, %eax
        mov     $0, %ecx
        mov     $0, %ebp
        int     $IPC
        test    %eax, %eax
        jnz     ready
        mov     %edx, %ebp

        # Park the first thread, to see its registers.
        mov     $0, %eax
        mov     $-1, %ecx
        mov     $LIBRARY + park - library, %edx
        mov     $-1, %ebx
        mov     $-1, %esi
        int     $LTHREAD_EX_REGS
        mov     %edx, %ebx
        shr     $12, %ebx
        cmp     $LIBRARY >> 12, %ebx
        je      inside

        mov     %edx, -4(%ecx)
        mov     %eax, -8(%ecx)
        lea     -8(%ecx), %ecx
        mov     %ebp, %edx
        mov     $0, %eax
        mov     $-1, %ebx
        mov     $-1, %esi
        int     $LTHREAD_EX_REGS
        jmp     agent
inside:
        mov     $0, %eax
        mov     $-1, %ecx
        mov     $-1, %ebx
        mov     $-1, %esi
        int     $LTHREAD_EX_REGS
        mov     $1, %ebx
        jmp     ready
park:
        jmp     park
library_end:
        .section .note.GNU-stack, "", @progbits
