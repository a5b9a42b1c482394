using System.Collections.Immutable;
using Iced.Intel;
using Verified.Proofs.Execution;
using Verified.Proofs.Subjects;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Proofs.Tutorial;

// A kernel of two threads, in one file. Copy it to start with a kernel of your own.
//
//     INT 30h  yield   the other thread runs, unless it waits
//     INT 31h  put     EBX goes to the mailbox, or to the other thread if that one waits for a word
//     INT 32h  get     a word comes to EBX; if there is none, the thread waits for the other thread's put
//
// EAX tells the result: 0, or 1 if the mailbox is full, or if both threads would wait for ever.

/// <summary>
/// Part 1, the spec. Each step is a small program on columns. `if` on a value that is not known makes the prover
/// explore both sides. A column has a width: a step that writes a wider value is refuted.
/// </summary>
public sealed class MailboxSpec : Specification
{
    public const uint Done = 0,
        Refused = 1;

    public static readonly Table Thread = new("thread", 1);

    public static readonly ColumnInfo Current = new("current", Table.Processor, 1),
        Full = new("full", Table.Processor, 1),
        Word = new("word", Table.Processor, 32),
        Waits = new("waits", Thread, 1);

    /// <summary>The registers of a thread, in the order of a stack frame: PUSHAD, then the processor's own.</summary>
    public static readonly IReadOnlyList<ColumnInfo> Registers =
    [
        .. ((string[])["EDI", "ESI", "EBP", "EBX", "EDX", "ECX", "EAX", "EIP", "EFLAGS", "ESP"]).Select(
            name => new ColumnInfo(name, Thread, 32)
        ),
    ];

    public static ColumnInfo Register(string name) => Registers.Single(register => register.Name == name);

    public static readonly ColumnInfo Eax = Register("EAX"),
        Ebx = Register("EBX"),
        Eflags = Register("EFLAGS");

    public override IReadOnlyList<(Table Table, uint Rows)> Tables => [(Thread, 2)];

    public override IReadOnlyList<ColumnInfo> Columns => [Current, Full, Word, Waits, .. Registers];

    public override void Begin(ColumnState<Concrete> state) =>
        (state[Eflags, 0], state[Eflags, 1]) = (ProtectedMode.FixedFlags, ProtectedMode.FixedFlags);

    public override IReadOnlyList<SpecStep<W>> Steps<W>() => [new("yield", Yield), new("put", Put), new("get", Get)];

    private static void Yield<W>(ColumnState<W> s)
        where W : struct, IWord<W>
    {
        var other = s[Current] ^ 1;
        if (s[Waits, other] == 0)
            s[Current] = other;
    }

    private static void Put<W>(ColumnState<W> s)
        where W : struct, IWord<W>
    {
        var (me, other) = (s[Current], s[Current] ^ 1);
        var result = Done;
        if (s[Waits, other] == 1)
            (s[Waits, other], s[Ebx, other], s[Eax, other]) = (0, s[Ebx, me], Done);
        else if (s[Full] == 0)
            (s[Full], s[Word]) = (1, s[Ebx, me]);
        else
            result = Refused;
        s[Eax, me] = result;
    }

    private static void Get<W>(ColumnState<W> s)
        where W : struct, IWord<W>
    {
        var (me, other) = (s[Current], s[Current] ^ 1);
        if (s[Full] == 1)
            (s[Ebx, me], s[Full], s[Word], s[Eax, me]) = (s[Word], 0, 0, Done);
        else if (s[Waits, other] == 1)
            s[Eax, me] = Refused;
        else
            (s[Waits, me], s[Current]) = (1, other);
    }

    /// <summary>
    /// Part 2, the invariants. The prover assumes them in the state before a step, and shows them after it.
    /// </summary>
    public override IReadOnlyList<Invariant<ColumnState<W>, W>> Invariants<W>() =>
        [
            new("somebody-runs", "the thread that has the processor does not wait", Table.Processor, false, (s, _, _) =>
                s[Waits, s[Current]] == 0
            ),
            new("nobody-waits-in-vain", "a thread waits only if the mailbox is empty", Thread, false, (s, t, _) =>
                s[Waits, t] == 0 | s[Full] == 0
            ),
            new("nothing-is-left", "an empty mailbox shows no word that was in it", Table.Processor, false, (s, _, _) =>
                s[Full] == 1 | s[Word] == 0
            ),
            new("flags-of-a-user", "a thread has no I/O privilege and no interrupts", Thread, false, (s, t, _) =>
                (s[Eflags, t] & ~ProtectedMode.UserFlags) == ProtectedMode.FixedFlags
            ),
        ];
}

