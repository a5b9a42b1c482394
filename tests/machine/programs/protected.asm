; A ROM of 64 KB that tests protected and virtual-8086 mode, gates, tasks and paging. Each step prints "." on port E9h.
; If it faults, it prints "#vector error eip cs eflags", with CR2 or the segments of a virtual-8086 program. The next
; step follows in either case. Limits and rights of data segments are left out, because QEMU does not check them.
; The ROM ends by isa-debug-exit, or by the port that ends Bochs.
;
; 1000h GDT   2000h IDT   3000h TSS   6000h, 8000h, 9000h other tasks   7000h LDT   40000h page tables
; [NEXT] is the address after a fault, [STACK] its ESP. [RING] is 3 if that address is in ring 3; an index for
; virtual-8086 mode follows. [KERNEL] is the ESP of ring 0 for INT 40h, which ends ring 3.
NEXT equ 0xff00
STACK equ 0xff04
KERNEL equ 0xff08
RING equ 0xff0c
ROM equ 0xf0000
bits 16
org 0
start:
  cli
  lgdt [cs:gdtr]
  lidt [cs:idtr]
  mov eax,cr0
  or al,1
  mov cr0,eax
  jmp dword CODE0:pm32+ROM
CODE0 equ 8
DATA0 equ 10h
CODE3 equ 18h+3
DATA3 equ 20h+3
TSS0 equ 28h
CONF  equ 30h
EXPD  equ 38h
NPSEG equ 40h
CODE16 equ 48h
DATA16 equ 50h
GATE32 equ 58h+3
GATE16 equ 60h+3
TSSB  equ 68h
TGATE equ 70h+3
LDTS  equ 78h
ROSEG equ 80h
XOSEG equ 88h
SMALL equ 90h
TSSC  equ 98h  ; 286 TSS
CODE1 equ 0A0h ; DPL 1
STK1  equ 0A8h
NPTSS equ 0B0h
GNP   equ 0B8h
NPSS equ 0C0h
TSSV equ 0C8h
TSSX equ 0D0h
CODELDT equ 0+4
gdtr: dw gdtend-gdt-1
      dd ROM+gdt
idtr: dw 0x7ff
      dd 0x2000
%macro D 4 ; base limit access flags
  dw (%2)&0xffff
  dw (%1)&0xffff
  db ((%1)>>16)&0xff
  db %3
  db (((%2)>>16)&15)|((%4)<<4)
  db ((%1)>>24)&0xff
%endmacro
%macro G 4 ; sel off access count
  dw (%2)&0xffff
  dw %1
  db %4
  db %3
  dw (%2)>>16
%endmacro
align 8
gdt: dq 0
 D 0,0xfffff,0x9b,0xc
 D 0,0xfffff,0x93,0xc
 D 0,0xfffff,0xfb,0xc
 D 0,0xfffff,0xf3,0xc
 D 0x3000,0x2067,0x89,0
 D 0,0xfffff,0x9f,0xc
 D 0x20000,0x0fff,0x97,4
 D 0,0xfffff,0x13,0xc
 D ROM,0xffff,0x9b,0
 D 0x10000,0xffff,0x93,0
 G CODE0,(gate32-$$+ROM),0xec,2
 G CODE16,(gate16-$$),0xe4,1
 D 0x6000,0x67,0x89,0
 G TSSB,0,0xe5,0
 D 0x7000,0x1f,0x82,0
 D 0x10000,0xfff,0xf1,4
 D ROM,0xffff,0xf9,4
 D 0x10000,0x10,0xf3,4
 D 0x8000,0x2b,0x81,0
 D 0,0xfffff,0xbb,0xc
 D 0,0xfffff,0xb3,0xc
 D 0x6000,0x67,0x09,0
 G CODE0,0,0x6c,0
 D 0,0xfffff,0x73,0xc
 D 0x9000,0x67,0x89,0
 D 0x6000,0x40,0x89,0
