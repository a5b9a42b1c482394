using System.Buffers.Binary;
using System.ComponentModel;
using Verified.Machine.Processor;
using Verified.Proofs.Host;

namespace Verified.Proofs.Oracle;

/// <summary>
/// The host's processor in 32-bit user mode, through the native program: it receives batches of cases and returns
/// outcomes.
/// </summary>
public sealed class HostProcessor : IDisposable
{
    /// <summary>The most cases of a batch (MAX_BATCH of the program).</summary>
    public const int MostCases = 2048;

    private const int RequestWords = 38 + Case.MostBytes / 4;
    private const uint Mark = 0x4D41524B,
        NoTrap = uint.MaxValue;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20),
        Ending = TimeSpan.FromSeconds(1);

    // JMP ptr16:32, with a size prefix if the segment is of 16 bits.
    private const uint LongestEnd = 8;

    private readonly OtherProgram _program;
    private readonly Stream _requests,
        _results;
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _at,
        _filled;

    /// <exception cref="OracleUnavailableException">
    /// The program does not start here: the kernel has no 32-bit programs, or no LDT.
    /// </exception>
    public HostProcessor(string program)
    {
        try
        {
            _program = OtherProgram.Start(program, [], Timeout.InfiniteTimeSpan);
        }
        catch (Win32Exception e)
        {
            throw new OracleUnavailableException(
                $"the 32-bit native program does not start: {e.Message}; a kernel with IA-32 emulation is needed"
            );
        }

        (_requests, _results) = (_program.Process.StandardInput.BaseStream, _program.Process.StandardOutput.BaseStream);
        using var start = new MemoryStream();
        Put(start, (uint)Arena.Local.Length);
        for (var i = 0; i < Arena.Local.Length; i++)
        {
            var segment = Arena.Local[i];
            foreach (var word in (ReadOnlySpan<uint>)[(uint)i + 1, segment.Base, segment.Units, segment.UserFlags])
                Put(start, word);
        }

        start.Write(Arena.Background);
        try
        {
            _requests.Write(start.ToArray());
            _requests.Flush();
            if (Word() != Mark)
                throw new EndOfStreamException();
        }
        catch (IOException)
        {
            var step = _program.Process.WaitForExit(Ending)
                ? $"step {_program.Process.ExitCode}"
                : "it does not answer";
            _program.Dispose();
            throw new OracleUnavailableException(
                $"the 32-bit native program could not be set up ({step}): it needs 32-bit programs, modify_ldt and "
                    + "memory below 64 KB"
            );
        }
    }

    /// <summary>
    /// Executes one instruction natively, to show that the host can. This does not judge the instruction's result.
    /// </summary>
    /// <exception cref="OracleUnavailableException">The host cannot; the message gives the reason.</exception>
    public static void Check(string program)
    {
        using var host = new HostProcessor(program);
        var c = CaseGenerator.Make(Iced.Intel.Code.Inc_r32, seed: 1, number: 1)!;
        var own = new OwnProcessor().Execute(c);
        try
        {
            host.Send([(c, own)]);
            host.Receive(c, own);
        }
        catch (IOException e)
        {
            throw new OracleUnavailableException(
                $"the 32-bit native program does not execute an instruction: {e.Message}"
            );
        }
    }

    /// <summary>
    /// Sends cases with their expected outcomes. The expectation only decides where each case is caught most cheaply.
    /// </summary>
    public void Send(IReadOnlyList<(Case Case, Outcome Expected)> batch)
    {
        using var message = new MemoryStream(4 + batch.Count * RequestWords * 4);
        Put(message, (uint)batch.Count);
        foreach (var (c, expected) in batch)
            Put(message, c, expected);
        _requests.Write(message.GetBuffer(), 0, (int)message.Length);
        _requests.Flush();
    }

    /// <summary>The outcome of the next case that was sent.</summary>
    /// <exception cref="OracleLostException">The native program ended, or does not answer.</exception>
    public Outcome Receive(Case c, Outcome expected)
    {
        if (Word() != Mark)
            throw new OracleLostException(
                $"the native program's results are in disorder at {c.Instruction} ({c.Instruction.Code})"
            );
        var (vector, error, address) = (Word(), Word(), Word());
        var registers = new uint[8];
        for (var i = 0; i < 8; i++)
            registers[i] = Word();
        var (eip, eflags) = (Word(), Word());
        var segments = new ushort[6];
        for (var i = 0; i < 6; i++)
            segments[i] = (ushort)Word();
        var changes = new (uint, uint)[Word()];
        for (var i = 0; i < changes.Length; i++)
            changes[i] = (Word(), Word());

        var trapped = vector != NoTrap;
        // The code page is full of INT3. An INT3 that is not the case's own shows where the instruction went on.
        if (vector == Vectors.Breakpoint && expected.Vector != Vectors.Breakpoint)
            (trapped, eip) = (false, eip - 1);
        // A fault of the next instruction shows it too. For traps, EIP is past the instruction that caused them.
        else if (trapped && !c.Includes(eip) && vector is not (Vectors.Debug or Vectors.Breakpoint or Vectors.Overflow))
            trapped = false;
        return new Outcome
        {
            Vector = trapped ? (int)vector : null,
            Error = trapped ? error : 0,
            Address = trapped ? address : 0,
            Registers = registers,
            Eip = eip,
            Eflags = eflags,
            Segments = segments,
            Changes = changes,
        };
    }

    public void Dispose() => _program.Dispose();

    private static void Put(MemoryStream to, Case c, Outcome expected)
    {
        Put(to, c.At);
        Put(to, (uint)c.Bytes.Length);
        foreach (var register in c.Registers)
            Put(to, register);
        Put(to, c.Eip);
        Put(to, c.Eflags);
        foreach (var selector in c.Segments)
            Put(to, selector);
        var end = EndsAt(c, expected);
        Put(to, end);
        Put(to, expected.Eip);
        Put(to, c.CodeSegment.Big ? 0u : 1);
        Put(to, (uint)c.Pokes.Count);
        foreach (var (address, value) in c.Pokes)
        {
            Put(to, address);
            Put(to, value);
        }

        for (var i = c.Pokes.Count; i < Case.MostPokes; i++)
        {
            Put(to, 0);
            Put(to, 0);
        }

        Span<byte> code = stackalloc byte[Case.MostBytes];
        c.Bytes.CopyTo(code);
        to.Write(code);
    }

    /// <summary>
    /// The address at which a jump back can be put, or 0: INT3 catches every case, but a signal costs as much as twenty
    /// jumps.
    /// </summary>
    private static uint EndsAt(Case c, Outcome expected)
    {
        if (expected.Vector is not null || expected.Missing is not null || (expected.Eflags & Flag.Trap) != 0)
            return 0;
        if (
            expected.Segments[SegmentRegister.Ds] != Arena.FlatData
            || expected.Segments[SegmentRegister.Ss] != Arena.FlatData
        )
            return 0;
        if (expected.Segments[SegmentRegister.Cs] != c.Segments[SegmentRegister.Cs] || MayLoadCode(c))
            return 0;
        var at = c.CodeSegment.Base + expected.Eip;
        if (at < Arena.Code || at > Arena.CodeEnd - LongestEnd || expected.Eip > c.CodeSegment.Limit - (LongestEnd - 1))
            return 0;
        return at + LongestEnd <= c.At || at >= c.At + (uint)c.Bytes.Length ? at : 0;
    }

    private static bool MayLoadCode(Case c) =>
        c.Instruction.Mnemonic is Iced.Intel.Mnemonic.Retf or Iced.Intel.Mnemonic.Iret or Iced.Intel.Mnemonic.Iretd
        || c.Instruction.IsCallFar
        || c.Instruction.IsCallFarIndirect
        || c.Instruction.IsJmpFar
        || c.Instruction.IsJmpFarIndirect;

    private static void Put(MemoryStream to, uint word)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, word);
        to.Write(bytes);
    }

    private uint Word()
    {
        if (_filled - _at < 4)
            Fill();
        var word = BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(_at));
        _at += 4;
        return word;
    }

    private void Fill()
    {
        _buffer.AsSpan(_at, _filled - _at).CopyTo(_buffer);
        (_filled, _at) = (_filled - _at, 0);
        while (_filled < 4)
        {
            var read = _results.ReadAsync(_buffer.AsMemory(_filled)).AsTask();
            if (!read.Wait(Patience))
                throw new OracleLostException($"the native program has not answered for {Patience.TotalSeconds} s");
            if (read.Result == 0)
                throw new OracleLostException("the native program ended");
            _filled += read.Result;
        }
    }
}

/// <summary>The native program ended or hangs in the middle of a batch.</summary>
public sealed class OracleLostException(string message) : IOException(message);