/// <summary>
/// Part 3, the machine: where the columns are, and the code. Part 4, a planted bug: with
/// <paramref name="yieldsToWaiters"/> the code of yield does not look whether the other thread waits.
/// </summary>
public sealed class MailboxKernel(bool yieldsToWaiters = false) : Subject
{
    private const uint Tables = 0x1000,
        Text = 0x2000,
        RowSize = 64,
        FrameSize = 13 * 4;

    private static readonly Field WaitsField = new("waits", 0, 1),
        FullField = new("full", 0, 1),
        WordField = new("word", 4);

    /// <summary>
    /// A row per thread. Its top is the kernel's stack for that thread, so a way in writes its frame into the row. CS
    /// and SS of a frame have one value always; PUSHAD also writes ESP, and nobody reads it.
    /// </summary>
    private static readonly Area Threads = new(
        "threads",
        0x3000,
        2,
        RowSize,
        [
            WaitsField,
            .. (
                (string[])
                    ["EDI", "ESI", "EBP", "pushed ESP", "EBX", "EDX", "ECX", "EAX", "EIP", "CS", "EFLAGS", "ESP", "SS"]
            ).Select(
                (name, i) =>
                    new Field(
                        name,
                        RowSize - FrameSize + (uint)i * 4,
                        name is "CS" or "SS" ? 1u : 32,
                        name switch
                        {
                            "CS" => FieldEncoding.Always(ProtectedMode.UserCode),
                            "SS" => FieldEncoding.Always(ProtectedMode.UserData),
                            _ => null,
                        }
                    )
            ),
        ]
    )
    {
        Table = MailboxSpec.Thread,
    };

    private static readonly Area Box = new("box", 0x3100, 1, 8, [FullField, WordField]);

    private static readonly Field OtherField = new("row", 0, 1, FieldEncoding.RowPointer(() => Threads)),
        StackField = new("esp0", 0, 1, FieldEncoding.RowPointer(() => Threads, RowSize));

    /// <summary>The row of the thread that does not run; ESP0 of the TSS, just past the row that runs.</summary>
    private static readonly Area Other = new("other", 0x3110, 1, 4, [OtherField]),
        Stack = new("stack", Tables + 4, 1, 4, [StackField]);

    private readonly (Dictionary<uint, uint> Dwords, ProtectedMode Mode, int Instructions) _code = Assemble(
        yieldsToWaiters
    );

    public override Specification Spec { get; } = new MailboxSpec();

    public override ColumnInfo Current => MailboxSpec.Current;

    public override IReadOnlyList<Area> Areas => [Threads, Box, Other, Stack];

    public override IReadOnlyDictionary<ColumnInfo, Place> Places { get; } =
        new Dictionary<ColumnInfo, Place>(
            MailboxSpec.Registers.Select(register =>
                KeyValuePair.Create(
                    register,
                    new Place(Threads, Threads.Fields.Single(field => field.Name == register.Name), register.Name)
                )
            )
        )
        {
            [MailboxSpec.Current] = new(Stack, StackField),
            [MailboxSpec.Full] = new(Box, FullField),
            [MailboxSpec.Word] = new(Box, WordField),
            [MailboxSpec.Waits] = new(Threads, WaitsField),
        };

    public override IReadOnlyList<Derived<W>> Derived<W>() =>
        [new(Other, OtherField, "the kernel knows the row of the other thread", (s, _) => s[MailboxSpec.Current] ^ 1)];

    public override IReadOnlyDictionary<uint, uint> Constants => _code.Dwords;

    public override ImmutableDictionary<string, Holding> Contract => _code.Mode.Contract();

