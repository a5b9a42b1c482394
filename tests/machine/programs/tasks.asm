; A ROM of 64 KB that tests task switches between 386 and 286 TSSs, their faults, interrupts out of virtual-8086
; mode, and 286 call gates. Every case starts from the same tables and registers in task M. Each entered task or gate
; prints a line on port E9h, in hex without leading zeros:
;   the case; GS FS ES DS EDI ESI EBP ESP EBX EDX ECX EAX EFLAGS; the 12 dwords above on the stack (a vector, an error
;   code, a frame); SS CS TR LDTR link CR0 CR2>>12 CR3 DR6 DR7 [WINDOW]; the types of all TSSs, a sum over all TSSs; M's
;   TSS; and the linked TSS, if it is another one.
; Then the list of the case says what follows. Vectors 8 and 10 to 13 are tasks with the vector in EAX. The ROM ends by
; isa-debug-exit, or by the port that ends Bochs.
;
; These cases are left out, because Bochs differs from the manual:
;   - a bad stack or LDT if the fault's handler is no task: Bochs switches to the stack of ring 0;
;   - a TSS that ends in the two unused bytes above SS0: Bochs needs them for the stack of an inner ring;
;   - an EIP beyond the limit in a task that an exception enters: #GP with EXT comes while the exception is delivered,
;     in Bochs after it;
;   - a page fault while the old task is saved or a busy bit is written: by then, Bochs has cleared a busy bit, or has
;     saved the old task.
; CR2 is printed without its lowest byte, because no manual says which byte of an access faults first.
ROM equ 0xf0000
bits 16
org 0
start:
  cli
  lgdt [cs:gdtrom]
  lidt [cs:idtr]
  mov eax,cr0
  or al,1
  mov cr0,eax
  jmp dword CODEB:pm32
GDT equ 0x1000
IDT equ 0x2000
M equ 0x3000
A equ 0x3100
B equ 0x3200   ; 286
C equ 0x3280   ; 286
R equ 0x3300
V equ 0x3400
N equ 0x3500   ; not present
H equ 0x3600   ; 8, 10 to 13, each 80h bytes
I equ 0x3900   ; 286, a handler
TSSEND equ 0x3a00
LDT equ 0x4000
CASEP equ 0x5000
ACT equ 0x5004
NUMBER equ 0x5008
WINDOW equ 0x7f000
VSEG equ 0x2000
gdtrom: dw gdtend-gdt-1
  dd ROM+gdt
gdtr: dw gdtend-gdt-1
  dd GDT
idtr: dw 0x40*8-1
  dd IDT
%macro D 5 ; selector base limit access flags
%1 equ $-gdt
  dw (%3)&0xffff
  dw (%2)&0xffff
  db ((%2)>>16)&0xff
  db %4
  db (((%3)>>16)&15)|((%5)<<4)
  db ((%2)>>24)&0xff
%endmacro
%macro G 5 ; selector target offset access count
%1 equ $-gdt
  dw (%3)&0xffff
  dw %2
  db %5
  db %4
  dw 0
%endmacro
align 8
gdt: dq 0
  D CODE0,0,0xfffff,0x9b,0xc
  D DATA0,0,0xfffff,0x93,0xc
  D CODEB,ROM,0xffff,0x9b,4
  D CODE16,ROM,0xffff,0x9b,0
  D DATA16,0x10000,0xffff,0x93,0
  D CODE3,ROM,0xffff,0xfb,4
  D DATA3,0,0xfffff,0xf3,0xc
  D CODE3W,ROM,0xffff,0xfb,0
  D DATA3W,0x20000,0xffff,0xf3,0
  D LDTS,LDT,0x17,0x82,0
  D NPCODE,ROM,0xffff,0x1b,4
  D NPDATA,0,0xfffff,0x13,0xc
  D RODATA,0,0xfffff,0x91,0xc
  D XOCODE,ROM,0xffff,0x99,4
  D CODE1,ROM,0xffff,0xbb,4
  D DATA1,0,0xfffff,0xb3,0xc
  D CONF0,ROM,0xffff,0x9f,4
  D CONF3,ROM,0xffff,0xff,4
  D LIMITED,ROM,0x0f,0x9b,4
  D TINY,0x10000,0x0fff,0x93,0
  D NPLDT,LDT,0x17,0x02,0
  G CALL0,CODEB,stubc-$$,0xe4,3
  G CALL0W,CODE16,stubcw-$$,0xe4,2
  G CALL1,CODE1,stub1-$$,0xe4,4
  G GATEA,TSSA,0,0xe5,0
  G GATEB,TSSB,0,0xe5,0
  G GATENP,TSSA,0,0x65,0
  G GATE0,TSSA,0,0x85,0
  G GATEM,TSSM,0,0x85,0
  G GATELDT,4,0,0x85,0
  G GATENULL,0,0,0x85,0
  G GATECODE,CODEB,0,0x85,0
  G GATEFAR,0xfff8,0,0x85,0
  G GATENPT,TSSN,0,0x85,0
  D TSSM,M,0x67,0x89,0
  D TSSA,A,0x67,0x89,0
  D TSSB,B,0x2b,0x81,0
  D TSSC,C,0x2b,0x81,0
  D TSSR,R,0x67,0x89,0
  D TSSV,V,0x67,0x89,0
  D TSSN,N,0x67,0x09,0
  D TSSH0,H+0*0x80,0x67,0x89,0
  D TSSH1,H+1*0x80,0x67,0x89,0
  D TSSH2,H+2*0x80,0x67,0x89,0
  D TSSH3,H+3*0x80,0x67,0x89,0
  D TSSH4,H+4*0x80,0x67,0x89,0
  D TSSI,I,0x2b,0x81,0
