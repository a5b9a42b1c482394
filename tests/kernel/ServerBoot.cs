using System.Text;
using Iced.Intel;
using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Spec;
using Verified.Tests.Machine;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Kernel;

/// <summary>Boots the shipped kernel with given servers.</summary>
internal static class ServerBoot
{
    internal static readonly KernelImage Image = KernelImage.Build(Limits.Shipping, new(Programs: []));
    internal static readonly BootModule Root = new("root", [0xEB, 0xFE]);

    internal static BootModule Flat(Action<Assembler> program) => new("flat", TestPc.Assemble(program, FirstModule));

    /// <summary>The address at which the loader puts the first module.</summary>
    internal static uint FirstModule => (Layout.Physical(Image.Layout.UserImages) + 0xFFF) & ~0xFFFu;

    internal static BootModule Elf(uint at, Action<Assembler> program) =>
        new("elf", ElfProgram.Of(at, TestPc.Assemble(program, at), 0x1000));

    internal static void Print(Assembler c, string line)
    {
        foreach (var value in System.Text.Encoding.ASCII.GetBytes(line + "\r\n"))
        {
            c.mov(edx, 0x3F8);
            c.mov(eax, value);
            c.@out(dx, al);
        }

        c.xor(eax, eax);
        c.@out(0xF4, al);
    }

    internal static (string[] Lines, Pc Pc) Boot(params BootModule[] modules) => Boot(64, null, modules);

    internal static (string[] Lines, Pc Pc) Boot(uint megabytes, Action<Pc>? change, params BootModule[] modules)
    {
        var pc = new Pc(megabytes << 20);
        var text = new StringBuilder();
        pc.Serial.Sent = sent => text.Append((char)sent);
        Multiboot.Load(pc, Image.ToElf(), "", modules);
        change?.Invoke(pc);
        pc.Run(10_000_000);
        return (text.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries), pc);
    }
}
