using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Tests.Interface;
using Xunit;

namespace Verified.Tests.Kernel;

/// <summary>σ0's answers to its clients. The machine runs σ0 without a kernel, and the test performs ipc.</summary>
public class Sigma0Tests
{
    private const uint Root = 0x04040001,
        Other = 0x04050001,
        Map = 2,
        InfoPage = 0x150000,
        Memory = 16 << 20;
    private const uint Page = 12 << 2,
        Superpage = 22 << 2,
        Writable = 2,
        AnyPage = 0xFFFFFFFC;

    private readonly Pc _pc = new(Memory);

    public Sigma0Tests()
    {
        var file = ServerPrograms.Sigma0.File;
        uint Field(int at) => BitConverter.ToUInt32(file, 52 + at);
        _pc.Memory.Write(Field(12), file.AsSpan((int)Field(4), (int)Field(16)));
        _pc.Cpu.Eip = BitConverter.ToUInt32(file, 24);
        Info(0x28, Field(12), Field(12) + Field(20));
        Info(0x48, 0x300000, 0x304321);
        Info(0x60, 0, Memory);
        Info(0x68, 0x100000, 0x200000);
        Info(0x78, 0xA0000, 0x100000);
        _pc.Memory.Store(0x10000, 4, InfoPage);
        _pc.Cpu.R[Register.Esp] = 0x10000;
        RunToIpc();
        Assert.Equal(uint.MaxValue, _pc.Cpu.R[Register.Eax].Value);
    }

    private void Info(uint offset, uint begin, uint end)
    {
        _pc.Memory.Store(InfoPage + offset, 4, begin);
        _pc.Memory.Store(InfoPage + offset + 4, 4, end);
    }

    private void RunToIpc()
    {
        while (_pc.Memory.Load(_pc.Cpu.Eip.Value, 2) != 0x30CD)
            Assert.Equal(StopReason.Budget, _pc.Run(1));
    }

    /// <summary>Calls σ0. Returns the answer's send descriptor and first two words.</summary>
    private (uint Send, uint W0, uint W1) Call(uint client, uint w0, uint w1 = 0)
    {
        ref var r = ref _pc.Cpu.R;
        Assert.Equal(1u, r[Register.Ebp].Value);
        (r[Register.Eax], r[Register.Esi], r[Register.Edx], r[Register.Ebx]) = (0, client, w0, w1);
        _pc.Cpu.Eip += 2;
        RunToIpc();
        Assert.Equal(client, r[Register.Esi].Value);
        Assert.Equal(0x10u, r[Register.Ecx].Value);
        return (r[Register.Eax].Value, r[Register.Edx].Value, r[Register.Ebx].Value);
    }

    private static (uint, uint, uint) Given(uint at) => (Map, at, at | Page | Writable);

    private static readonly (uint, uint, uint) Refused = (0, 0, 0);

    [Fact]
    [Sentence("17.1", "17.5", "17.8")]
    public void A_frame_goes_to_the_first_task_that_asks_and_to_no_other()
    {
        Assert.Equal(Given(0x500000), Call(Other, 0x500678));
        Assert.Equal(Given(0x500000), Call(Other, 0x500002, 0x1234));
        Assert.Equal(Given(0x500000), Call(Other + 0x400, 0x500000));
        Assert.Equal(Refused, Call(Root, 0x500000));
    }

    [Fact]
    [Sentence("17.2")]
    public void What_is_reserved_or_not_there_goes_to_nobody()
    {
        foreach (var at in (uint[])[0x100000, InfoPage, 0x1FFFFC, 0x20000, Memory, 0x40000000])
            Assert.Equal(Refused, Call(Root, at));
    }

    [Fact]
    public void The_root_task_has_its_own_pages_and_no_other_task_has_them()
    {
        Assert.Equal(Refused, Call(Other, 0x300000));
        Assert.Equal(Refused, Call(Other, 0x304000));
        Assert.Equal(Given(0x304000), Call(Root, 0x304320));
        Assert.Equal(Given(0x305000), Call(Other, 0x305000));
    }

    [Fact]
    [Sentence("17.3")]
    public void Devices_are_given_by_address_only()
    {
        Assert.Equal(Given(0xB8000), Call(Other, 0xB8000));
        var given = new HashSet<uint>();
        for (var answer = Call(Other, AnyPage); answer != Refused; answer = Call(Other, AnyPage))
        {
            Assert.Equal(Given(answer.W0), answer);
            Assert.True(given.Add(answer.W0));
        }

        // All frames except page 0, σ0's own pages, devices, kernel and root.
        Assert.DoesNotContain(given, at =>
            at is 0 or (>= 0xA0000 and < 0x200000) or (>= 0x300000 and < 0x305000) or (>= 0x20000 and < 0x26000)
        );
        Assert.Equal((int)(Memory / 0x1000) - 1 - 6 - 0x160 - 5, given.Count);
        Assert.Equal(Given(0), Call(Root, 0));
    }

    [Fact]
    [Sentence("17.6")]
    public void Four_megabytes_go_to_one_task_as_a_whole()
    {
        Assert.Equal(((uint, uint, uint))(Map, 0x800000, 0x800000 | Superpage | Writable), Call(Other, 0x40800000));
        Assert.Equal(Given(0xBFF000), Call(Other, 0xBFF000));
        Assert.Equal(Refused, Call(Root, 0xBFF000));
        Assert.Equal(Refused, Call(Root, 0x40800000));
        Assert.Equal(Given(0xC01000), Call(Other, 0xC01000));
        Assert.Equal(Refused, Call(Root, 0xC00001, Superpage));
        Assert.Equal(
            ((uint, uint, uint))(Map, 0xC00000, 0xC00000 | Superpage | Writable),
            Call(Other, 0xC00001, Superpage)
        );
        Assert.Equal(Refused, Call(Root, 0xC0000000));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(1023)]
    public void One_frame_of_another_task_keeps_back_four_megabytes(uint frame)
    {
        var at = 0x800000 + frame * 0x1000;
        Assert.Equal(Given(at), Call(Root, at));
        Assert.Equal(Refused, Call(Other, 0x40800000));
        Assert.Equal(((uint, uint, uint))(Map, 0xC00000, 0xC00000 | Superpage | Writable), Call(Other, 0x40C00000));
        Assert.Equal(Refused, Call(Root, 0xC00000 + frame * 0x1000));
    }

    [Fact]
    [Sentence("17.4", "17.7", "17.9")]
    public void The_info_page_is_everybodys_to_read_and_ports_are_the_root_tasks_only()
    {
        foreach (var client in (uint[])[Root, Other])
            Assert.Equal((Map, InfoPage, InfoPage | Page), Call(client, 1, 1));
        Assert.Equal(Refused, Call(Root, 1, 0));
        Assert.Equal((Map, 0u, 0xF03F8010u), Call(Root, 0xF03F8010));
        Assert.Equal((Map, 0u, 0xF03F8010u), Call(Root + 0x400, 0xF03F8010));
        Assert.Equal(Refused, Call(Other, 0xF03F8010));
        Assert.Equal(Refused, Call(Root, 0xE0000000));
    }
}
