using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Proofs.Oracle;

/// <summary>The descriptors, gates and page tables with which every case runs.</summary>
public sealed partial class OwnProcessor
{
    private void MapPages(bool code)
    {
        const uint present = 1,
            writable = 2,
            user = 4,
            accessed = 0x60;
        _pc.Poke(Directory, Table | present | writable | user | accessed);
        for (var page = Arena.Data; page < Arena.End; page += PhysicalMemory.PageSize)
            _pc.Poke(Table + page / 1024, page | present | user | accessed | (page < Arena.WritableEnd ? writable : 0));
        if (code)
            _pc.Poke(Table + Arena.Code / 1024, Arena.Code | present | user | accessed);
        for (var page = Directory; page < 2 << 20; page += PhysicalMemory.PageSize)
            _pc.Poke(Table + page / 1024, page | present | writable | accessed);
    }

    private void Describe()
    {
        const uint kernelData =
                Descriptor.Present
                | Descriptor.NotSystem
                | Descriptor.Accessed
                | Descriptor.Writable
                | Descriptor.Big
                | Descriptor.Granular,
            kernelCode = kernelData | Descriptor.Code,
            taskState = Descriptor.Present | 0xB00;
        var cpu = _pc.Cpu;
        Put(Globals, Arena.KernelCode, new(0, 0xFFFFF, kernelCode));
        Put(Globals, Arena.KernelData, new(0, 0xFFFFF, kernelData));
        Put(Globals, Arena.FlatCode, Arena.Of(Arena.FlatCode)!.Value);
        Put(Globals, Arena.FlatData, Arena.Of(Arena.FlatData)!.Value);
        for (var i = 0; i < Arena.Local.Length; i++)
            Put(Locals, Arena.Selector(i), Arena.Local[i]);
        // Like Linux: INT3 and INTO may be used in ring 3; INT 80h is not compared, and is treated like the others
        // here.
        for (var vector = 0u; vector < 256; vector++)
        {
            const uint interruptGate = 0x8E00,
                level3 = 3 << 13;
            var handler = Handlers + vector * 16;
            _pc.Poke(handler, 0xF4); // HLT
            _pc.Poke(Interrupts + vector * 8, (uint)Arena.KernelCode << 16 | handler & 0xFFFF);
            _pc.Poke(
                Interrupts + vector * 8 + 4,
                handler & 0xFFFF0000 | interruptGate | (vector is 3 or 4 ? level3 : 0)
            );
        }

        _pc.Poke(TaskState + 4, Stack + 0x1000);
        _pc.Poke(TaskState + 8, Arena.KernelData);
        _pc.Poke(TaskState + 0x64, 0x2068 << 16); // no I/O bitmap within the limit
        (cpu.GdtBase, cpu.GdtLimit) = (Globals, 0x7F);
        (cpu.IdtBase, cpu.IdtLimit) = (Interrupts, 0x7FF);
        cpu.TaskRegister = Segment<Concrete>.Load(0x40, TaskState, 0x67, taskState);
        cpu.LocalTable = Segment<Concrete>.Load(
            0x50,
            Locals,
            (uint)(Arena.Local.Length + 1) * 8 - 1,
            Descriptor.Present | 0x200
        );
    }

    private void Put(uint table, ushort selector, LocalSegment segment)
    {
        _pc.Poke(table + (selector & ~7u), segment.Low);
        _pc.Poke(table + (selector & ~7u) + 4, segment.High);
    }
}