gdtend:
bits 32
%assign n 0
%macro CASE 0-* ; how each task that is entered goes on, the last to the next case
  align 4,nop
case%[n]:
  %assign n n+1
  dd case%[n],%%code
  %rep %0
  dd %1
  %rotate 1
  %endrep
  dd next
%%code:
%endmacro
pm32:
  mov ax,DATA0
  mov ds,ax
  mov es,ax
  mov dword [CASEP],case0
  mov dword [NUMBER],-1
  ; two page directories, of which the second shows another page at WINDOW; and the TSSs again at 80000h, read-only
  mov ss,ax
  mov esp,0x70000
  mov eax,7
  mov edi,0x41000
  call pages
  mov eax,7
  mov edi,0x43000
  call pages
  mov dword [0x40000],0x41007
  mov dword [0x42000],0x43007
  mov dword [0x43000+(WINDOW>>12)*4],WINDOW-0x1000+7
  mov dword [0x41000+0x80*4],M|5
  mov dword [0x41000+0x81*4],0
  mov dword [WINDOW],0x77
  mov dword [WINDOW-0x1000],0x66
next:
  mov ax,DATA0
  mov ds,ax
  mov es,ax
  mov fs,ax
  mov gs,ax
  mov ss,ax
  mov esp,0x70000
  mov eax,0x10
  mov cr0,eax
  or al,1
  mov cr0,eax
  jmp CODEB:.far
.far:
  push dword 2
  popfd
  xor eax,eax
  lldt ax
  mov cr2,eax
  mov cr3,eax
  mov cr4,eax
  mov dr6,eax
  mov dr7,eax
  mov edi,GDT
  mov esi,gdt+ROM
  mov ecx,gdtend-gdt
  rep movsb
  lgdt [cs:gdtr]
  mov edi,M
  mov ecx,0x400*2
  mov eax,0
  rep stosd
  mov edi,0x53000
  mov ecx,0x300
  rep stosd
  mov edi,0x63000
  mov ecx,0x300
  rep stosd
  mov edi,0x6fe00
  mov ecx,0x90
  rep stosd
  mov edi,0x13000
  mov ecx,0x300
  rep stosd
  mov edi,0x27000
  mov ecx,0x410
  rep stosd
  inc dword [NUMBER]
  mov ebx,[CASEP]
  ; the IDT
  mov edi,IDT
  mov edx,stubs
  mov ecx,0x40
.gate:
  mov [edi],dx
  mov word [edi+2],CODEB
  mov dword [edi+4],0xee00
  add edx,stubsize
  add edi,8
  loop .gate
  mov ax,TSSH0
  mov edi,IDT+8*8
  call taskgate
  mov edi,IDT+10*8
.handler:
  call taskgate
  cmp edi,IDT+14*8
  jb .handler
  mov word [IDT+0x30*8+4],0xe600
  mov word [IDT+0x31*8+4],0xe700
  mov word [IDT+0x33*8+4],0xef00
  mov ax,TSSA
  mov edi,IDT+0x34*8
  call taskgate
  mov ax,TSSB
  call taskgate
  mov ax,TSSI
  call taskgate
  ; an LDT: code, data, a TSS
  mov dword [LDT],0xffff
  mov dword [LDT+4],0x00409b0f
  mov dword [LDT+8],0xffff
  mov dword [LDT+12],0x00cf9300
  mov dword [LDT+16],A<<16|0x67
  mov dword [LDT+20],0x8900
  ; TSSs
  mov edi,M
  call task32
  mov edi,A
  call task32
  mov edi,R
  call task32
  mov edi,V
  call task32
  mov edi,N
  call task32
  mov edi,H
  mov edx,8
