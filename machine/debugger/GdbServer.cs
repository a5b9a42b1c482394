using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Verified.Machine.Computer;
using Verified.Machine.Processor;

namespace Verified.Machine.Debugger;

/// <summary>
/// Serves gdb's remote serial protocol (gdb manual, appendix E) on one connection. Addresses are
/// linear. Register numbers are those of gdb's i386.
/// </summary>
public sealed class GdbServer
{
    private const int Registers = 16,
        FloatingBytes = 8 * 10 + 8 * 4,
        Burst = 2_000_000;
    private const string Trapped = "S05",
        Done = "OK",
        Bad = "E01",
        Unknown = "";

    private readonly Pc _pc;
    private readonly NetworkStream _stream;
    private readonly long _end;
    private StopReason _reason = StopReason.Budget;
    private string _stopped = Trapped;

    private GdbServer(Pc pc, NetworkStream stream, long budget) =>
        (_pc, _stream, _end) = (pc, stream, pc.Instructions + budget);

    /// <summary>Waits for gdb and obeys it until gdb leaves or the machine stops for good.</summary>
    /// <param name="pc">The machine.</param>
    /// <param name="listener">Where gdb connects.</param>
    /// <param name="error">Gets the address to give to gdb.</param>
    /// <param name="budget">The most instructions to execute.</param>
    public static StopReason Serve(Pc pc, TcpListener listener, TextWriter error, long budget)
    {
        error.WriteLine($"[waiting for gdb: target remote localhost:{((IPEndPoint)listener.LocalEndpoint).Port}]");
        error.Flush();
        using var client = listener.AcceptTcpClient();
        client.NoDelay = true;
        using var stream = client.GetStream();
        var server = new GdbServer(pc, stream, budget);
        server.Loop();
        return server._reason;
    }

    private void Loop()
    {
        while (Receive() is { } packet)
        {
            if (packet is "k" or "D")
            {
                if (packet == "D")
                    Send(Done);
                return;
            }
            Send(Answer(packet));
        }
    }

    private string Answer(string packet)
    {
        var arguments = packet.Length > 1 ? packet[1..] : "";
        try
        {
            return packet[0] switch
            {
                '?' => _stopped,
                'g' => string.Concat(Enumerable.Range(0, Registers).Select(i => Little(Read(i))))
                    + new string('0', FloatingBytes * 2),
                'G' => WriteAll(arguments),
                'p' => Number(arguments) < Registers ? Little(Read((int)Number(arguments))) : Little(0),
                'P' => WriteOne(arguments),
                'm' => ReadMemory(arguments),
                'M' => WriteMemory(arguments),
                's' => Resume(arguments, step: true),
                'c' => Resume(arguments, step: false),
                'Z' or 'z' => Point(packet[0] == 'Z', arguments),
                'H' or 'T' => Done,
                'q' => Query(packet),
                _ => Unknown,
            };
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            return Bad;
        }
    }

    private static string Query(string packet) =>
        packet.Split(':')[0] switch
        {
            "qSupported" => "PacketSize=4000;qXfer:features:read+",
            "qXfer" when packet.StartsWith("qXfer:features:read:target.xml", StringComparison.Ordinal) =>
                "l<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM "
                    + "\"gdb-target.dtd\"><target><architecture>i386</architecture></target>",
            "qAttached" => "1",
            "qC" => "QC1",
            "qfThreadInfo" => "m1",
            "qsThreadInfo" => "l",
            _ => Unknown,
        };

    private uint Read(int register) =>
        register switch
        {
            < 8 => _pc.Cpu.R[register],
            8 => (_pc.Cpu.S[SegmentRegister.Cs].Base + _pc.Cpu.Eip).Value,
            9 => _pc.Cpu.Eflags,
            _ => _pc.Cpu.S[Segment(register)].Selector,
        };

    // CS, SS, DS, ES, FS, GS in gdb's order.
    private static int Segment(int register) =>
        (register - 10) switch
        {
            0 => SegmentRegister.Cs,
            1 => SegmentRegister.Ss,
            2 => SegmentRegister.Ds,
            3 => SegmentRegister.Es,
            4 => SegmentRegister.Fs,
            _ => SegmentRegister.Gs,
        };

    /// <summary>
    /// A write of a segment register is ignored, because a selector alone does not determine the processor's
    /// descriptor.
    /// </summary>
    private void Write(int register, uint value)
    {
        if (register < 8)
            _pc.Cpu.R[register] = value;
        else if (register == 8)
            _pc.Cpu.Eip = value - _pc.Cpu.S[SegmentRegister.Cs].Base;
        else if (register == 9)
            _pc.Cpu.Eflags = value;
    }

