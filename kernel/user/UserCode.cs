using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>The common parts of the user programs: printing, ending the run, short forms of ipc.</summary>
/// <param name="origin">Linear address of the first byte.</param>
internal class UserCode(uint origin = UserProgram.CodePage)
{
    public readonly Assembler c = new(32);

    /// <summary>Prints a line on COM1. Uses EAX, EDX, ESI.</summary>
    public void Print(string line) => Print(line, "\r\n");

    private void Print(string line, string end)
    {
        var (next, wait, done) = (c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
        var skip = c.CreateLabel();
        // CALL pushes the address of the text as its return address.
        c.call(skip);
        c.db(System.Text.Encoding.ASCII.GetBytes(line + end + "\0"));
        c.Label(ref skip);
        c.pop(esi);
        c.Label(ref next);
        c.mov(edx, Com1Ports.LineStatus);
        c.Label(ref wait);
        c.@in(al, dx);
        c.test(al, (byte)Com1Ports.TransmitterEmpty);
        c.je(wait);
        c.mov(al, __byte_ptr[esi]);
        c.inc(esi);
        c.test(al, al);
        c.je(done);
        c.mov(edx, Com1Ports.Data);
        c.@out(dx, al);
        c.jmp(next);
        c.Label(ref done);
    }

    /// <summary>Sends BL on COM1. Uses EAX, EDX.</summary>
    public void PutByte()
    {
        var wait = c.CreateLabel();
        c.mov(edx, Com1Ports.LineStatus);
        c.Label(ref wait);
        c.@in(al, dx);
        c.test(al, (byte)Com1Ports.TransmitterEmpty);
        c.je(wait);
        c.mov(al, bl);
        c.mov(edx, Com1Ports.Data);
        c.@out(dx, al);
    }

    /// <summary>Prints a line that ends with the number in EBX, hexadecimal. Uses EAX, ECX, EDX, ESI.</summary>
    public void PrintNumber(string text)
    {
        var (digit, wait, isDecimal) = (c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
        Print(text, "");
        c.mov(ecx, 8);
        c.Label(ref digit);
        c.mov(edx, Com1Ports.LineStatus);
        c.Label(ref wait);
        c.@in(al, dx);
        c.test(al, (byte)Com1Ports.TransmitterEmpty);
        c.je(wait);
        c.rol(ebx, 4);
        c.mov(eax, ebx);
        c.and(eax, 0xF);
        c.add(al, (byte)'0');
        c.cmp(al, (byte)'9');
        c.jbe(isDecimal);
        c.add(al, 'A' - '9' - 1);
        c.Label(ref isDecimal);
        c.mov(edx, Com1Ports.Data);
        c.@out(dx, al);
        c.dec(ecx);
        c.jne(digit);
        Print("h");
    }

    /// <summary>Ends the run; status 0 is success.</summary>
    public void Exit(byte status)
    {
        var halt = c.CreateLabel();
        c.mov(eax, status);
        c.@out((byte)DebugExit.Port, al);
        c.Label(ref halt);
        c.jmp(halt);
    }

    /// <summary>
    /// Calls ipc with the words in EDX, EBX and EDI and these descriptors; timeouts are infinite unless given.
    /// </summary>
    public void Ipc(uint send, uint receive, uint timeouts = Timeouts.Infinite)
    {
        c.mov(eax, send);
        c.mov(ecx, timeouts);
        c.mov(ebp, receive);
        c.@int(WaysIn.Int(Entry.Ipc));
    }

    /// <summary>Waits for ever.</summary>
    public void Sleep()
    {
        var again = c.CreateLabel();
        c.Label(ref again);
        c.xor(esi, esi);
        Ipc(Descriptor.None, 0);
        c.jmp(again);
    }

    public byte[] Assemble()
    {
        using var code = new MemoryStream();
        c.Assemble(new StreamCodeWriter(code), origin);
        return code.ToArray();
    }
}
