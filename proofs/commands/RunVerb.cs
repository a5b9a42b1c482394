using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Debugger;
using Verified.Machine.Processor;
using Verified.Machine.Timing;
using Verified.Proofs.First;
using Verified.Proofs.Unix;

namespace Verified.Proofs.Commands;

/// <summary><c>run</c>: boots the image, or any other program, on the machine.</summary>
internal static class RunVerb
{
    private static readonly Option<long> Budget = CommonOptions.InRange(
        new Option<long>("--instructions")
        {
            Description = "Stop after this many instructions",
            HelpName = "N",
            DefaultValueFactory = _ => 10_000_000_000,
        },
        1,
        long.MaxValue
    );

    private static readonly Option<bool> Trace = new("--trace")
    {
        Description = "Print each instruction with the registers that it changed",
    };

    private static readonly Option<bool> Screen = new("--screen") { Description = "Print the text display at the end" };

    private static readonly Option<Timings?> Cycles = new("--cycles")
    {
        Description =
            $"Count the cycles of this processor: {Processors.Timed} (its TLB survives loads of CR3). Caches, "
            + "translations and branch targets count, and RDTSC reads the cycles. Slow; chips advance by instructions",
        HelpName = "NAME",
        CustomParser = Processors.TimingsOf,
    };

    private static readonly Option<int?> Gdb = CommonOptions.InRange(
        new Option<int?>("--gdb")
        {
            Description =
                "Wait for gdb at this TCP port of this computer before the first instruction; 0 takes a free port",
            HelpName = "PORT",
        },
        0,
        65535
    );

    public static Command Make()
    {
        var verb = new Command(
            "run",
            "Run the image, a ROM, a kernel or a flat binary on the machine. The serial and parallel ports and port "
                + "E9h print on the terminal; diagnostic codes (ports 80h and 190h) print on the error output. A "
                + "program ends the run by writing a value V to port F4h, and the status is then 2 V + 1. Exit code "
                + "0 if the status is 1, otherwise 1"
        )
        {
            Budget,
            ImageVerb.RoundTrips,
            ImageVerb.Root,
            ImageSource.File,
            ImageSource.Size,
            MachineOptions.Rom,
            MachineOptions.Kernel,
            MachineOptions.Modules,
            MachineOptions.Append,
            MachineOptions.Flat,
            MachineOptions.Boot,
            MachineOptions.Memory,
            MachineOptions.Input,
            MachineOptions.SecondSerial,
            MachineOptions.Model,
            MachineOptions.TaggedTlb,
            Cycles,
            Trace,
            Screen,
            Gdb,
            RunPage.Html,
            RunPage.Last,
        };
        UnixOptions.AddTo(verb);
        Reporting.AddResultsTo(verb, Run);
        return verb;
    }

    /// <summary>The kernel and the modules that <c>run</c> boots, and <c>image</c> writes.</summary>
    internal static (byte[] Kernel, IReadOnlyList<BootModule> Modules) Booted(
        ParseResult parsed,
        Func<KernelImage> image
    ) =>
        UnixOptions.Boot(parsed, image) is { } unix ? (unix.Kernel, unix.Modules)
        : parsed.GetValue(ImageVerb.Root) is not { } root ? (image().ToElf(), [])
        : (
            image().ToElf(),
            [.. new[] { ServerPrograms.Sigma0, root }.Select(server => new BootModule(server.Name, server.File))]
        );

    private static int Run(ParseResult parsed, Display display)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var pc = MachineOptions.Start(parsed);
        Func<uint, string> name = address => $"{address:X8}h";
        KernelImage? image = null;
        if (!MachineOptions.IsForeign(parsed))
        {
            var (kernel, modules) = Booted(parsed, () =>
                image = ImageSource.Of(parsed, new((uint)parsed.GetValue(ImageVerb.RoundTrips)))
            );
            Multiboot.Load(
                pc,
                kernel,
                parsed.GetValue(MachineOptions.Append)!,
                [.. modules, .. MachineOptions.ModulesOf(parsed)]
            );
            name = image is null ? name : image.Name;
        }
        MachineOptions.Type(parsed, pc);
        using var second = SecondTerminal(parsed, error);
        Connect(pc, output, error, flushes: parsed.GetValue(UnixOptions.Unix));
        if (second is not null)
            pc.SecondSerial.Sent = second.Write;
        if (parsed.GetValue(Trace))
            InstructionTrace.Attach(pc, output);
        var recorder = RunPage.Record(parsed, pc, image);
        var timings = parsed.GetValue(Cycles);
        using var counter = timings is null
            ? null
            : new CycleCounter(pc, Prediction.Learned, timings: timings, buffers: new Buffers(timings));

        // HLT's time counts too.
        if (counter is not null)
            pc.TimeStamp = () => counter.Cycles + pc.Time - pc.Instructions;

