/* Ports of the machine. */
#ifndef PORTS_H
#define PORTS_H

#include "types.h"

static inline void out(word port, word value) { __asm__ volatile("outb %%al, %%dx" : : "a"(value), "d"(port)); }

static inline word in(word port)
{
    word value = 0;
    __asm__ volatile("inb %%dx, %%al" : "+a"(value) : "d"(port));
    return value & 0xFF;
}

/* The serial ports, and their registers after the data: interrupts, FIFO, line and modem control, line status. */
enum { COM1 = 0x3F8, COM2 = 0x2F8 };
enum { SERIAL_INTERRUPTS = 1, SERIAL_FIFO, SERIAL_LINE, SERIAL_MODEM, SERIAL_STATUS };
enum { HAS_BYTE = 1, CAN_SEND = 0x20 };

/* A value that is written here ends the emulator (isa-debug-exit). */
enum { EXIT_PORT = 0xF4 };

#endif
