; A ROM of 64 KB that tests the PC's chips. It writes to their registers, reads them, and prints the values on port E9h.
; No value depends on time. It ends by isa-debug-exit, or by the port that ends Bochs.
bits 16
org 0
%macro W 2 ; port, value
  mov dx,%1
  mov al,%2
  out dx,al
%endmacro
%macro R 1 ; port
  mov dx,%1
  in al,dx
  call hex8
%endmacro
%macro RM 2 ; port, bits that are compared
  mov dx,%1
  in al,dx
  and al,%2
  call hex8
%endmacro
%macro SECTION 1
  mov al,10
  out 0e9h,al
  mov al,%1
  out 0e9h,al
  mov al,' '
  out 0e9h,al
%endmacro
start:
  cli
  xor ax,ax
  mov ds,ax
  mov ss,ax
  mov sp,7c00h
  ; Interrupt handlers: each prints its number.
  mov cx,16
  mov bx,20h*4
  mov ax,handlers
.v: mov [bx],ax
  mov word [bx+2],0f000h
  add ax,4
  add bx,4
  loop .v

  SECTION 'P' ; 8259: initialisation, mask, IRR, ISR, polling, special mask
  W 20h,11h
  W 21h,20h
  W 21h,4
  W 21h,1
  W 0a0h,11h
  W 0a1h,28h
  W 0a1h,2
  W 0a1h,1
  R 21h
  R 0a1h
  W 21h,0fbh
  W 0a1h,0ffh
  R 21h
  R 0a1h
  W 20h,0ah
  RM 20h,0feh
  W 20h,0bh
  R 20h
  W 0a0h,0bh
  R 0a0h
  ; Nothing to poll.
  W 20h,0ch
  RM 20h,80h
  R 20h
  ; A specific EOI of an interrupt that is not in service; rotations.
  W 20h,66h
  W 20h,0e3h
  W 20h,0c7h
  W 20h,20h
  R 20h
  ; Interrupts by INT do not touch the controller.
  int 21h
  R 20h

  SECTION 'Q' ; 8259: a request of the timer, raised each time by hand: waiting, in service, ended, withdrawn
  W 21h,0ffh
  call tick
  W 20h,0ah
  RM 20h,1
  W 20h,0bh
  R 20h
  W 21h,0feh
  sti
  nop
  nop
  cli
  R 20h
  ; While an interrupt is in service, another one waits for its end.
  call tick
  sti
  nop
  nop
  cli
  W 20h,0ah
  RM 20h,1
  W 20h,20h
  sti
  nop
  nop
  cli
  W 20h,0bh
  R 20h
  ; Special mask mode lets interrupts of lower priority pass; the end of interrupt rotates priorities.
  W 20h,68h
  W 20h,48h
  W 20h,0a0h
  R 20h
  ; The processor takes interrupts with automatic EOI.
  W 20h,11h
  W 21h,20h
  W 21h,4
  W 21h,3
  W 21h,0feh
  call tick
  sti
  nop
  nop
  cli
  W 20h,0bh
  R 20h
  ; A request that is withdrawn before it is acknowledged.
  W 20h,11h
  W 21h,20h
  W 21h,4
  W 21h,1
  W 21h,0ffh
  W 20h,0ah
  call tick
  R 20h
  W 43h,30h
  R 20h
  W 21h,0ffh

  SECTION 'S' ; 16550 at COM1: registers, loop-back, interrupt identification
  W 3fbh,80h
  W 3f8h,12h
  W 3f9h,34h
  R 3f8h
  R 3f9h
  W 3fbh,3
  R 3fbh
  W 3f9h,0ffh
  R 3f9h
  W 3f9h,0
  W 3ffh,5ah
  R 3ffh
  W 3fch,0ffh
  R 3fch
  W 3fch,0
  W 3fah,0
  R 3fah
  W 3fah,0c7h
  R 3fah
  RM 3fdh,0e1h
  ; Loop-back: OUT1 and OUT2, RTS, DTR are RI and DCD, CTS, DSR.
  W 3fch,10h
  R 3feh
  RM 3feh,0f0h
  W 3fch,1fh
  RM 3feh,0f0h
  W 3fch,11h
  RM 3feh,0f0h
  RM 3feh,0ffh
  W 3fch,12h
  RM 3feh,0fbh
  W 3fch,1ch
  RM 3feh,0fbh

  SECTION 'L' ; 16550: data looped back, with and without FIFO, and what it interrupts for
  W 3fch,10h
  R 3feh
  W 3fah,0
  W 3f9h,1
  R 3fah
  W 3f8h,41h
  call received
  RM 3fdh,1
  R 3fah
  R 3f8h
  RM 3fdh,1
  R 3fah
  W 3f9h,3
  R 3fah
  R 3fah
  W 3f9h,0
  W 3fah,7
  mov cx,3