    public override IReadOnlyList<UserWay> Ways { get; } = [new("yield", 0x30), new("put", 0x31), new("get", 0x32)];

    public int Instructions => _code.Instructions;

    /// <summary>
    /// The code. It uses SS alone, which the processor loads on the way in. A thread may have loaded anything into DS.
    /// </summary>
    private static (Dictionary<uint, uint>, ProtectedMode, int) Assemble(bool yieldsToWaiters)
    {
        var c = new Assembler(32);
        AssemblerMemoryOperand At(Area area, Field field) => __dword_ptr.ss[area.Base + field.Offset];
        AssemblerMemoryOperand InFrame(string name) =>
            __dword_ptr.ss[esp + (int)(Threads.Fields.Single(f => f.Name == name).Offset - (RowSize - FrameSize))];
        AssemblerMemoryOperand OfOther(string name) =>
            __dword_ptr.ss[ebp + (int)Threads.Fields.Single(f => f.Name == name).Offset];
        Label yield = c.CreateLabel(),
            put = c.CreateLabel(),
            get = c.CreateLabel(),
            change = c.CreateLabel(),
            store = c.CreateLabel(),
            done = c.CreateLabel(),
            empty = c.CreateLabel(),
            refuse = c.CreateLabel(),
            leave = c.CreateLabel();

        c.Label(ref yield);
        c.pushad();
        c.mov(ebp, At(Other, OtherField));
        if (!yieldsToWaiters)
        {
            c.cmp(OfOther("waits"), 0);
            c.jne(leave);
        }

        c.Label(ref change); // from here on the thread at EBP runs
        c.lea(eax, __[esp - (int)(RowSize - FrameSize)]);
        c.mov(At(Other, OtherField), eax);
        c.lea(eax, __[ebp + (int)RowSize]);
        c.mov(At(Stack, StackField), eax);
        c.lea(esp, __[ebp + (int)(RowSize - FrameSize)]);
        c.Label(ref leave);
        c.popad();
        c.iretd();

        c.Label(ref put);
        c.pushad();
        c.mov(ebp, At(Other, OtherField));
        c.cmp(OfOther("waits"), 0);
        c.je(store);
        c.mov(OfOther("waits"), 0);
        c.mov(OfOther("EBX"), ebx);
        c.mov(OfOther("EAX"), MailboxSpec.Done);
        c.jmp(done);
        c.Label(ref store);
        c.cmp(At(Box, FullField), 0);
        c.jne(refuse);
        c.mov(At(Box, FullField), 1);
        c.mov(At(Box, WordField), ebx);
        c.Label(ref done);
        c.mov(InFrame("EAX"), MailboxSpec.Done);
        c.jmp(leave);

        c.Label(ref get);
        c.pushad();
        c.mov(ebp, At(Other, OtherField));
        c.cmp(At(Box, FullField), 0);
        c.je(empty);
        c.mov(eax, At(Box, WordField));
        c.mov(InFrame("EBX"), eax);
        c.mov(At(Box, FullField), 0);
        c.mov(At(Box, WordField), 0);
        c.jmp(done);
        c.Label(ref empty);
        c.cmp(OfOther("waits"), 0);
        c.jne(refuse);
        c.mov(InFrame("EDI") - (int)(RowSize - FrameSize), 1); // waits, in the row of the thread that runs
        c.jmp(change);
        c.Label(ref refuse);
        c.mov(InFrame("EAX"), MailboxSpec.Refused);
        c.jmp(leave);

        var bytes = new MemoryStream();
        var result = c.Assemble(new StreamCodeWriter(bytes), Text, BlockEncoderOptions.ReturnNewInstructionOffsets);
        var mode = new ProtectedMode(
            Tables,
            new Dictionary<byte, uint>
            {
                [0x30] = (uint)result.GetLabelRIP(yield),
                [0x31] = (uint)result.GetLabelRIP(put),
                [0x32] = (uint)result.GetLabelRIP(get),
            }
        );
        var dwords = mode.Constants();
        foreach (var (i, dword) in CodeBytes.Dwords(bytes.ToArray()).Index())
            dwords[Text + (uint)i * 4] = dword;
        return (dwords, mode, c.Instructions.Count);
    }
}
