; A ROM of 64 KB that tests real mode. It prints results, and each exception with its IP, on port E9h. It leaves out
; segment limits, which QEMU does not check. It also leaves out the halves of FNSTENV's words and the masks that FNSTENV
; sets, because QEMU leaves them as they are. It ends by isa-debug-exit, or by the port that ends Bochs.
bits 16
org 0
%macro OUTC 1
  mov dx,0e9h
  mov al,%1
  out dx,al
%endmacro
%macro WORDAT 2 ; what an instruction stores at an address
  %1 [%2]
  mov ax,[%2]
  call hex16
%endmacro
start:
  cli
  mov ax,0x1000
  mov ss,ax
  mov sp,0xfffe
  xor ax,ax
  mov ds,ax
  mov al,1
  out 80h,al
  OUTC 'R'
  ; IVT: int 21h
  mov word [21h*4], int21
  mov word [21h*4+2], 0f000h
  mov word [13*4], gp
  mov word [13*4+2], 0f000h
  mov word [6*4], ud
  mov word [6*4+2], 0f000h
  mov word [0*4], de
  mov word [0*4+2], 0f000h
  mov word [5*4], br
  mov word [5*4+2], 0f000h
  mov word [7*4], nm
  mov word [7*4+2], 0f000h
  mov word [1*4], db1
  mov word [1*4+2], 0f000h
  mov word [12*4], ss1
  mov word [12*4+2], 0f000h
  mov ax,1234h
  int 21h
  ; #DE
  xor cx,cx
divide: div cx
store: sldt ax
locked: db 0f0h, 90h
  ; bound
  mov word [500h],5
  mov word [502h],10
  mov ax,4
bounds: bound ax,[500h]
  ; single step
  pushf
  pop ax
  or ah,1
  push ax
  popf
  nop
  inc bx
  mov ax,ss
  mov ss,ax
  nop
  pushf
  pop ax
  and ah,0feh
  push ax
  popf
  nop
  ; far call/ret
  call 0f000h:farp
  mov word [600h],farp
  mov word [602h],0f000h
  call far [600h]
  ; flags push
  mov ax,0f0ffh
  push ax
  popf
  pushf
  pop ax
  call hex16
  mov eax,0ffffffffh
  push eax
  popfd
  pushfd
  pop eax
  and eax,~0x40000  
  push ax
  shr eax,16
  call hex16
  pop ax
  call hex16
  push word 0
  popf
  ; 32-bit addr in real mode
  mov eax,0x00000500
  mov ax,[eax+2]
  call hex16
  ; string wrap
  cld
  mov si,0fffeh
  mov di,0700h
  mov cx,3
  push es
  push ds
  mov ax,2000h
  mov ds,ax
  mov word [0fffeh],1111h
  mov word [0],2222h
  mov word [2],3333h
  xor ax,ax
  mov es,ax
  rep movsw
  mov ax,[es:704h]
  pop ds
  pop es
  call hex16
  mov ax,si
  call hex16
  smsw ax
  and ax,0fh
  call hex16
  ; enter/leave
  mov bp,1234h
  enter 4,3
  mov ax,sp
  call hex16
  mov ax,bp
  call hex16
  leave
  mov ax,sp
  call hex16
  ; loops
  mov ecx,0x10003
.l: inc bx
  loop .l
  mov eax,ecx
  shr eax,16
  call hex16
  ; the x87's control instructions
  fninit
  fnstsw ax
  call hex16
  WORDAT fnstcw,700h
  mov word [700h],27fh
  fldcw [700h]
  fnsave [700h]
  mov ax,[700h]
  call hex16
  mov ax,[702h]
  call hex16
  mov ax,[704h]
  call hex16
  WORDAT fnstcw,700h
  mov word [700h],340h
  fldcw [700h]
  o32 fnstenv [700h]
  mov ax,[700h]
  call hex16
  mov ax,[708h]
  call hex16
  WORDAT fnstsw,700h
  mov eax,cr0
  or al,8
  mov cr0,eax
lazy: fninit
  wait
  mov eax,cr0
  or al,2
  mov cr0,eax
waits: wait
  clts
  fnclex
  mov eax,cr0
  and al,0fdh
  or al,4
  mov cr0,eax
emulated: fnstsw ax
  mov eax,cr0
  and al,0fbh
  mov cr0,eax
  mov dx,0f4h
  mov al,0
  out dx,al
  mov dx,8900h
  mov si,farewell
.bye: mov al,[cs:si]
  out dx,al
  inc si
  test al,al
  jnz .bye
  hlt
farewell: db 'Shutdown',0
farp:
  OUTC 'F'
  retf
int21:
  push ax
  OUTC 'I'
  pop ax
  call hex16
  iret
gp: OUTC 'G'
  jmp skip
ud: OUTC 'U'
  jmp skip
de: OUTC 'D'
  jmp skip
nm: OUTC 'N'
  jmp skip
br: OUTC 'B'
  jmp skip
ss1: OUTC 'S'
skip: ; prints IP, and skips the instruction there by the table
  push bp
  mov bp,sp
  push ax
  mov ax,[bp+2]
  push ax
  call hex16
  pop ax
  push bx
  push cx
  xor bx,bx
.s: cmp ax,[cs:lens+bx]
  je .f
  add bx,4
  cmp bx,lensend-lens
  jb .s
  OUTC '?'
  hlt
.f: mov cx,[cs:lens+bx+2]
  add [bp+2],cx
  pop cx
  pop bx
  pop ax
  pop bp
  iret
db1: 
  push bp
  mov bp,sp
  push ax
  OUTC 'T'
  mov ax,[bp+2]
  call hex16
  mov eax,dr6
  call hex16
  xor eax,eax
  mov dr6,eax
  pop ax
  pop bp
  iret
hex16:
  push cx
  push ax
  push dx
  mov cx,4
.h: rol ax,4
  push ax
  and al,15
  add al,'0'
  cmp al,'9'
  jbe .k
  add al,7
.k: mov dx,0e9h
  out dx,al
  pop ax
  dec cx
  jnz .h
  mov dx,0e9h
  mov al,' '
  out dx,al
  pop dx
  pop ax
  pop cx
  ret
; Address and length of each instruction that faults.
lens:
  dw divide, 2
  dw store, 3
  dw locked, 2
  dw bounds, 4
  dw lazy, 2
  dw waits, 1
  dw emulated, 2
lensend:
times 0xfff0-($-$$) db 0xf4
reset: jmp 0f000h:start
times 0x10000-($-$$) db 0