.vector:
  call task32
  mov [edi+0x28],edx
  cmp edx,9
  adc edx,1   ; 8, then 10 to 13
  add edi,0x80
  cmp edx,14
  jb .vector
  mov edi,B
  call task16
  mov edi,C
  call task16
  mov word [C+0x24],CODE16
  mov word [C+0x0e],enterw
  mov edi,I
  call task16
  mov dword [M+0x0c],0x53f00-0x400
  mov word [M+0x10],DATA1+1
  ; R in ring 3
  mov dword [R+0x24],0x3002
  mov word [R+0x4c],CODE3+3
  mov dword [R+0x20],ring3
  mov word [R+0x50],DATA3+3
  mov word [R+0x54],DATA3+3
  mov word [R+0x48],DATA3+3
  mov word [R+0x58],DATA3+3
  mov word [R+0x5c],0
  ; V in virtual-8086 mode
  mov dword [V+0x24],0x23002
  mov word [V+0x4c],VSEG
  mov dword [V+0x20],0
  mov dword [V+0x38],0x8000
  mov word [V+0x50],VSEG
  mov word [V+0x54],0x1111
  mov word [V+0x48],0x2222
  mov word [V+0x58],0x3333
  mov word [V+0x5c],0x4444
  mov edi,VSEG<<4
  mov esi,virtual+ROM
  mov ecx,virtualend-virtual
  rep movsb
  mov ax,TSSM
  ltr ax
  clts
  push dword [ebx+ROM+4]
  lea eax,[ebx+8]
  mov [ACT],eax
  mov eax,[ebx+ROM]
  mov [CASEP],eax
  mov eax,0xa0a1a2a3
  mov ecx,0xc0c1c2c3
  mov edx,0xd0d1d2d3
  mov ebx,0xb0b1b2b3
  mov ebp,0x90919293
  mov esi,0x80818283
  mov edi,0x70717273
  ret
pages:
  mov ecx,0x400
.p: stosd
  add eax,0x1000
  loop .p
  ret
taskgate:
  mov dword [edi],0
  mov [edi+2],ax
  mov dword [edi+4],0xe500
  add ax,8
  add edi,8
  ret
task32:
  lea eax,[edi+0x50000]
  mov [edi+4],eax
  mov byte [edi+8],DATA0
  mov dword [edi+0x1c],0x40000
  mov dword [edi+0x20],enter
  mov byte [edi+0x24],2
  mov ecx,8
.r: mov eax,ecx
  imul eax,0x01010101
  add eax,edi
  mov [edi+0x24+ecx*4],eax
  loop .r
  lea eax,[edi+0x60000]
  mov [edi+0x38],eax
  mov ecx,6
.s: mov byte [edi+0x44+ecx*4],DATA0
  loop .s
  mov byte [edi+0x4c],CODEB
  mov byte [edi+0x66],0x68
  ret
task16:
  mov [edi+2],di
  sub word [edi+2],0x20
  mov word [edi+4],DATA16
  mov word [edi+0x0e],enter
  mov byte [edi+0x10],2
  mov ecx,8
.r: mov eax,ecx
  imul eax,0x0101
  add eax,edi
  mov [edi+0x10+ecx*2],ax
  loop .r
  mov [edi+0x1a],di
  mov word [edi+0x22],DATA0
  mov word [edi+0x24],CODEB
  mov word [edi+0x26],DATA16
  mov word [edi+0x28],DATA0
  ret
align 16
stubs:
%assign v 0
%rep 0x40
  push byte v
  jmp strict near enter
stubsize equ 7
%assign v v+1
%endrep
stub30: push byte 0x30
  jmp enter
stubc: push byte 0x70
  jmp enter
stub1:
  pop eax
  pop ebx
  pop ecx
  pop edx
  int 0x3f
bits 16
stubcw: push dword 0x71
  jmp dword CODEB:enter
enterw:
  jmp dword CODEB:enter
bits 32
enter:
  push dword 0
  pushfd
  pushad
  mov eax,ds
  push eax
  mov eax,es
  push eax
  mov eax,fs
  push eax
  mov eax,gs
  push eax
  cld
  mov ax,DATA0
  mov ds,ax
  mov es,ax
  mov esi,esp
  mov ax,ss
  cmp ax,DATA16
  jne .flat
  movzx esi,si
  add esi,0x10000
.flat:
  mov ebx,esi
  mov eax,[NUMBER]
  call hex
  mov ecx,13
  call dump
  lodsd
  mov ecx,12
  call dump
  mov ax,ss
  call word16
  mov ax,cs
  call word16
  str ax
  call word16
  movzx edx,ax
  sldt ax
  call word16
  mov edi,[GDT+edx+2]
  and edi,0xffffff
  mov ax,[edi]
  call word16
  mov eax,cr0
  and eax,0x8000000f
  call hex
  mov eax,cr2
  shr eax,12
  call hex
  mov eax,cr3
  call hex
  mov eax,dr6
  call hex
  mov eax,dr7
  call hex
  mov eax,[WINDOW]
  call hex
  call comma
  mov ebp,GDT+TSSM