    private string WriteAll(string hex)
    {
        for (var i = 0; i < Registers && (i + 1) * 8 <= hex.Length; i++)
            Write(i, FromLittle(hex.Substring(i * 8, 8)));
        return Done;
    }

    private string WriteOne(string arguments)
    {
        var parts = arguments.Split('=');
        Write((int)Number(parts[0]), FromLittle(parts[1]));
        return Done;
    }

    private string ReadMemory(string arguments)
    {
        var parts = arguments.Split(',');
        var (at, length) = (Number(parts[0]), Number(parts[1]));
        var hex = new StringBuilder();
        for (uint i = 0; i < length && _pc.Mmu.Look(at + i) is { } stored; i++)
            hex.Append(CultureInfo.InvariantCulture, $"{_pc.Memory.Load(stored, 1):x2}");
        return hex.Length > 0 || length == 0 ? hex.ToString() : Bad;
    }

    private string WriteMemory(string arguments)
    {
        var parts = arguments.Split(',', ':');
        var at = Number(parts[0]);
        var bytes = Convert.FromHexString(parts[2]);
        for (uint i = 0; i < bytes.Length; i++)
        {
            if (_pc.Mmu.Look(at + i) is not { } stored)
                return Bad;
            _pc.Memory.Store(stored, 1, bytes[i]);
        }
        return Done;
    }

    private string Point(bool set, string arguments)
    {
        var parts = arguments.Split(',');
        var (at, length) = (Number(parts[1]), Number(parts[2]));
        switch (parts[0])
        {
            case "0" or "1":
                _pc.SetBreakpoint(at, set);
                return Done;
            case "2" or "3" or "4":
                _pc.SetWatchpoint(new(at, length, Reads: parts[0] != "2", Writes: parts[0] != "3"), set);
                return Done;
            default:
                return Unknown;
        }
    }

    private string Resume(string address, bool step)
    {
        if (address.Length > 0)
            Write(8, Number(address));
        try
        {
            do _reason = _pc.Run(step ? 1 : Math.Min(Burst, _end - _pc.Instructions));
            while (!step && _reason == StopReason.Budget && _pc.Instructions < _end && !_stream.DataAvailable);
            // The only data that gdb sends to a running target is an interrupt.
            if (!step && _reason == StopReason.Budget && _stream.DataAvailable && _stream.ReadByte() == 3)
                return _stopped = "S02";
            _stopped = _reason switch
            {
                StopReason.Exited => string.Create(CultureInfo.InvariantCulture, $"W{_pc.ExitStatus & 0xFF:x2}"),
                StopReason.Halted or StopReason.Reset => "W00",
                StopReason.Breakpoint when _pc.Watched is { } met => string.Create(
                    CultureInfo.InvariantCulture,
                    $"T05{Kind(met.Watchpoint)}:{met.Watchpoint.Linear:x};"
                ),
                _ => Trapped,
            };
        }
        catch (Exception e)
            when (e is ShutdownException or UnimplementedInstruction or Machine.Processor.MachineException)
        {
            Send("O" + Convert.ToHexString(Encoding.ASCII.GetBytes($"{e.Message}\n")));
            _stopped = "S0b";
        }
        return _stopped;
    }

    private static string Kind(Watchpoint watchpoint) =>
        (watchpoint.Reads, watchpoint.Writes) switch
        {
            (true, true) => "awatch",
            (true, false) => "rwatch",
            _ => "watch",
        };

    private static uint Number(string hex) =>
        uint.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static string Little(uint value) => Convert.ToHexString(BitConverter.GetBytes(value));

    private static uint FromLittle(string hex) => BitConverter.ToUInt32(Convert.FromHexString(hex));

    /// <summary>The next packet's content, acknowledged; null if gdb has gone.</summary>
    private string? Receive()
    {
        int next;
        while ((next = _stream.ReadByte()) != '$')
            if (next < 0)
                return null;
        var content = new StringBuilder();
        while ((next = _stream.ReadByte()) != '#')
        {
            if (next < 0)
                return null;
            content.Append((char)next);
        }
        _stream.ReadByte();
        _stream.ReadByte();
        _stream.WriteByte((byte)'+');
        return content.Length > 0 ? content.ToString() : "?";
    }

    private void Send(string content)
    {
        var sum = content.Sum(c => c) & 0xFF;
        _stream.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"${content}#{sum:x2}")));
    }
}
