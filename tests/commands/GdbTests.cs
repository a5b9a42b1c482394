using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;
using static Verified.Tests.Commands.InProcess;

namespace Verified.Tests.Commands;

/// <summary>gdb's protocol, spoken with <c>verified run --gdb</c>.</summary>
public sealed class GdbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("verified-gdb").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_debugger_reads_steps_watches_and_stops()
    {
        // INC EAX; MOV [200000h], EAX; JMP to itself.
        var program = Path.Combine(_folder, "program");
        File.WriteAllBytes(program, [0x40, 0xA3, 0, 0, 0x20, 0, 0xEB, 0xFE]);
        var port = FreePort();
        var run = Task.Run(() => Run("run", "--flat", program, "--gdb", $"{port}"));
        using var client = await Connect(port);
        var stream = client.GetStream();
        string Ask(string packet)
        {
            stream.Write(Encoding.ASCII.GetBytes($"${packet}#{packet.Sum(c => c) & 0xFF:x2}"));
            var answer = new StringBuilder();
            int next;
            while ((next = stream.ReadByte()) != '$')
                Assert.True(next >= 0);
            while ((next = stream.ReadByte()) != '#')
                answer.Append((char)next);
            stream.ReadByte();
            stream.ReadByte();
            return answer.ToString();
        }
        Assert.Equal("S05", Ask("?"));
        Assert.Equal("40a3000020", Ask("m100000,5"));
        Assert.Equal("S05", Ask("s"));
        Assert.Equal("01000000", Ask("p0"));
        Assert.Equal("01001000", Ask("p8"));
        Assert.Equal("OK", Ask("P0=07000000"));
        Assert.Equal("OK", Ask("Z2,200000,4"));
        Assert.Equal("T05watch:200000;", Ask("c"));
        Assert.Equal("07000000", Ask("m200000,4"));
        Assert.Equal("OK", Ask("z2,200000,4"));
        Assert.Equal("OK", Ask("P8=00001000"));
        Assert.Equal("OK", Ask("Z0,100006,1"));
        Assert.Equal("S05", Ask("c"));
        Assert.Equal("06001000", Ask("p8"));
        Assert.Equal("E01", Ask("mxyz,1"));
        Assert.Equal("OK", Ask("D"));
        Assert.Contains("left by gdb", (await run).Output, StringComparison.Ordinal);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<TcpClient> Connect(int port)
    {
        var client = new TcpClient();
        for (var limit = Stopwatch.StartNew(); ; )
        {
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, port);
                return client;
            }
            catch (SocketException) when (limit.Elapsed < TimeSpan.FromSeconds(30))
            {
                // The other side is not listening yet.
                await Task.Delay(50);
            }
        }
    }
}