.types:
  movzx eax,byte [ds:ebp+5]
  call hex
  add ebp,8
  cmp ebp,GDT+gdtend-gdt
  jb .types
  xor eax,eax
  mov esi,M
.sum:
  rol eax,5
  add eax,[esi]
  add esi,4
  cmp esi,TSSEND
  jb .sum
  call hex
  call comma
  mov esi,M
  mov ecx,26
  call dump
  movzx edx,word [edi]
  test edx,edx
  jz .end
  cmp edx,TSSM
  je .end
  mov esi,[GDT+edx+2]
  and esi,0xffffff
  mov ecx,11
  test byte [GDT+edx+5],8
  jz .dump
  mov ecx,26
.dump:
  call dump
.end:
  mov al,10
  out 0xe9,al
  mov esi,[ACT]
  add dword [ACT],4
  mov eax,[esi+ROM]
  cmp eax,next
  je next
  mov [ebx+13*4],eax
  pop eax
  mov gs,ax
  pop eax
  mov fs,ax
  pop eax
  mov es,ax
  pop eax
  mov ds,ax
  popad
  popfd
  ret
; ECX dwords at ESI
dump:
  lodsd
  call hex
  loop dump
comma:
  mov al,','
  out 0xe9,al
  ret
word16:
  movzx eax,ax
; EAX without leading zeros
hex:
  push edx
  push ecx
  push eax
  mov ecx,8
  mov edx,eax
.skip:
  rol edx,4
  cmp ecx,1
  je .digit
  test dl,15
  jnz .digit
  loop .skip
.digit:
  mov al,dl
  and al,15
  cmp al,10
  sbb al,0x69
  das
  out 0xe9,al
  rol edx,4
  loop .digit
  mov al,' '
  out 0xe9,al
  pop eax
  pop ecx
  pop edx
  ret
; The continuation of an entered task
iret_:
  iretd
  jmp enter
iretw_:
  iretw
  jmp enter
again:          ; what follows an interrupt's vector
  lea esp,[esp+4]
  iretd
again16:
  lea esp,[esp+4]
  iretw
error:          ; an error code of a task
  lea esp,[esp+4]
  iretd
  jmp enter
error16:
  lea esp,[esp+2]
  iretd
  jmp enter
jmpm: jmp TSSM:0
  jmp enter
jmpa: jmp TSSA:0
  jmp enter
jmpb: jmp TSSB:0
  jmp enter
calla: call TSSA:0
  jmp enter
callb: call TSSB:0
  jmp enter
callc: call TSSC:0
  jmp enter
callm: call TSSM:0
  jmp enter
int34: int 0x34
  jmp enter
ud: ud2
retw:
  lea esp,[esp+4]
  retfw 6
retwc:
  lea esp,[esp+4]
  retfw 4
ring3: int 0x3f
  push dword 0x11112222
  push dword 0x33334444
  call CALL0:0
  int 0x3f
  call GATEA:0
  int 0x3f
  int 0x34
  int 0x3f
params:
  push dword 0x55556666
  push dword 0x77778888
  push dword 0x99990000
  push dword 0xaaaabbbb
  call CALL1:0
gate3:
  push dword 0x55556666
  mov word [GDT+CALL0],conforming
  call CALL0:0
jump3:
  jmp CALL0:0
conforming:
  pop eax
  pop ebx
  mov cx,cs
  int 0x3f
gate0:
  call CALL0:0
  int 0x3f
tss3:
  call TSSA:0
task3:
  call GATE0:0
ring3ret: iretd
  int 0x3f
stepped: nop
  jmp enter
bits 16
params16:
  push word 0x1234
  push word 0x5678
  push word 0x9abc
  call CALL0:0
  int 0x3f
  push word 0x4321
  push word 0x8765
  call CALL0W:0
  int 0x3f
virtual:
  int 0x30
virtual31 equ $-virtual
  int 0x31
virtual32 equ $-virtual
  int 0x32
  int 0x33
  int 0x34
  int 0x32
  int 0x35
  int 0x32
virtualud equ $-virtual
  ud2
virtualcli equ $-virtual
  cli
  int 0x32
virtualend:
bits 32
%macro RING3 2-4 DATA3+3,0x6ff80 ; CS EIP SS ESP
  push dword %3
  push dword %4
  push dword 0x3002
  push dword %1
  push dword %2
  iretd
%endmacro
%macro INTERRUPTS 0 ; vectors 10 to 13 by interrupt gates
  %assign v 10
  %rep 4
  mov dword [IDT+v*8],CODEB<<16|(stubs-$$+v*stubsize)
  mov word [IDT+v*8+4],0x8e00
  %assign v v+1
  %endrep
