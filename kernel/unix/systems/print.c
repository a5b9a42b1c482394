/* Messages of the root task. */
#include <stdarg.h>
#include "systems.h"

static word port = COM1;

void print_to(word to) { port = to; }

static void print_byte(byte c)
{
    while (!(in(port + SERIAL_STATUS) & CAN_SEND)) { }
    out(port, c);
}

static void print_number(word value, word base)
{
    char digits[12], *at = digits + 11;
    *at = 0;
    do
        *--at = "0123456789ABCDEF"[value % base];
    while (value /= base);
    for (; *at; at++)
        print_byte(*at);
}

/* A line: %d a number, %x a hexadecimal number, %s a text. */
void print(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    for (; *format; format++)
        if (*format != '%')
            print_byte(*format);
        else if (*++format == 's')
            for (const char *text = va_arg(values, const char *); *text; text++)
                print_byte(*text);
        else
            print_number(va_arg(values, word), *format == 'x' ? 16 : 10);
    print_byte('\r');
    print_byte('\n');
    va_end(values);
}

void off(word status)
{
    out(EXIT_PORT, status);
    for (struct message m;;) {
        m = (struct message){ NONE, 0, 0, 0, 0, 0, 0 };
        ipc(&m);
    }
}

void stop(const char *why)
{
    print("systems: %s", why);
    off(2);
}
