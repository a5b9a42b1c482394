using Verified.Machine.Chips;
using Xunit;

namespace Verified.Tests.Machine;

/// <summary>The keyboard, the ports and the CRT controller by their data sheets, register by register.</summary>
public class ChipTests
{
    [Fact]
    public void The_crt_controller_is_at_the_ports_of_colour_or_of_monochrome()
    {
        var display = new Vga();
        int Kept(uint port)
        {
            display.Write(port, 14);
            display.Write(port + 1, 0x55);
            return display.Read(port + 1);
        }
        Assert.Equal((0x55, 0xFF), (Kept(0x3D4), Kept(0x3B4)));
        display.Write(0x3C2, 0x66);
        Assert.Equal((0xFF, 0x55), (Kept(0x3D4), Kept(0x3B4)));
    }

    [Theory]
    // Identification, plain and translated.
    [InlineData(0x04, new[] { 0xF2 }, new[] { 0xFA, 0xAB, 0x83 })]
    [InlineData(0x44, new[] { 0xF2 }, new[] { 0xFA, 0xAB, 0x41 })]
    // Queries the scan code set after reset, after another set is chosen, and after an impossible choice.
    [InlineData(0x04, new[] { 0xF0, 0 }, new[] { 0xFA, 0xFA, 2 })]
    [InlineData(0x44, new[] { 0xF0, 0 }, new[] { 0xFA, 0xFA, 0x41 })]
    [InlineData(0x44, new[] { 0xF0, 1, 0xF0, 0 }, new[] { 0xFA, 0xFA, 0xFA, 0xFA, 0x43 })]
    [InlineData(0x44, new[] { 0xF0, 3, 0xF0, 0 }, new[] { 0xFA, 0xFA, 0xFA, 0xFA, 0x3F })]
    [InlineData(0x04, new[] { 0xF0, 4, 0xF0, 0 }, new[] { 0xFA, 0xFE, 0xFA, 0xFA, 2 })]
    [InlineData(0x04, new[] { 0xF0, 1, 0xFF, 0xF0, 0 }, new[] { 0xFA, 0xFA, 0xFA, 0xAA, 0xFA, 0xFA, 2 })]
    // LEDs; the last byte again, untranslated before it is translated.
    [InlineData(0x44, new[] { 0xED, 7, 0xF2, 0xFE }, new[] { 0xFA, 0xFA, 0xFA, 0xAB, 0x41, 0x41 })]
    [InlineData(0x44, new[] { 0xEE, 0xF7 }, new[] { 0xEE, 0xFE })]
    public void The_keyboard_answers(int mode, int[] commands, int[] answers)
    {
        var keyboard = new KeyboardController(tested: true);
        keyboard.Write(0x64, 0x60);
        keyboard.Write(0x60, (byte)mode);
        foreach (var command in commands)
            keyboard.Write(0x60, (byte)command);
        foreach (var answer in answers)
        {
            Assert.Equal(1, keyboard.Read(0x64) & 1);
            Assert.Equal(answer, keyboard.Read(0x60));
        }

        Assert.Equal(0, keyboard.Read(0x64) & 1);
    }

    [Fact]
    public void The_keyboard_controller_has_a_memory()
    {
        var keyboard = new KeyboardController(tested: true);
        foreach (var cell in (int[])[1, 31])
        {
            keyboard.Write(0x64, (byte)(0x60 + cell));
            keyboard.Write(0x60, (byte)(0xA0 + cell));
        }

        foreach (var cell in (int[])[31, 1])
        {
            keyboard.Write(0x64, (byte)(0x20 + cell));
            Assert.Equal(0xA0 + cell, keyboard.Read(0x60));
        }

        keyboard.Write(0x64, 0x20);
        Assert.Equal(5, keyboard.Read(0x60));
    }

    [Fact]
    public void The_keyboard_controller_tests_itself_gates_address_line_20_and_resets()
    {
        var (gate, resets) = (true, 0);
        var keyboard = new KeyboardController(tested: false)
        {
            AddressGate = open => gate = open,
            Reset = () => resets++,
        };
        Assert.Equal(0, keyboard.Read(0x64) & 4);
        keyboard.Write(0x64, 0xAA);
        // The system flag shows that the test has passed; the data register keeps its value.
        Assert.Equal(
            (5, 0x55, 4, 0x55),
            (keyboard.Read(0x64) & 5, keyboard.Read(0x60), keyboard.Read(0x64) & 5, keyboard.Read(0x60))
        );
        keyboard.Write(0x64, 0xD1);
        keyboard.Write(0x60, 0xDD);
        Assert.False(gate);
        keyboard.Write(0x60, 0xFF);
        Assert.Equal((0xFA, 0xAA), (keyboard.Read(0x60), keyboard.Read(0x60)));
        keyboard.Write(0x64, 0xFE);
        Assert.Equal(1, resets);
    }

    [Fact]
    public void The_serial_port_interrupts_by_fifo_level_and_time_out()
    {
        var uart = new Uart();
        uart.Write(4, 8);
        uart.Write(2, 0x41);
        uart.Write(1, 1);
        uart.Receive("abc"u8);
        Assert.Equal((true, 0xCC), (uart.Interrupts, uart.Read(2)));
        uart.Receive("d"u8);
        Assert.Equal(0xC4, uart.Read(2));
        for (var i = 0; i < 4; i++)
            uart.Read(0);
        Assert.Equal((false, 0xC1), (uart.Interrupts, uart.Read(2)));
    }

    [Fact]
    public void The_serial_port_s_receiver_is_emptied_of_what_has_arrived()
    {
        // At the start a driver has read nothing yet. A later reset loses the 16 bytes of the FIFO.
        var uart = new Uart();
        uart.Receive([.. Enumerable.Range(1, 20).Select(i => (byte)i)]);
        uart.Write(2, 0x07);
        Assert.Equal(1, uart.Read(5) & 1);
        Assert.Equal(1, uart.Read(0));
        uart.Write(2, 0x07);
        Assert.Equal(17, uart.Read(0));

        // In loop-back the port receives its own output, and the line is not connected.
        uart.Write(4, 0x10);
        Assert.Equal([18, 19, 20], [uart.Read(0), uart.Read(0), uart.Read(0)]);
        uart.Receive([21]);
        Assert.Equal(0, uart.Read(5) & 1);
        uart.Write(0, 99);
        Assert.Equal(99, uart.Read(0));
        uart.Write(4, 0);
        Assert.Equal(21, uart.Read(0));
    }

    [Fact]
    public void A_parallel_port_sends_each_byte_once_with_or_without_a_strobe()
    {
        var printed = new List<byte>();
        var port = new ParallelPort { Sent = printed.Add };
        port.Write(0, 65);
        port.Write(2, 0x0D);
        port.Write(2, 0x0C);
        port.Write(0, 66);
        Assert.Equal([65, 66], printed);
        Assert.Equal(66, port.Read(0));
    }
}