gdtend:
bits 32
pm32:
  mov ax,DATA0
  mov ds,ax
  mov es,ax
  mov ss,ax
  mov fs,ax
  mov gs,ax
  mov esp,0x70000
  ; copy GDT to RAM 0x1000
  mov esi,ROM+gdt
  mov edi,0x1000
  mov ecx,gdtend-gdt
  cld
  rep movsb
  lgdt [ROM+gdtr2]
  ; idt: 64 vectors
  xor ecx,ecx
.i: mov eax,ecx
  imul eax,stubsize
  add eax,ROM+stubs
  mov [0x2000+ecx*8],ax
  mov word [0x2002+ecx*8],CODE0
  shr eax,16
  mov [0x2006+ecx*8],ax
  mov word [0x2004+ecx*8],0x8e00
  inc ecx
  cmp ecx,64
  jb .i
  mov word [0x2004+3*8],0xee00
  mov word [0x2004+4*8],0xee00
  mov word [0x2004+5*8],0xee00
  mov word [0x2004+0x21*8],0xee00
  mov word [0x2004+0x22*8],0xe500  ; task gate DPL3
  mov word [0x2002+0x22*8],TSSB
  mov word [0x2004+0x23*8],0x6e00  ; not present
  mov word [0x2004+0x24*8],0xee00 ; null selector
  mov word [0x2002+0x24*8],0
  mov word [0x2004+0x25*8],0xe600 ; 286 int gate
  mov word [0x2000+0x25*8],stub16
  mov word [0x2002+0x25*8],CODE16
  mov word [0x2006+0x25*8],0
  ; tss0
  mov dword [0x3004],0x68000
  mov dword [0x3008],DATA0
  mov dword [0x300c],0x67000
  mov dword [0x3010],STK1+1
  mov word [0x3066],0x68
  mov edi,0x3068
  mov ecx,0x2000
  mov al,0
  rep stosb
  mov byte [0x3068+(0x300>>3)],0xff
  mov byte [0x3068+(0x3f8>>3)],0
  mov byte [0x3068+(0xe9>>3)],0
  mov byte [0x3068+0x1fff],0xff
  mov ax,TSS0
  ltr ax
  ; ldt
  mov dword [0x7000],0x0000ffff
  mov dword [0x7004],0x00cffb00
  mov dword [0x7008],0x0000ffff
  mov dword [0x700c],0x00cff300
  mov ax,LDTS
  lldt ax
  ; A step: an instruction, or a load of a segment register.
%macro TEST 1+
  mov dword [NEXT],%%next+ROM
  mov [STACK],esp
  %1
  call ok
%%next:
%endmacro
%macro SEGT 2
  mov dword [NEXT],%%next+ROM
  mov [STACK],esp
  mov ax,%2
  mov %1,ax
  call ok
%%next:
%endmacro
  SEGT ds,0
  mov ax,DATA0
  mov ds,ax
  SEGT es,CODE3
  SEGT es,XOSEG
  SEGT es,NPSEG
  SEGT es,TSS0
  SEGT es,0xfff8
  SEGT es,ROSEG
  SEGT es,SMALL
  SEGT es,EXPD
  SEGT es,0x24   ; RPL.. LDT idx4 beyond
  SEGT es,0xc+3
  SEGT ss,0
  SEGT ss,CODE0
  SEGT ss,DATA3
  SEGT ss,NPSEG
  mov ax,DATA0
  mov es,ax
  TEST lldt [ROM+sel_tss]
  TEST ltr [ROM+sel_data]
  TEST ltr [ROM+sel_nptss]
  TEST jmp 0:0
  TEST jmp CODE3:0
  TEST jmp NPSEG:0
  TEST jmp DATA0:0
  TEST jmp 0xfff0:0
  TEST jmp CODE16:0x10000
  TEST jmp TSS0:0
  TEST jmp NPTSS:0
  TEST jmp TSSX:0
  TEST call GNP:0
  TEST int 0x23
  TEST int 0x24
  TEST int 0x90
  TEST int 3
  TEST int 0x21

  TEST ud2
  TEST mov eax,cr5
  TEST nop
  ; conforming call
  TEST call CONF:ROM+conf
  ; direct call gate from ring 0
  TEST call (GATE32&~3):0
  ; 16-bit code, which takes an interrupt through a 286 gate
  TEST call CODE16:code16t
  ; LAR, LSL, VERR, VERW: result and ZF
