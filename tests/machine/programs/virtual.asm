; A ROM of 64 KB that tests virtual interrupts: CLI, STI, PUSHF, POPF, IRET and INT, in virtual-8086 mode with and
; without CR4.VME, and in ring 3 with and without CR4.PVI. It tries each IOPL, VIF and VIP, and several flags on the
; stack. Every run ends by HLT or by a fault before it, and prints "vector error eip cs eflags esp stack" on port E9h.
; The ROM ends by isa-debug-exit, or by the port that ends Bochs.
;
; 0 table of the 8086 program   1000h GDT   2000h IDT   3000h TSS
; 10000h the program, its stack below 8000h in that segment
ROM equ 0xf0000
PROGRAM equ 0x10000
CODE0 equ 8
DATA0 equ 10h
CODE3 equ 18h+3
DATA3 equ 20h+3
TSS0 equ 28h
SP3 equ 0x7000
bits 16
org 0
start:
  cli
  lgdt [cs:gdtrom]
  lidt [cs:idtr]
  mov eax,cr0
  or al,1
  mov cr0,eax
  jmp dword CODE0:pm32+ROM
gdtrom: dw gdtend-gdt-1
      dd ROM+gdt
gdtr: dw gdtend-gdt-1
      dd 0x1000
idtr: dw 0x23*8-1
      dd 0x2000
gdt: dq 0
  dq 0x00cf9b000000ffff
  dq 0x00cf93000000ffff
  dq 0x00cffb010000ffff
  dq 0x00cff3010000ffff
  dq 0x00008900300000a8
gdtend:
bits 32
pm32:
  mov ax,DATA0
  mov ds,ax
  mov es,ax
  mov ss,ax
  mov esp,0x30000
  mov esi,gdt+ROM
  mov edi,0x1000
  mov ecx,gdtend-gdt
  rep movsb
  lgdt [gdtr+ROM]
  ; gates 0 to 22h, with DPL 3, to stubs of 16 bytes
  mov edi,0x2000
  mov eax,stubs+ROM
  mov ecx,0x23
gate:
  mov edx,eax
  and edx,0xffff
  or edx,CODE0<<16
  mov [edi],edx
  mov edx,eax
  and edx,0xffff0000
  or edx,0xee00
  mov [edi+4],edx
  add edi,8
  add eax,16
  loop gate
  ; the TSS: stack of ring 0, then the map of interrupts with a set bit for 22h alone, then no ports
  mov edi,0x3000
  xor eax,eax
  mov ecx,0x2b
  rep stosd
  mov dword [0x3004],0x30000
  mov dword [0x3008],DATA0
  mov word [0x3066],0x88
  mov byte [0x3068+4],4
  mov ax,TSS0
  ltr ax
  ; the program, and its table: 20h halts, 21h returns
  mov esi,program+ROM
  mov edi,PROGRAM
  mov ecx,programend-program
  rep movsb
  mov dword [0x20*4],PROGRAM<<12|halt-program
  mov dword [0x21*4],PROGRAM<<12|return-program
  ; EBX numbers the runs: stack image (2 bits), VIF and VIP, IOPL, extension, mode, code
  mov ebx,-1
next:
  mov esp,0x30000
  inc ebx
  mov eax,ebx
  shr eax,7
  cmp eax,codes
  jb run
  mov dx,0xf4
  mov al,0
  out dx,al
  mov dx,0x8900
  mov esi,bye+ROM
  mov ecx,8
  rep outsb
  hlt
run:
  movzx ebp,word [code+ROM+eax*2]
  ; FLAGS for POPF; for IRET an IP and a CS before them
  mov eax,ebx
  and eax,3
  movzx eax,word [images+ROM+eax*2]
  mov [PROGRAM+SP3],eax
  mov [PROGRAM+SP3+4],eax
  cmp ebp,iret16-program
  jb flags
  mov dword [PROGRAM+SP3],PROGRAM<<12|halt-program
  je flags
  mov [PROGRAM+SP3+8],eax
  mov dword [PROGRAM+SP3],halt-program
  mov dword [PROGRAM+SP3+4],PROGRAM>>4
flags:
  mov edx,ebx
  and edx,0xc
  shl edx,17
  or edx,2
  test bl,0x10
  jz low
  or edx,0x3000
low:
  xor eax,eax
  test bl,0x20
  jz plain
  inc eax
  test bl,0x40
  jz plain
  inc eax
plain:
  mov cr4,eax
  test bl,0x40
  jnz ring3
  or edx,0x20000
  push dword 0
  push dword 0
  push dword 0
  push dword 0
  push dword PROGRAM>>4
  push dword SP3
  push edx
  push dword PROGRAM>>4
  push ebp
  iretd
ring3:
  push dword DATA3
  push dword SP3
  push edx
  push dword CODE3
  push ebp
  iretd
align 16
stubs:
%assign v 0
%rep 0x23
  %if v != 8 && (v < 10 || v > 14)
  push byte 0
  %endif
  push byte v
  jmp strict near entered
  align 16
%assign v v+1
%endrep
entered:
  mov ax,DATA0
  mov ds,ax
  mov es,ax
  and dword [esp+16],~0x10000
  mov esi,esp
  mov ecx,6
  call line
  mov esi,[esp+20]
  add esi,PROGRAM
  mov ecx,2
  call line
  mov al,10
  out 0xe9,al
  jmp next
; ECX dwords at ESI
line:
  lodsd
  mov edx,eax
  mov ah,8
digit:
  rol edx,4
  mov al,dl
  and al,15
  cmp al,10
  sbb al,69h
  das
  out 0xe9,al
  dec ah
  jnz digit
  mov al,' '
  out 0xe9,al
  loop line
  ret
bye: db "Shutdown"
images: dw 2, 0x202, 0x102, 0x4202
code: dw cli16-program,sti16-program,pushf16-program,pushf32-program,popf16-program,popf32-program,mixed-program
  dw inside-program,there-program,back-program,iret16-program,iret32-program
codes equ ($-code)/2
program:
bits 16
halt: hlt
return: iret
cli16: cli
  hlt
sti16: sti
  hlt
pushf16: pushf
  hlt
pushf32: pushfd
  hlt
popf16: popf
  hlt
popf32: popfd
  hlt
mixed: sti
  pushf
  cli
  pushf
  hlt
inside: int 20h
  hlt
there: int 22h
  hlt
back: int 21h
  hlt
iret16: iret
iret32: iretd
programend:
times 0xfff0-($-$$) db 0xf4
reset: jmp 0f000h:start
times 0x10000-($-$$) db 0