%endmacro
; Every way in and out: a JMP and back, a CALL and back, through gates
  CASE jmpm
  jmp TSSA:0
  jmp enter
  CASE iret_
  call TSSA:0
  jmp enter
  CASE jmpm
  jmp TSSB:0
  jmp enter
  CASE iret_
  call TSSB:0
  jmp enter
  CASE iret_
  call TSSC:0
  jmp enter
  CASE iret_
  call GATEA:0
  jmp enter
  CASE iret_
  call GATEB:0
  jmp enter
  CASE jmpm
  jmp GATEA:0
  jmp enter
  CASE jmpm
  jmp GATEB:0
  jmp enter
  CASE iret_
  int 0x34
  jmp enter
  CASE iret_
  int 0x35
  jmp enter
; Three tasks
  CASE callb,iret_,iret_
  call TSSA:0
  jmp enter
  CASE callc,iret_,iret_
  call TSSB:0
  jmp enter
  CASE calla,iret_,iret_
  call TSSB:0
  jmp enter
  CASE calla,int34
  jmp TSSB:0
  CASE jmpa,callb,jmpm
  jmp TSSB:0
  jmp enter
  CASE jmpb,jmpm
  call TSSC:0
  jmp enter
  CASE callm
  call TSSB:0
  CASE callb
  call TSSB:0
  CASE jmpm
  call TSSA:0
; Exceptions with tasks for them: no error code, one of 32 bits, one of 16
  CASE iret_
  mov word [IDT+6*8+2],TSSA
  mov word [IDT+6*8+4],0xe500
  mov word [A+0x20],skip
  ud2
  jmp enter
  CASE
  mov word [IDT+6*8+2],TSSB
  mov word [IDT+6*8+4],0xe500
  ud2
  CASE
  mov fs,[cs:badword]
  CASE
  mov word [IDT+13*8+2],TSSI
  mov fs,[cs:badword]
  CASE error
  mov word [M+0x58],0
  mov word [H+4*0x80+0x20],patch
  mov fs,[cs:badword]
  jmp enter
  CASE error16
  mov word [IDT+13*8+2],TSSI
  mov word [I+0x0e],patch
  mov fs,[cs:badword]
  jmp enter
  CASE
  mov word [IDT+0x34*8+2],TSSI
  int 0x34
  CASE error,iret_
  mov word [H+4*0x80+0x20],patch
  mov word [B+0x0e],loadbad
  call TSSB:0
  jmp enter
  CASE
  mov word [IDT+13*8+2],TSSI
  mov word [A+0x20],loadbad
  call TSSA:0
  CASE ud
  mov word [IDT+6*8+2],TSSC
  mov word [IDT+6*8+4],0xe500
  call TSSA:0
; Other forms of the instructions, and what they ignore
  CASE iretw_
  o16 call TSSA:0
  jmp enter
  CASE iretw_
  call far [cs:pointer]
  jmp enter
  CASE iret_
  mov word [IDT+3*8+2],TSSB
  mov word [IDT+3*8+4],0xe500
  int3
  jmp enter
  CASE
  mov word [IDT+3*8+2],TSSM
  mov word [IDT+3*8+4],0xe500
  int3
  CASE
  mov dword [R+0x20],ring3ret
  call TSSR:0
  jmp enter
  CASE
  mov dword [A+0x24],0x3dfed5
  jmp TSSA:0
  CASE
  mov word [B+0x10],0xfed5
  jmp TSSB:0
  CASE iret_
  mov word [A+0x24],0x4002
  mov word [A],TSSM
  jmp TSSA:0
; TF in the new task, and in the old one
  CASE
  mov byte [A+0x25],1
  mov word [A+0x20],stepped
  call TSSA:0
  CASE
  mov byte [B+0x11],1
  mov word [B+0x0e],stepped
  int 0x35
  CASE
  mov byte [A+0x25],1
  mov byte [A+0x64],1
  mov word [A+0x20],stepped
  call TSSA:0
  CASE
  mov byte [A+0x64],1
  mov word [IDT+1*8+2],TSSM
  mov word [IDT+1*8+4],0xe500
  call TSSA:0
; Double faults: a gate that is not there, a bad handler's task, one without room for the error code
  CASE
  mov word [IDT+13*8+4],0x0500
  mov fs,[cs:badword]
  CASE
  mov word [H+4*0x80+0x50],0
  mov fs,[cs:badword]
  CASE
  mov word [H+4*0x80+0x54],NPDATA
  mov fs,[cs:badword]
  CASE
  mov word [H+4*0x80+0x50],TINY
  mov word [H+4*0x80+0x38],0
  mov fs,[cs:badword]
  CASE
  mov word [IDT+13*8+2],TSSI
  mov word [I+0x26],TINY
  mov word [I+0x1a],0
  mov fs,[cs:badword]
  CASE
  mov word [IDT+13*8+2],TSSI
  mov word [I+0x24],DATA0
  mov fs,[cs:badword]