%macro LL 1
  mov eax,0xdeadbeef
  mov ecx,%1
  lar eax,ecx
  pushfd
  and eax,0xfff0ffff
  popfd
  call pf
  mov eax,0xdeadbeef
  lsl eax,ecx
  call pf
  xor eax,eax
  verr cx
  setz al
  verw cx
  setz ah
  call hex32
%endmacro
  LL 0
  LL CODE0
  LL DATA3
  LL TSS0
  LL GATE32
  LL GATE16
  LL TGATE
  LL XOSEG
  LL ROSEG
  LL EXPD
  LL LDTS
  LL 0xfff8
  LL CONF
  LL 4
  LL TSSC
  ; arpl
  mov eax,0x1230
  mov ecx,3
  arpl ax,cx
  call pf
  arpl ax,cx
  call pf
  ; A 386 task: called, through a task gate, and by INT
  mov edi,0x6000
  mov ecx,26
  xor eax,eax
  rep stosd
  mov dword [0x6020],ROM+taskb
  mov dword [0x6024],2
  mov dword [0x6038],0x60000
  mov dword [0x6048],DATA0
  mov dword [0x604c],CODE0
  mov dword [0x6050],DATA0
  mov dword [0x6054],DATA0
  mov dword [0x6058],DATA0
  mov dword [0x605c],DATA0
  mov dword [0x6060],0
  mov dword [0x6028],0x11111111
  mov dword [0x6064],0
  TEST call TSSB:0
  mov eax,[0x1000+TSSB+4]
  call hex32
  mov eax,[0x1000+TSS0+4]
  call hex32
  call tssdump
  TEST call (TGATE&~3):0
  TEST int 0x22
  mov eax,cr0
  and eax,0xf
  call hex32
  clts
  sldt eax
  and eax,0xffff
  call hex32
  mov ax,LDTS
  lldt ax
  ; A 286 task
  mov edi,0x8000
  mov ecx,13
  xor eax,eax
  rep stosd
  mov word [0x800e],task16
  mov word [0x8010],2
  mov word [0x801a],0x5000
  mov word [0x8022],DATA16
  mov word [0x8024],CODE16
  mov word [0x8026],DATA16
  mov word [0x8028],DATA0
  TEST call TSSC:0
  mov eax,[0x8010]
  call hex32
  mov eax,[0x1000+TSSC+4]
  call hex32
  ; A task whose CS is a data segment: #TS in the new task
  mov dword [0x6020],ROM+taskb
  mov word [0x6038],0
  mov dword [0x6038],0x60000
  TEST call TSSB:0
  mov eax,[0x1000+TSSB+4]
  call hex32
  str eax
  and eax,0xffff
  call hex32
  mov dword [0x604c],CODE0
  mov dword [0x6020],ROM+taskb
  mov dword [0x6024],2
  mov dword [0x6038],0x60000
  and byte [0x1000+TSS0+5],~2
  and byte [0x1000+TSSB+5],~2
  mov ax,TSS0
  ltr ax
  mov ax,DATA0
  mov ss,ax
  mov ds,ax
  mov es,ax
  mov fs,ax
  mov gs,ax
  pushfd
  and dword [esp],~0x4000
  popfd
  ; ring 3
  mov dword [KERNEL],esp
  push DATA3
  push 0x50000
  push 2
  push CODE3
  push ROM+ring3
  iretd
