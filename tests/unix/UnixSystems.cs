using System.Net;
using System.Net.Sockets;
using System.Text;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Proofs.Bench;
using Verified.Proofs.Unix;
using Verified.Tests.Kernel;
using Xunit;

namespace Verified.Tests.Unix;

/// <summary>Two Unix servers side by side, with a terminal at COM1 and one at COM2.</summary>
internal static class UnixSystems
{
    private const long Slice = 1_000_000,
        Slices = 3_000;

    /// <summary>The end of a run.</summary>
    /// <param name="First">The text at the first terminal.</param>
    /// <param name="Second">The text at the second terminal.</param>
    /// <param name="Status">The exit status of the machine; null if it did not end.</param>
    public sealed record Ended(string First, string Second, int? Status)
    {
        /// <summary>The most threads of each kind that were counted between slices of the run.</summary>
        public WaitingThreads Most { get; init; }
    }

    /// <summary>The boot of two systems with these files.</summary>
    public static UnixBoot Boot(byte[] first, byte[] second, UnixWay way = UnixWay.Library) =>
        UnixBoot.Of(way, UnixSystem.Image.Value, [first, second], UnixSystem.Built);

    /// <summary>The same, with the program <c>programs/server.c</c> in place of both servers.</summary>
    /// <param name="forbidden">A statement of C: what the second server does.</param>
    public static UnixBoot WithPlantedServer(string forbidden)
    {
        var server = new Compiled(
            "server",
            [
                ("server.c", File.ReadAllText(Path.Combine(UnixSystem.Programs, "server.c"))),
                .. Compiled.Find(path => path == "l4/stubs.S" || Path.GetExtension(path) == ".h"),
            ],
            ["-Wl,-Ttext-segment=0x100000", $"-DFORBIDDEN={forbidden}"],
            ["", "l4"]
        ).File(UnixSystem.Built, "gcc");
        return WithServer(Boot([0], [0]), server);
    }

    /// <summary>The same boot with another file in place of the Unix server.</summary>
    public static UnixBoot WithServer(UnixBoot boot, byte[] server) =>
        boot with
        {
            Modules = [.. boot.Modules.Select(module => module.CommandLine == "unix" ? new("unix", server) : module)],
        };

    /// <summary>The Unix server with a change in its platform's source: a planted defect.</summary>
    public static byte[] ChangedServer(string from, string to)
    {
        var sources = Compiled.Find(path => !path.Contains('/', StringComparison.Ordinal) || path.StartsWith("l4/"));
        var changed = sources.Select(source => (source.Path, Text: source.Text.Replace(from, to))).ToList();
        Assert.NotEqual(sources.Select(source => source.Text), changed.Select(source => source.Text));
        return new Compiled("changed", changed, ["-Wl,-Ttext-segment=0x100000"], ["", "l4"]).File(
            UnixSystem.Built,
            "gcc"
        );
    }

    /// <summary>Runs both on the machine.</summary>
    /// <param name="boot">The systems.</param>
    /// <param name="first">Gets the text at COM1, and returns the text to type then; null gives up.</param>
    /// <param name="second">The same at COM2.</param>
    /// <param name="watch">Gets the machine before it runs.</param>
    public static Ended OnTheMachine(
        UnixBoot boot,
        Func<string, string?> first,
        Func<string, string?> second,
        Action<Pc>? watch = null
    )
    {
        var pc = new Pc();
        pc.Cpu.Model = ProcessorModel.PentiumII;
        var (one, two) = (new UnixSystem.Listener(first), new UnixSystem.Listener(second));
        pc.Serial.Sent = sent => pc.Type(Bytes(one.Hear((char)sent)));
        pc.SecondSerial.Sent = sent => pc.TypeSecond(Bytes(two.Hear((char)sent)));
        Multiboot.Load(pc, boot.Kernel, "", [.. boot.Modules]);
        watch?.Invoke(pc);
        var (reason, most) = (StopReason.Budget, default(WaitingThreads));
        for (var i = 0; i < Slices && reason == StopReason.Budget && !one.GaveUp && !two.GaveUp; i++)
        {
            reason = pc.Run(Slice);
            most = most.Or(WaitingThreads.In(pc, UnixSystem.Image.Value.Layout));
        }
        return new(one.Text, two.Text, reason == StopReason.Exited ? pc.ExitStatus >> 1 : null) { Most = most };
    }

    /// <summary>Runs both in QEMU, whose COM2 is a connection to this process.</summary>
    public static Ended InQemu(UnixBoot boot, Func<string, string?> first, Func<string, string?> second)
    {
        var (one, two) = (new UnixSystem.Listener(first), new UnixSystem.Listener(second));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var terminal = Task.Run(() =>
        {
            using var client = listener.AcceptTcpClient();
            using var stream = client.GetStream();
            for (int read; (read = ReadByte(stream)) >= 0; )
                stream.Write(Bytes(two.Hear((char)read)));
        });
        var (_, status) = Qemu.Converse(
            boot.Kernel,
            boot.Modules,
            read => two.GaveUp ? null : one.Hear(read),
            "-serial",
            $"tcp:127.0.0.1:{port}"
        );
        terminal.Wait();
        return new(one.Text, two.Text, status >> 1);
    }

    // The end of QEMU ends the connection.
    private static int ReadByte(NetworkStream stream)
    {
        try
        {
            return stream.ReadByte();
        }
        catch (IOException)
        {
            return -1;
        }
    }

    private static byte[] Bytes(string? typed) => Encoding.Latin1.GetBytes(typed ?? "");
}