; Possible targets of a switch
  CASE
  jmp TSSM:0
  CASE
  call TSSM:0
  CASE
  call GATEM:0
  CASE
  mov word [IDT+0x34*8+2],TSSM
  int 0x34
  CASE calla
  call TSSA:0
  CASE
  jmp TSSN:0
  CASE
  call TSSN:0
  CASE
  call GATENPT:0
  CASE
  mov word [IDT+0x34*8+2],TSSN
  int 0x34
  CASE
  jmp GATENP:0
  CASE
  call GATELDT:0
  CASE
  call GATENULL:0
  CASE
  call GATECODE:0
  CASE
  call GATEFAR:0
  CASE
  mov word [IDT+0x34*8+2],0
  int 0x34
  CASE
  mov word [IDT+0x34*8+2],4
  int 0x34
  CASE
  mov word [IDT+0x34*8+2],CODEB+3
  int 0x34
  CASE
  mov word [IDT+0x34*8+2],0xfffb
  int 0x34
  CASE
  mov word [IDT+0x34*8+4],0x6500
  int 0x34
  CASE
  mov ax,LDTS
  lldt ax
  jmp 0x14:0
  CASE
  jmp TSSA+1:0
  CASE iret_
  mov byte [GDT+TSSA+5],0xe9
  call TSSA+3:0
  jmp enter
  CASE
  mov byte [GDT+TSSA],0x66
  jmp TSSA:0
  CASE
  mov byte [GDT+TSSB],0x2a
  call TSSB:0
  CASE
  mov byte [GDT+TSSB],0x2a
  int 0x35
  CASE
  mov word [IDT+6*8+2],TSSB
  mov word [IDT+6*8+4],0xe500
  mov byte [GDT+TSSB],0x2a
  ud2
  CASE
  mov word [IDT+6*8+2],TSSN
  mov word [IDT+6*8+4],0xe500
  ud2
  CASE
  mov word [IDT+6*8+2],TSSM
  mov word [IDT+6*8+4],0xe500
  ud2
; The old task's TSS is too small
  CASE
  mov byte [GDT+TSSM+5],0x89
  mov byte [GDT+TSSM],0x50
  mov ax,TSSM
  ltr ax
  INTERRUPTS
  jmp TSSB:0
; A task's own TSS; a descriptor that was changed after it was loaded
  CASE
  and byte [GDT+TSSM+5],0xfd
  jmp TSSM:0
  jmp enter
  CASE
  and byte [GDT+TSSM+5],0xfd
  call TSSM:0
  jmp enter
  CASE jmpm
  or byte [GDT+TSSM+5],0x60
  jmp TSSA:0
  jmp enter
; IRET to a task that is not nested
  CASE
  push dword 0x4002
  popfd
  iretd
  CASE
  mov word [M],TSSA
  push dword 0x4002
  popfd
  iretd
  CASE
  mov word [M],TSSM
  push dword 0x4002
  popfd
  iretd
  jmp enter
  CASE
  mov word [M],CODEB
  push dword 0x4002
  popfd
  iretd
  CASE
  mov word [M],0xfff8
  push dword 0x4002
  popfd
  iretd
  CASE
  mov word [M],0x14
  push dword 0x4002
  popfd
  iretd
  CASE
  mov word [M],TSSN+3
  mov byte [GDT+TSSN+5],0x0b
  push dword 0x4002
  popfd
  iretd
  CASE
  mov word [M],TSSB
  mov byte [GDT+TSSB+5],0x83
  mov byte [GDT+TSSB],0x2a
  push dword 0x4002
  popfd
  iretd
  CASE
  mov word [M],TSSB
  mov byte [GDT+TSSB+5],0x83
  push dword 0x4002
  popfd
  iretd
; The new task reports its own defects: to a task, and to a gate if its stack is good
%macro BAD 2 ; field, selector
  CASE
  mov word [A+%1],%2
  call TSSA:0
  CASE
  mov word [A+%1],%2
  jmp TSSA:0
%if %1 != 0x50 && %1 != 0x60
  CASE
  INTERRUPTS
  mov word [A+%1],%2
  call TSSA:0