back0:
  mov esp,[KERNEL]
  mov ax,DATA0
  mov ds,ax
  mov es,ax
  mov fs,ax
  mov gs,ax
  call nl
  ; V86
  mov edi,0x20000
  mov esi,ROM+v86code
  mov ecx,v86end-v86code
  rep movsb
  push 0  ; gs
  push 0x1234  ; fs
  push 0x2000  ; ds
  push 0x3000  ; es
  push 0x4000  ; ss
  push 0xfff0  ; sp
  push 0x20002
  push 0x2000
  push 0
  mov [KERNEL],esp
  mov dword [RING],0
  iretd
v86done:
  mov ax,DATA0
  mov ds,ax
  mov es,ax
  call nl
  ; paging
  mov edi,0x40000
  mov ecx,0x400*3
  xor eax,eax
  rep stosd
  mov dword [0x40000],0x41007
  ; One table through directory entries of different rights, and a 4 MB page
  mov dword [0x40004],0x42007
  mov dword [0x40008],0x42005   ; user RO
  mov dword [0x4000c],0x42003   ; supervisor
  mov dword [0x40010],0x00400087 ; 4MB page
  xor ecx,ecx
.p: mov eax,ecx
  shl eax,12
  or al,7
  mov [0x41000+ecx*4],eax
  inc ecx
  cmp ecx,1024
  jb .p
  mov dword [0x42000],0x43007
  mov dword [0x42004],0x43005
  mov dword [0x42008],0x43003
  mov dword [0x4200c],0x43006
  mov dword [0x42010],0x43001
  mov eax,0x40000
  mov cr3,eax
  mov eax,cr0
  or eax,0x80000000
  mov cr0,eax
%macro PT 1
  TEST mov eax,[%1]
  TEST mov [%1],eax
%endmacro
  PT 0x400000
  PT 0x401000
  PT 0x402000
  PT 0x403000
  PT 0x404000
  PT 0x405000
  PT 0x800000
  PT 0x801000
  PT 0xc00000
  PT 0x1000000
  TEST mov [0x402ffe],eax
  mov eax,[0x42000]
  call hex32
  mov eax,[0x42004]
  call hex32
  mov eax,[0x42008]
  call hex32
  mov eax,[0x42010]
  call hex32
  mov eax,[0x40004]
  call hex32
  mov eax,[0x40008]
  call hex32
  mov eax,cr0
  or eax,0x10000
  mov cr0,eax
  PT 0x400000
  PT 0x401000
  PT 0x404000
  PT 0x800000
  PT 0xc01000
  mov eax,cr4
  or eax,0x10
  mov cr4,eax
  TEST mov eax,[0x1010000]
  mov eax,[0x40010]
  call hex32
  TEST mov [0x1010000],eax
  mov eax,[0x40010]
  call hex32
  mov dword [KERNEL],esp
  push DATA3
  push 0x50000
  push 2
  push CODE3
  push ROM+ring3p
  iretd
%macro PT3 1
  mov dword [NEXT],%%n1+ROM
  mov eax,[%1]
  call ok
%%n1:
  mov dword [NEXT],%%n2+ROM
  mov [%1],eax
  call ok
%%n2:
%endmacro
ring3p:
  mov ax,DATA3
  mov ds,ax
  mov [STACK],esp
  mov dword [RING],3
  PT3 0x400000
  PT3 0x401000
  PT3 0x402000
  PT3 0x403000
  PT3 0x800000
  PT3 0xc00000
  PT3 0x1010000
  mov dword [NEXT],ROM+.z
  mov dword [RING],0
  int 0x40
  hlt
.z:
  ; debug regs
  mov eax,ROM+bp1
  mov dr0,eax
  mov eax,0xfe00
  mov dr1,eax
  mov eax,0x00d0040a      ; DR0: execution, DR1: writes of 4 bytes
  mov dr7,eax
