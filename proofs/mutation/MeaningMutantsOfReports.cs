namespace Verified.Proofs.Mutation;

/// <summary>Changes of the spec's meaning. A named property must catch each of them.</summary>
internal static partial class MeaningMutants
{
    /// <summary>Reports of the kernel: faults, and interrupts as messages.</summary>
    public static readonly IReadOnlyList<MeaningMutant> OfReports =
    [
        new(
            "a fault is reported to the faulting thread itself",
            "steps/Faults.cs",
            "if (!s.Exists(id) | (partner == me)) s.Status[me] = otherwise;",
            "if (!s.Exists(id)) s.Status[me] = otherwise;"
        ),
        new(
            "a fault is reported without waiting for its answer",
            "steps/Faults.cs",
            "private void AwaitAnswer(W thread, W partner) => Block(thread, ThreadStatus.ReceivingFrom, partner);",
            "private void AwaitAnswer(W thread, W partner)\n    {\n        s.Faulting[thread] = 0;\n      "
                + "  Block(thread, ThreadStatus.Ready, State<W>.Nobody);\n    }"
        ),
        new(
            "a trap's instruction is restarted",
            "steps/Faults.cs",
            "restarts: !FaultMessage.IsTrap(vector));",
            "restarts: true);"
        ),
        new(
            "a fault goes to the preempter",
            "steps/Faults.cs",
            "Report(s.Pager[me], word, ThreadStatus.Stopped);",
            "Report(s.Preempter[me], word, ThreadStatus.Stopped);"
        ),
        new(
            "the end of a slice goes to the pager",
            "steps/Faults.cs",
            "Report(s.Preempter[s.Current], s.Esp[s.Current], ThreadStatus.Ready);",
            "Report(s.Pager[s.Current], s.Esp[s.Current], ThreadStatus.Ready);"
        ),
        new(
            "a thread without pager continues",
            "steps/Faults.cs",
            "Report(s.Pager[me], word, ThreadStatus.Stopped);",
            "Report(s.Pager[me], word, ThreadStatus.Ready);"
        ),
        new(
            "a read is reported as a write",
            "interface/FaultMessage.cs",
            "(address & ~3u) | (code & 2);",
            "(address & ~3u) | 2;"
        ),
        new(
            "an exception's code is lost",
            "interface/FaultMessage.cs",
            "(code << 16) | (vector << 8) | 1;",
            "(vector << 8) | 1;"
        ),
        new(
            "a line is not masked when it fires",
            "steps/InterruptMessages.cs",
            "s.Masked |= Interrupts.Bit(id);\n        if (s.WaitsForInterrupt",
            "if (s.WaitsForInterrupt"
        ),
        new(
            "an edge is lost if its thread does not wait",
            "steps/InterruptMessages.cs",
            "else if (handler != State<W>.Nobody) s.Pending[id] = 1;",
            "else if ((handler != State<W>.Nobody) & (s.Current == handler)) s.Pending[id] = 1;"
        ),
        new(
            "a pending interrupt is delivered twice",
            "steps/InterruptMessages.cs",
            "s.Pending[id] = 0;\n        InterruptMessage(me, id);",
            "InterruptMessage(me, id);"
        ),
        new(
            "an interrupt stays pending after dissociation",
            "steps/InterruptMessages.cs",
            "s.Pending[id] = 0;\n        s.Handler[id] = State<W>.Nobody;",
            "s.Handler[id] = State<W>.Nobody;"
        ),
        new(
            "a dissociated line is not masked",
            "steps/InterruptMessages.cs",
            "s.Masked |= Interrupts.Bit(id);\n        s.Pending",
            "s.Pending"
        ),
        new(
            "a thread gets a second interrupt",
            "steps/InterruptMessages.cs",
            "& (s.Handles[me] == 0) & Interrupts",
            "& Interrupts"
        ),
        new(
            "a thread gets the kernel's interrupt",
            "steps/InterruptMessages.cs",
            "& Interrupts.IsUsers(id) & Timeouts",
            "& Timeouts"
        ),
        new(
            "a thread takes another's interrupt",
            "steps/InterruptMessages.cs",
            "if ((s.Handler[id] == State<W>.Nobody) & (s.Handles",
            "if ((s.Handles"
        ),
        new(
            "a receive leaves its line masked",
            "steps/InterruptMessages.cs",
            "s.Masked &= ~Interrupts.Bit(id);",
            "{ }"
        ),
        new(
            "an interrupt's message has a word",
            "steps/InterruptMessages.cs",
            "s.Edx[to] = s.Ebx[to] = s.Edi[to] = 0;",
            "s.Ebx[to] = s.Edi[to] = 0;"
        ),
        new("an interrupt's message has no id", "steps/InterruptMessages.cs", "s.Esi[to] = id;", "{ }"),
    ];
}