%endif
%endmacro
  BAD 0x4c,0
  BAD 0x4c,NPCODE
  BAD 0x4c,DATA0
  BAD 0x4c,0xfff8
  BAD 0x4c,CODE1
  BAD 0x4c,CONF3
  BAD 0x4c,4
  BAD 0x4c,TSSA
  BAD 0x50,0
  BAD 0x50,NPDATA
  BAD 0x50,RODATA
  BAD 0x50,CODEB
  BAD 0x50,DATA3
  BAD 0x50,DATA0+3
  BAD 0x50,0xfff8
  BAD 0x50,0xc
  BAD 0x54,NPDATA
  BAD 0x54,XOCODE
  BAD 0x48,TSSM
  BAD 0x58,0xfff8
  BAD 0x5c,DATA0+3
  BAD 0x5c,0xc
  BAD 0x60,NPLDT
  BAD 0x60,DATA0
  BAD 0x60,0xfff8
  BAD 0x60,4
  CASE
  mov word [B+0x26],NPDATA
  call TSSB:0
  CASE
  mov word [B+0x24],0
  call TSSB:0
  CASE
  mov word [B+0x2a],DATA0
  call TSSB:0
  CASE
  mov word [B+0x28],NPDATA
  mov word [IDT+0x36*8+2],TSSB
  int 0x36
  CASE
  mov word [B+0x28],NPDATA
  mov word [IDT+6*8+2],TSSB
  mov word [IDT+6*8+4],0xe500
  ud2
; in IRET
  CASE iret_
  mov word [A+0x20],breakm
  call TSSA:0
; good ones: LDT, conforming code, null data
  CASE iret_
  mov word [A+0x60],LDTS
  mov word [A+0x4c],4
  mov word [A+0x5c],0xc
  call TSSA:0
  jmp enter
  CASE iret_
  mov word [A+0x4c],CONF0
  mov word [A+0x54],0
  mov word [A+0x58],3
  call TSSA:0
  jmp enter
  CASE
  mov word [B+0x2a],LDTS
  mov word [B+0x24],4
  call TSSB:0
; EIP beyond the limit
  CASE
  mov word [A+0x4c],LIMITED
  call TSSA:0
  CASE
  mov word [A+0x22],1
  jmp TSSA:0
  CASE
  mov word [B+0x24],LIMITED
  int 0x35
; ring 3
  CASE
  mov word [A+0x4c],CODE3+3
  call TSSA:0
  CASE again,retw,again,iret_,again,iret_,again
  jmp TSSR:0
  CASE
  mov dword [R+0x20],tss3
  jmp TSSR:0
  CASE
  mov dword [R+0x20],task3
  jmp TSSR:0
; T
  CASE again
  mov byte [A+0x64],1
  call TSSA:0
  CASE again,iret_
  mov byte [M+0x64],1
  call TSSB:0
  jmp enter
  CASE
  mov byte [B+0x64],1
  mov eax,0x7ff
  mov dr7,eax
  call TSSB:0
  CASE again
  mov byte [A+0x64],1
  mov word [IDT+1*8+2],TSSC
  mov word [IDT+1*8+4],0xe500
  call TSSA:0
; Paging: CR3, a TSS that cannot be written, or is not there
%macro PAGING 0
  mov eax,0x40000
  mov cr3,eax
  mov eax,cr0
  or eax,0x80010000
  mov cr0,eax
%endmacro
  CASE iret_
  mov dword [A+0x1c],0x42000
  PAGING
  call TSSA:0
  jmp enter
  CASE calla,callb
  mov dword [A+0x1c],0x42000
  mov dword [B+0x1c],0x42000
  PAGING
  jmp TSSB:0
  CASE
  mov byte [GDT+TSSA+4],8
  mov byte [GDT+TSSA+3],1
  PAGING
  call TSSA:0
  CASE
  mov byte [GDT+TSSA+4],8
  mov byte [GDT+TSSA+3],1
  PAGING
  jmp TSSA:0
  CASE
  mov byte [GDT+TSSA+4],8
  mov byte [GDT+TSSA+3],0x1f
  PAGING
  call TSSA:0
  CASE
  mov byte [GDT+TSSA+4],8
  mov byte [GDT+TSSA+3],0x0f
  mov byte [GDT+TSSA+2],0xe0
  PAGING
  jmp TSSA:0
; Virtual-8086 mode
  CASE again16
  jmp TSSV:0
  CASE
  mov byte [V+0x20],virtual31
  call TSSV:0
  CASE again,again,iret_,again,iret_,again
  mov byte [V+0x20],virtual32
  jmp TSSV:0
  CASE
  mov byte [V+0x20],virtual32
  mov byte [V+0x25],0x20
  jmp TSSV:0
  CASE
  mov byte [V+0x20],virtual32
  mov byte [V+8],DATA1
  jmp TSSV:0
  CASE
  mov byte [V+0x20],virtual32
  mov word [IDT+0x32*8+2],CODE1
  jmp TSSV:0
  CASE
  mov byte [V+0x20],virtual32
  mov word [IDT+0x32*8+2],CONF0
  jmp TSSV:0
  CASE
  mov byte [V+0x20],virtualcli
  mov byte [V+0x25],0
  jmp TSSV:0
  CASE
  mov byte [V+0x20],virtualcli
  mov byte [V+0x25],0
  mov word [IDT+13*8+2],TSSI
  jmp TSSV:0
  CASE
  mov byte [V+0x20],virtualcli
  mov byte [V+0x25],0
  INTERRUPTS
  mov byte [IDT+13*8+5],0x86
  jmp TSSV:0
  CASE
  mov byte [V+0x20],virtualud
  mov byte [IDT+6*8+5],0x87
  jmp TSSV:0
  CASE
  mov byte [V+0x20],virtual32
  mov word [V+8],DATA16
  mov word [V+4],0x3f00
  mov word [V+6],0x1234
  jmp TSSV:0
  CASE
  mov byte [V+0x22],1
  jmp TSSV:0