bp1: nop
  mov dword [0xfe02],5
  mov eax,[0xfe00]
  mov al,[0xfe04]
  mov eax,dr6
  call hex32
  mov eax,dr7
  call hex32
  mov eax,0x400
  mov dr7,eax
  ; done
  mov dx,0xf4
  mov al,0
  out dx,al
  mov dx,0x8900
  mov esi,ROM+farewell
.bye: mov al,[cs:esi]
  out dx,al
  inc esi
  test al,al
  jnz .bye
  hlt
farewell: db 'Shutdown',0
taskb:
  push eax
  mov al,'B'
  call putc
  pop eax
  call hex32
  pushfd
  pop eax
  call hex32
  mov eax,[0x6000]
  call hex32
  str eax
  and eax,0xffff
  call hex32
  iretd
  jmp taskb
tssdump:
  mov eax,[0x3024]
  call hex32
  mov eax,[0x6024]
  call hex32
  mov eax,[0x304c]
  call hex32
  mov eax,[0x6000]
  call hex32
  ret
gate32:
  mov al,'g'
  call putc
  mov eax,[esp+4]
  call hex32
  mov eax,[esp+8]
  call hex32
  mov eax,[esp+12]
  call hex32
  mov eax,[esp+16]
  call hex32
  mov eax,[esp+20]
  call hex32
  mov eax,cs
  call hex32
  mov eax,ss
  call hex32
  mov eax,esp
  call hex32
  retf 8
conf:
  mov eax,cs
  call hex32
  retf
ring3:
  mov ax,DATA3
  mov ds,ax
  mov es,ax
  mov dword [RING],3
  push 0x5555
  push 0x6666
  call GATE32:0
  mov eax,esp
  call hex32
  mov [STACK],esp
%macro T3 1+
  mov dword [NEXT],%%n+ROM
  %1
  call ok
%%n:
%endmacro
  T3 cli
  T3 hlt
  T3 mov eax,cr0
  T3 lgdt [0x100]
  T3 int 0x30
  T3 int 3
  T3 into
  T3 in al,0x21
  T3 int 0x22
  mov dx,0x3f8+5
  T3 in al,dx
  mov dx,0x300
  T3 in al,dx
  mov dx,0x307
  T3 out dx,al
  mov dx,0x2ff
  T3 in ax,dx
  T3 in al,dx
  mov dx,0xffff
  T3 in al,dx
  SEGT es,DATA0
  SEGT es,DATA3
  SEGT es,CONF
  SEGT es,4+3
  SEGT ss,DATA0
  T3 call CODE0:0
  T3 call CONF:ROM+conf
  T3 jmp GATE32:0
  T3 call GNP:0
  T3 call TSSB:0
  T3 call TGATE:0
  T3 clts
  T3 call GATE16:0
  pushfd
  pop eax
  call hex32
  push 0x3202
  popfd
  pushfd
  pop eax
  call hex32
  push 2
  popfd
  T3 db 0x0f,0x35
  mov dword [NEXT],ROM+back0
  mov dword [RING],0
  int 0x40
ok:
  push eax
  mov al,'.'
  call putc
  pop eax
  ret
pf:
  push eax
  pushfd
  call hex32
  pop eax
  and eax,0x40
  call hex32
  pop eax
  ret
putc:
  push edx
  mov dx,0xe9
  out dx,al
  pop edx
  ret
nl: mov al,10
  jmp putc
hex32:
  pushfd
  push ecx
  push eax
  mov ecx,8
.h: rol eax,4
  push eax
  and al,15
  cmp al,10
  sbb al,0x69
  das
  call putc
  pop eax
  loop .h
  mov al,' '
  call putc
  pop eax
  pop ecx
  popfd
  ret
stubsize equ 16
stubs:
%assign i 0
%rep 64
%if i==8 || (i>=10 && i<=14) || i==17
 db 0x90,0x90
%else
 push byte 0
