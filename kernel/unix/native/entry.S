# The ways into the native kernel and out of it, and its first instruction.
#
# A trap stores the registers in the process itself: ESP0 of the task state points to the end of its struct saved. The
# kernel then continues behind its call of run. The kernel runs with interrupts disabled, but for idle.

.equ KERNEL_BASE, 0xF0000000
.equ KERNEL_CODE, 8
.equ KERNEL_DATA, 16
.equ USER_DATA, 35
.equ SIZE_OF_SAVED, 60
.equ VECTOR, 32
.equ CODE_SEGMENT, 44
.equ EFLAGS, 48

        .text
        .globl _start, run, idle, idle_vector, fault_address, load_directory, go_high, entries

# Multiboot: modules on page boundaries, and the size of memory.
        .balign 4
        .long   0x1BADB002, 3, -0x1BADB005

# EBX holds the address of the loader's information.
_start:
        cli
        cld
        mov     $stack_end, %esp
        push    %ebx
        call    start
        hlt

# void go_high(directory, gdt, idt): enables pages with this directory, loads the tables, and the kernel's segments.
go_high:
        mov     4(%esp), %eax
        mov     8(%esp), %ecx
        mov     12(%esp), %edx
        mov     %eax, %cr3
        mov     %cr4, %eax
        or      $0x10, %eax
        mov     %eax, %cr4
        mov     %cr0, %eax
        or      $0x80000004, %eax
        mov     %eax, %cr0
        lgdt    (%ecx)
        lidt    (%edx)
        ljmp    $KERNEL_CODE, $1f
1:      mov     $KERNEL_DATA, %eax
        mov     %ax, %ss
        mov     %ax, %ds
        mov     %ax, %es
        xor     %eax, %eax
        mov     %ax, %fs
        mov     %ax, %gs
        mov     $40, %eax
        ltr     %ax
        ret

# void run(struct saved *s): continues a process until it traps.
run:
        mov     4(%esp), %eax
        push    %ebx
        push    %esi
        push    %edi
        push    %ebp
        mov     %esp, kernel_stack
        mov     %eax, %esp
        mov     $USER_DATA, %ecx
        mov     %cx, %ds
        mov     %cx, %es
        popa
        add     $8, %esp
        iret

# Each entry of a vector pushes its error code, or 0, and its number.
        .altmacro
        .macro  entry_of vector
entry_\vector:
        .if     !((\vector >= 10 && \vector <= 14) || \vector == 8 || \vector == 17)
        push    $0
        .endif
        push    $\vector
        jmp     trap
        .endm

        .set    vector, 0
        .rept   48
        entry_of %vector
        .set    vector, vector + 1
        .endr
entry_128:
        push    $0
        push    $128

trap:
        pusha
        mov     $KERNEL_DATA, %eax
        mov     %ax, %ds
        mov     %ax, %es
        cld
        testb   $3, CODE_SEGMENT(%esp)
        jz      nested
        mov     kernel_stack, %esp
        pop     %ebp
        pop     %edi
        pop     %esi
        pop     %ebx
        ret

# The kernel itself: an interrupt while it is idle, or a defect.
nested:
        mov     VECTOR(%esp), %eax
        cmp     $32, %eax
        jb      1f
        mov     %eax, idle_vector

        # idle continues with interrupts disabled. A second one at once would hide the vector of the first.
        andb    $~2, EFLAGS+1(%esp)
        popa
        add     $8, %esp
        iret
1:      push    %eax
        call    broken

# word idle(void): waits for an interrupt; its vector.
idle:
        sti
        hlt
        mov     idle_vector, %eax
        ret

fault_address:
        mov     %cr2, %eax
        ret

load_directory:
        mov     4(%esp), %eax
        mov     %eax, %cr3
        ret

        .section .rodata
        .balign 4
        .macro  address_of vector
        .long   entry_\vector
        .endm

# The addresses of the entries of vectors 0 to 47, then of 128.
entries:
        .set    vector, 0
        .rept   48
        address_of %vector
        .set    vector, vector + 1
        .endr
        .long   entry_128

        .bss
        .balign 4
idle_vector:
        .space  4
kernel_stack:
        .space  4
        .balign 4096
        .space  16384
stack_end:
        .section .note.GNU-stack, "", @progbits