; VIP and VIF in a new task
  CASE
  mov eax,1
  mov cr4,eax
  mov dword [V+0x24],0x1a0002
  jmp TSSV:0
  CASE
  mov dword [V+0x24],0x1a0002
  jmp TSSV:0
  CASE
  mov eax,2
  mov cr4,eax
  mov dword [R+0x24],0x180002
  jmp TSSR:0
; 286 call gates, from 32 and 16 bits; stacks of a 386 TSS and a 286 one
  CASE
  mov word [CALL0+GDT+2],CODEB
  push dword 0x12345678
  push dword 0x9abcdef0
  call CALL0:0
  CASE
  RING3 CODE3+3,params
  CASE retw,again,retwc
  RING3 CODE3W+3,params16,DATA3W+3,0x12347f80
  CASE retw,again,retwc
  RING3 CODE3W+3,params16,DATA3+3
  CASE retw
  RING3 CODE3+3,gate0,DATA3W+3,0x7f80
  CASE retw
  mov word [B+0x24],CODE3W+3
  mov word [B+0x26],DATA3W+3
  mov word [B+0x1a],0x7f80
  mov word [B+0x0e],params16
  mov byte [B+0x11],0x30
  mov word [B+0x28],0
  jmp TSSB:0
  CASE retw
  mov word [B+0x24],CODE3W+3
  mov word [B+0x26],DATA3W+3
  mov word [B+0x1a],0x7f80
  mov word [B+0x0e],params16
  mov byte [B+0x11],0x30
  mov word [B+4],DATA0
  jmp TSSB:0
  CASE
  mov word [CALL0+GDT+2],CONF0
  RING3 CODE3+3,gate3
  CASE retw
  mov byte [CALL0+GDT+4],0xe3
  mov word [CALL0+GDT+6],0x1234
  RING3 CODE3+3,gate0
  CASE again16
  mov word [IDT+0x30*8+6],0x1234
  mov word [IDT+0x30*8],stub30
  int 0x30
  jmp enter
  CASE
  jmp CALL0:0
  CASE
  RING3 CODE3+3,jump3
  CASE
  mov word [CALL0+GDT+2],CODE3
  call CALL0:0
  CASE
  mov word [CALL0+GDT+2],NPCODE
  call CALL0:0
  CASE
  mov word [CALL0+GDT+2],LIMITED
  call CALL0:0
  CASE
  mov word [M+8],DATA1
  RING3 CODE3+3,gate0
  CASE
  mov word [M+8],NPDATA
  RING3 CODE3+3,gate0
  CASE
  mov word [M+8],0
  RING3 CODE3+3,gate0
  CASE
  mov word [M+8],TINY
  mov dword [M+4],0x1004
  RING3 CODE3+3,gate0
  CASE
  mov byte [GDT+TSSM+5],0x89
  mov byte [GDT+TSSM],0x0c
  mov ax,TSSM
  ltr ax
  INTERRUPTS
  RING3 CODE3+3,params
case%[n]: dd 0,bye
  dd 0
skip:           ; past UD2 of the task below
  add dword [M+0x20],2
  jmp enter
patch:          ; past MOV FS,[CS:x] of the task below
  mov ebx,[I]
  test byte [GDT+TSSI+5],2
  jnz .linked
  mov ebx,[H+4*0x80]
.linked:
  movzx ebx,bx
  mov edi,[GDT+ebx+2]
  and edi,0xffffff
  test byte [GDT+ebx+5],8
  jz .small
  add dword [edi+0x20],7
  jmp enter
.small:
  add word [edi+0x0e],7
  jmp enter
loadbad:
  mov fs,[cs:badword]
  jmp enter
breakm:         ; makes the task below not returnable to
  mov word [M+0x4c],DATA0
  jmp enter
pointer: dd 0x12345678
  dw GATEB
badword: dw 0xfff8
bye:
  mov dx,0xf4
  mov al,0
  out dx,al
  mov dx,0x8900
  mov esi,farewell+ROM
  mov ecx,8
  rep outsb
  hlt
farewell: db "Shutdown"
times 0xfff0-($-$$) db 0xf4
bits 16
reset: jmp 0f000h:start
times 0x10000-($-$$) db 0