%endif
 push dword i
 jmp handler
 times stubsize-($-stubs-i*stubsize) db 0x90
%assign i i+1
%endrep
handler:
  pushad
  mov eax,DATA0
  push ds
  push es
  mov ds,eax
  mov es,eax
  mov al,'#'
  call putc
  mov eax,[esp+40]
  call hex32   ; vector
  mov eax,[esp+44]
  call hex32
  mov eax,[esp+48] ; eip
  call hex32
  mov eax,[esp+52] ; cs
  and eax,0xffff
  call hex32
  mov eax,[esp+56]
  and eax,~0x10000
  call hex32
  mov eax,[esp+40]
  cmp al,14
  jne .no
  mov eax,cr2
  call hex32
.no:
  test dword [esp+56],0x20000
  jnz v86h
  cmp byte [esp+40],1
  je dbh
  test byte [esp+52],3
  jnz .r3
  ; ring 0: resume at next
  pop es
  pop ds
  mov eax,DATA0
  mov ss,eax
  mov ds,eax
  mov es,eax
  mov esp,[STACK]
  jmp [NEXT]
.r3:
  ; return to ring3 at next unless ff0c=0
  cmp dword [RING],0
  je .z
  mov eax,[NEXT]
  mov [esp+48],eax
  mov eax,[STACK]
  mov [esp+60],eax
  pop es
  pop ds
  popad
  add esp,8
  iretd
.z: mov esp,[KERNEL]
  jmp [NEXT]
dbh:
  mov eax,dr6
  call hex32
  xor eax,eax
  mov dr6,eax
  mov dword [esp+56],0x10002
  pop es
  pop ds
  popad
  add esp,8
  iretd
v86h:
  ; print frame: esp ss es ds fs gs
  mov esi,60
  mov ecx,6
.l: mov eax,[esp+esi]
  and eax,0xffff
  call hex32
  add esi,4
  loop .l
  mov eax,[esp+4]
  call hex32
  ; skip instruction: length in table by order
  mov eax,[RING]
  movzx ebx,byte [ROM+v86lens+eax]
  inc dword [RING]
  add [esp+48],ebx
  cmp ebx,0
  jne .go
  mov esp,0x70000
  jmp v86done
.go:
  cmp ebx,99
  jne .go2
  sub dword [esp+48],99-1
  or dword [esp+56],0x3000 ; IOPL 3
.go2:
  pop es
  pop ds
  popad
  add esp,8
  iretd
; Bytes by which each fault's instruction is skipped; 99: a byte, and IOPL 3 from then on; 0: the end.
v86lens: db 1,1,1,1,2,1,3,3,3,1,99,2,1,0
bits 16
v86code:
  cli
  sti
  pushf
  popf
  int 0x21
  iret
  in al,0x21
  sldt ax
  lar ax,ax
  mov eax,cr0
  hlt
  hlt             ; the handler sets IOPL 3
  pushf
  pop ax
  mov dx,0x3f8+5
  in al,dx
  cli
  sti
  push ax
  mov bx,cs
  add bx,0x10
  mov ds,bx
  int 0x30    ; dpl0 gate -> GP
  in al,0x21
  mov bx,0xffff
  hlt
  hlt
  hlt
v86end:
task16:
  mov al,'S'
  mov dx,0xe9
  out dx,al
  iret
stub16:
  mov al,'s'
  mov dx,0xe9
  out dx,al
  mov eax,esp
  iret
code16t:
  int 0x25
  push ax
  pop ax
  db 0x66
  retf
gate16:
  mov al,'6'
  mov dx,0xe9
  out dx,al
  retf 2
gdtr2: dw gdtend-gdt-1
      dd 0x1000
sel_tss: dw TSS0
sel_data: dw DATA0
sel_nptss: dw NPTSS
times 0xfff0-($-$$) db 0xf4
reset: jmp 0f000h:start
times 0x10000-($-$$) db 0
