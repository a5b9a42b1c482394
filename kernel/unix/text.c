/* Memory, strings and messages of the server itself. */
#include <stdarg.h>
#include "unix.h"

void *memcpy(void *to, const void *from, word size)
{
    void *result = to;
    word words = size / 4;
    __asm__ volatile("rep movsl; mov %3, %%ecx; rep movsb"
        : "+D"(to), "+S"(from), "+c"(words) : "r"(size % 4) : "memory");
    return result;
}

void *memset(void *to, int value, word size)
{
    void *result = to;
    word words = size / 4;
    __asm__ volatile("rep stosl; mov %2, %%ecx; rep stosb"
        : "+D"(to), "+c"(words) : "r"(size % 4), "a"((value & 0xFF) * 0x01010101u) : "memory");
    return result;
}

void *memmove(void *to, const void *from, word size)
{
    byte *t = to;
    const byte *f = from;
    if (t <= f || t >= f + size)
        return memcpy(to, from, size);
    while (size--)
        t[size] = f[size];
    return to;
}

int memcmp(const void *a, const void *b, word size)
{
    const byte *x = a, *y = b;
    for (; size; size--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

word length_of(const char *text)
{
    word length = 0;
    while (text[length])
        length++;
    return length;
}

int is_same(const char *a, const char *b) { return !memcmp(a, b, length_of(b) + 1); }

/* Cuts the text if it is too long. */
void copy_text(char *to, const char *from, word size)
{
    while (size-- > 1 && *from)
        *to++ = *from++;
    *to = 0;
}

static void say_text(const char *text)
{
    for (; *text; text++)
        platform_print(*text);
}

static void say_number(word value, word base)
{
    char digits[12], *at = digits + 11;
    *at = 0;
    do
        *--at = "0123456789ABCDEF"[value % base];
    while (value /= base);
    say_text(at);
}

/* Prints a line: %s a text, %d a number, %x a hexadecimal number. */
void say(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    say_text("unix: ");
    for (; *format; format++)
        if (*format != '%')
            platform_print(*format);
        else if (*++format == 's')
            say_text(va_arg(values, const char *));
        else
            say_number(va_arg(values, word), *format == 'x' ? 16 : 10);
    say_text("\r\n");
    va_end(values);
}

/* The server cannot go on. */
void stop(const char *why)
{
    say("%s", why);
    platform_off(2);
}
