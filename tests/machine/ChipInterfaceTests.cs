using Verified.Machine.Chips;
using Xunit;

namespace Verified.Tests.Machine;

/// <summary>The rules that the machine expects each of its devices to keep.</summary>
public sealed class ChipInterfaceTests
{
    private const int Accesses = 400;

    private static readonly (string Name, Func<IDevice> Make, uint[] Ports)[] All =
    [
        ("interrupt controllers", () => new PicPair(), [0x20, 0x21, 0xA0, 0xA1]),
        ("timer", () => new Pit(), [0x40, 0x41, 0x42, 0x43]),
        ("keyboard", () => new KeyboardController(tested: true), [0x60, 0x64]),
        ("clock", () => new Rtc(64 << 20), [0x70, 0x71]),
        ("serial port", () => new Uart(), [.. Enumerable.Range(0x3F8, 8).Select(port => (uint)port)]),
        ("printer", () => new ParallelPort(), [0x378, 0x379, 0x37A]),
        ("display", () => new Vga(), [.. Enumerable.Range(0x3C0, 0x20).Select(port => (uint)port)]),
        ("host bridge", () => new HostBridge(0xF0000) { Address = 0x80000058 }, [0xCFC, 0xCFD, 0xCFE, 0xCFF]),
    ];

    public static TheoryData<string> Names => [.. All.Select(device => device.Name)];

    [Fact]
    public void Every_device_is_in_the_table() =>
        Assert.Equal(
            typeof(IDevice)
                .Assembly.GetTypes()
                .Where(type => type.IsClass && type.IsAssignableTo(typeof(IDevice)))
                .Select(type => type.Name)
                .Order(),
            All.Select(device => device.Make().GetType().Name).Order()
        );

    [Theory]
    [MemberData(nameof(Names))]
    public void A_copy_goes_on_like_the_device_itself(string name)
    {
        var (_, make, ports) = All.Single(device => device.Name == name);
        var (random, device, now) = (new Random(1), make(), 0L);
        for (var round = 0; round < 20; round++)
        {
            Access(random, ports, Accesses, ref now, device);
            var copy = device.Copy();
            var fresh = make();
            fresh.CopyFrom(device);
            Access(random, ports, Accesses, ref now, device, copy, fresh);
            Assert.Equal(device.NextEvent, copy.NextEvent);
        }
    }

    // Makes the same random accesses to all devices; they must read the same.
    private static void Access(Random random, uint[] ports, int count, ref long now, params IDevice[] devices)
    {
        for (var i = 0; i < count; i++)
        {
            var (port, value, time) = (ports[random.Next(ports.Length)], (byte)random.Next(256), now += 1_000);
            switch (random.Next(3))
            {
                case 0:
                    Assert.All(devices, device => device.Write(port, value, time));
                    break;
                case 1:
                    Assert.All(devices, device => device.Advance(time));
                    break;
                default:
                    Assert.Single(devices.Select(device => device.Read(port, time)).Distinct());
                    break;
            }
        }
    }
}