        StopReason reason;
        try
        {
            reason =
                parsed.GetValue(Gdb) is { } port ? Debug(pc, port, error, parsed.GetValue(Budget))
                : Typist(parsed) is var typist && (typist ?? (object?)second) is not null
                    ? Typing.Run(pc, parsed.GetValue(Budget), typist, second)
                : pc.Run(parsed.GetValue(Budget));
        }
        catch (Exception e)
            when (e is ShutdownException or UnimplementedInstruction or Machine.Processor.MachineException)
        {
            output.Flush();
            Crash(pc, e, error);
            display.Checked.Add(new("run", false, e.Message));
            return CommandLine.Refuted;
        }
        if (parsed.GetValue(Screen))
            PrintScreen(pc, output);
        Report(pc, reason, name, output, error);
        if (counter is not null)
            output.WriteLine($"[{counter.Cycles:N0} cycles of the {timings!.Name}]");
        var isDrawn = recorder is null || RunPage.Write(parsed, display, image!, recorder);
        var isContent = isDrawn && reason == StopReason.Exited && pc.ExitStatus == DemonstrationRun.Content;
        display.Checked.Add(new("run", isContent, $"{reason} after {pc.Instructions:N0} instructions"));
        return isContent ? CommandLine.Holds : CommandLine.Refuted;
    }

    // The terminal is COM1 of a Unix system that gets no input from a file.
    private static TextReader? Typist(ParseResult parsed) =>
        parsed.GetValue(UnixOptions.Unix) && parsed.GetValue(MachineOptions.Input) is null ? Console.In : null;

    private static NetworkTerminal? SecondTerminal(ParseResult parsed, TextWriter error)
    {
        if (parsed.GetValue(MachineOptions.SecondSerial) is not { } port)
            return null;
        try
        {
            var terminal = new NetworkTerminal(port);
            error.WriteLine($"[COM2 is at 127.0.0.1, port {terminal.Port}]");
            return terminal;
        }
        catch (SocketException e)
        {
            throw new CommandException($"--com2 {port}: {e.Message}; give a free port from 1 to 65535, or 0");
        }
    }

    private static void Connect(Pc pc, TextWriter output, TextWriter error, bool flushes)
    {
        void Sent(byte value)
        {
            output.Write((char)value);
            if (flushes || value == '\n')
                output.Flush();
        }
        (pc.Serial.Sent, pc.SecondSerial.Sent, pc.Printer.Sent, pc.ConsoleSent) = (Sent, Sent, Sent, Sent);
        pc.PostCode = code => error.WriteLine($"[POST {code:X2}h]");
    }

    private static void Report(Pc pc, StopReason reason, Func<uint, string> name, TextWriter output, TextWriter error)
    {
        var at = name((pc.Cpu.S[SegmentRegister.Cs].Base + pc.Cpu.Eip).Value);
        var post =
            pc.LastPostCode != 0
                ? string.Create(CultureInfo.InvariantCulture, $", last diagnostic code {pc.LastPostCode:X2}h")
                : "";
        foreach (var (port, times) in pc.Unanswered.OrderBy(entry => entry.Key).Take(16))
            error.WriteLine($"[nothing answers port {port:X3}h: {times:N0} accesses]");
        if (pc.Mmu.Unanswered is { Accesses: > 0 } nowhere)
            error.WriteLine(
                $"[nothing answers at {nowhere.First:X8}h and other addresses: "
                    + $"{nowhere.Accesses:N0} accesses to memory]"
            );
        output.WriteLine(
            reason switch
            {
                StopReason.Exited =>
                    $"[ended with status {pc.ExitStatus} after {pc.Instructions:N0} instructions{post}: "
                        + $"{StatusMeans(pc.ExitStatus ?? 0)}]",
                StopReason.Budget =>
                    $"[stopped after {pc.Instructions:N0} instructions, at {at}{post}: --instructions allows no more]",
                StopReason.Breakpoint => $"[left by gdb after {pc.Instructions:N0} instructions, at {at}{post}]",
                StopReason.Reset =>
                    $"[reset after {pc.Instructions:N0} instructions, at {at}{post}: the program reset the computer]",
                _ => $"[halted for ever after {pc.Instructions:N0} instructions, at {at}{post}: HLT, and no interrupt "
                    + "can come]",
            }
        );
    }

    private static string StatusMeans(int status) =>
        status == DemonstrationRun.Content
            ? "success, the program wrote 0 to port F4h"
            : $"failure, the program wrote {(status - 1) / 2} to port F4h, and success is 0";

    private static void Crash(Pc pc, Exception e, TextWriter error)
    {
        error.WriteLine($"verified: the machine stopped after {pc.Instructions:N0} instructions: {e.Message}");
        if (e is ShutdownException shutdown && pc.DescribeDescriptor(shutdown.Last) is { } descriptor)
            error.WriteLine(descriptor);
        foreach (var line in pc.DescribeRegisters())
            error.WriteLine(line);
        error.WriteLine("last instructions:");
        foreach (var line in pc.LastInstructions())
            error.WriteLine($"  {line}");
    }

    private static void PrintScreen(Pc pc, TextWriter output)
    {
        foreach (var line in Machine.Chips.Vga.Text(at => (byte)pc.Memory.Load(at, 1)))
            output.WriteLine($"| {line}");
    }

    private static StopReason Debug(Pc pc, int port, TextWriter error, long budget)
    {
        using var listener = Listen(port);
        return GdbServer.Serve(pc, listener, error, budget);
    }

    private static TcpListener Listen(int port)
    {
        try
        {
            var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return listener;
        }
        catch (Exception e) when (e is SocketException or ArgumentOutOfRangeException)
        {
            throw new CommandException($"--gdb {port}: {e.Message}; give a free port from 1 to 65535");
        }
    }
}