.l: mov dx,3f8h
  mov al,cl
  out dx,al
  push cx
  call received
  pop cx
  loop .l
  W 3f9h,1
  R 3fah
  R 3f8h
  R 3f8h
  R 3f8h
  RM 3fdh,1
  R 3fah
  W 3fch,0
  W 3f9h,0
  W 3fah,0

  SECTION 'K' ; 8042: self-test, command byte, output port
  W 64h,0aah
  call answer
  W 64h,0abh
  call answer
  W 64h,60h
  W 60h,54h
  W 64h,20h
  call answer
  W 64h,0adh
  W 64h,20h
  call answer
  W 64h,0aeh
  W 64h,60h
  W 60h,44h
  W 64h,20h
  call answer
  W 64h,0d2h
  W 60h,7eh
  call answer
  RM 64h,5

  SECTION 'C' ; CMOS: memory, register D, what is not the clock's is kept
  W 70h,0dh
  R 71h
  W 70h,3fh
  W 71h,5ah
  W 70h,3eh
  W 71h,0a5h
  W 70h,3fh
  R 71h
  W 70h,3eh
  R 71h
  W 70h,0fh
  W 71h,9
  W 70h,0fh
  R 71h
  W 70h,0bh
  W 71h,82h
  W 70h,0bh
  R 71h
  ; 23:59:58 on 31.12.1999, as BCD and in 24 hours, while updates are off
  mov si,dates
  mov cx,7
.t: mov ax,[cs:si]
  out 70h,al
  mov al,ah
  out 71h,al
  add si,2
  loop .t
  mov si,dates
  mov cx,7
.u: mov al,[cs:si]
  out 70h,al
  in al,71h
  call hex8
  add si,2
  loop .u
  W 70h,0bh
  W 71h,86h
  W 70h,4
  W 71h,17
  W 70h,4
  R 71h
  W 70h,0bh
  W 71h,84h
  W 70h,4
  W 71h,8bh
  W 70h,4
  R 71h

  SECTION 'T' ; 8254: read-back of status; counts with the gate closed
  W 61h,0
  W 43h,0b6h
  W 43h,0e8h
  RM 42h,7fh
  W 42h,34h
  W 43h,0e8h
  RM 42h,7fh
  W 43h,94h
  W 43h,0e8h
  RM 42h,7fh
  W 43h,0a8h
  W 43h,0e8h
  RM 42h,7fh
  W 43h,0bbh
  W 43h,0e8h
  RM 42h,3fh
  ; While a count runs, status shows a new count as null.
  W 61h,1
  W 43h,0b4h
  W 42h,0
  W 42h,0
  call pause
  W 43h,0e8h
  R 42h
  W 42h,0
  W 42h,80h
  W 43h,0e8h
  R 42h
  W 61h,0
  ; Latched status and count, least byte first; the gate is closed, so that mode 0 waits.
  W 43h,0b0h
  W 42h,78h
  W 42h,56h
  call pause
  W 43h,0c8h
  RM 42h,0bfh
  R 42h
  R 42h
  W 43h,80h
  R 42h
  R 42h
  W 43h,0d8h
  R 42h
  R 42h
  RM 61h,0cfh

  mov al,10
  out 0e9h,al
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
dates: db 0,58h, 2,59h, 4,23h, 7,31h, 8,12h, 9,99h, 32h,19h

; Waits for the keyboard controller's answer, for at most as long as it may take.
answer:
  mov cx,0ffffh
.a: in al,64h
  test al,1
  jnz .b
  loop .a
  mov al,'?'
  out 0e9h,al
.b: in al,60h
  call hex8
  ret
; Counter 0 runs out, so its output and the interrupt request rise.
tick:
  W 43h,30h
  W 40h,20h
  W 40h,0
  call pause
  ret
; Waits for the time of a character.
received:
  mov cx,20
.r: push cx
  call pause
  pop cx
  loop .r
  ret
pause:
  mov cx,2000
.p: in al,61h
  loop .p
  ret
handlers:
%assign i 0
%rep 16
  push byte i
  jmp short handled
%assign i i+1
%endrep
handled:
  pop ax
  add al,'a'
  out 0e9h,al
  iret
hex8:
  push ax
  shr al,4
  call digit
  pop ax
  push ax
  and al,15
  call digit
  mov al,' '
  out 0e9h,al
  pop ax
  ret
digit:
  add al,'0'
  cmp al,'9'
  jbe .d
  add al,7
.d: out 0e9h,al
  ret
times 0xfff0-($-$$) db 0xf4
reset: jmp 0f000h:start
times 0x10000-($-$$) db 0
