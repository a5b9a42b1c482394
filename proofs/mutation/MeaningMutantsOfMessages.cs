namespace Verified.Proofs.Mutation;

/// <summary>Changes of the spec's meaning. A named property must catch each of them.</summary>
internal static partial class MeaningMutants
{
    /// <summary>Messages.</summary>
    public static readonly IReadOnlyList<MeaningMutant> OfMessages =
    [
        new(
            "a message that waited loses its third word",
            "steps/Ipc.cs",
            "s.Edi[to] = W.Select(faulting, 0, s.Edi[from]);",
            "s.Edi[to] = W.Select(faulting | (from != s.Current), 0, s.Edi[from]);"
        ),
        new(
            "a receiver gets its own id as the sender's",
            "steps/Ipc.cs",
            "s.Esi[to] = s.Id[from];",
            "s.Esi[to] = s.Id[s.Current];"
        ),
        new("a receiver gets no sender's id", "steps/Ipc.cs", "s.Esi[to] = s.Id[from];", "{ }"),
        new(
            "the first word is the second",
            "steps/Ipc.cs",
            "s.Edx[to] = W.Select(faulting, s.Fault[from], s.Edx[from]);",
            "s.Edx[to] = W.Select(faulting, s.Fault[from], s.Ebx[from]);"
        ),
        new(
            "a report has ESP in place of EIP",
            "steps/Ipc.cs",
            "s.Ebx[to] = W.Select(faulting, s.Eip[from], s.Ebx[from]);",
            "s.Ebx[to] = W.Select(faulting, s.Esp[from], s.Ebx[from]);"
        ),
        new(
            "a report's third word is the thread's EDI",
            "steps/Ipc.cs",
            "s.Edi[to] = W.Select(faulting, 0, s.Edi[from]);",
            "s.Edi[to] = s.Edi[from];"
        ),
        new(
            "a message with a map item does not say so",
            "steps/Ipc.cs",
            "s.Eax[to] = W.Select(Gives(from, to), Code.Mapped, Code.Done);",
            "s.Eax[to] = Code.Done;"
        ),
        new("a thread with mcp 0 gives map items", "steps/Ipc.cs", "& (s.Mcp[from] != 0)", ""),
        new(
            "a thread with mcp 0 has a window",
            "steps/Ipc.cs",
            "| ((s.Mcp[to] != 0) & Descriptor.IsWindow(s.Ebp[to])))",
            "| Descriptor.IsWindow(s.Ebp[to]))"
        ),
        new(
            "any pager gives pages to a thread with mcp 0",
            "steps/Ipc.cs",
            "& ((s.Mcp[to] != 0) | (s.Mappings.Chief[s.Task(to)] == s.Task(from)))",
            ""
        ),
        new(
            "a message overwrites its receiver's timeouts",
            "steps/Ipc.cs",
            "s.Esi[to] = s.Id[from];",
            "s.Esi[to] = s.Id[from]; s.Ecx[to] = s.Ecx[from];"
        ),
        new(
            "waiting senders starve: the lowest number comes first",
            "steps/Ipc.cs",
            "s.Tables.First(Table.Thread, s.Served[me], sender",
            "s.Tables.First(Table.Thread, State<W>.Nobody, sender"
        ),
        new("waiting senders starve: their turn never moves on", "steps/Ipc.cs", "s.Served[me] = sender;", "{ }"),
        new(
            "waiting senders starve: who was served comes first again",
            "steps/Ipc.cs",
            "s.Tables.First(Table.Thread, s.Served[me], sender",
            "s.Tables.First(Table.Thread, s.Served[me] - 1 & (s.Limits.Threads - 1), sender"
        ),
        new(
            "a send to oneself waits",
            "steps/Ipc.cs",
            "else if (!s.Exists(s.Esi[me]) | (partner == me))\n            Finish(me, Code.NoPartner);",
            "else if (!s.Exists(s.Esi[me]))\n            Finish(me, Code.NoPartner);"
        ),
        new(
            "a failed send continues with its receive part",
            "steps/Ipc.cs",
            "Finish(me, Code.SendTimeout);",
            "BeginReceive(me, State<W>.Nobody);"
        ),
        new(
            "a send that is cut has the receiver's code",
            "steps/Ipc.cs",
            "Finish(me, Code.SendCut);",
            "Finish(me, Code.ReceiveCut);"
        ),
        new(
            "a send that is cut is sent",
            "steps/Ipc.cs",
            "else if (Descriptor.SendsMemory(s.Eax[me]))",
            "else if (Descriptor.SendsMemory(s.Eax[me]) & (s.Eax[me] >= 8))"
        ),
        new(
            "a send goes by the receive timeout",
            "steps/Ipc.cs",
            "else if (Timeouts.SendIsZero(s.Ecx[me]))",
            "else if (Timeouts.ReceiveIsZero(s.Ecx[me]))"
        ),
        new(
            "a send waits as long as the receive timeout says",
            "steps/Ipc.cs",
            "StartTimer(me, Timeouts.SendTicks(s.Ecx[me]));",
            "StartTimer(me, Timeouts.ReceiveTicks(s.Ecx[me]));"
        ),
        new(
            "a receive with a timeout waits for ever",
            "steps/Ipc.cs",
            "if (!Timeouts.ReceiveIsInfinite(s.Ecx[me])) StartTimer(me, Timeouts.ReceiveTicks(s.Ecx[me]));",
            "{ }"
        ),
        new(
            "a reply with timeout zero misses a waiting caller",
            "steps/Ipc.cs",
            "else if (s.WaitsFor(partner, me))\n        {",
            "else if (s.WaitsFor(partner, me) & !Timeouts.SendIsZero(s.Ecx[me]))\n        {"
        ),
        new(
            "a send without receive part ends with a timeout",
            "steps/Ipc.cs",
            "Finish(me, Code.Done);\n        else if (Descriptor.ReceivesMemory",
            "Finish(me, Code.ReceiveTimeout);\n        else if (Descriptor.ReceivesMemory"
        ),
        new(
            "a thread without a receive part waits for anyone",
            "steps/Ipc.cs",
            "else if (Descriptor.ReceivesMemory(s.Ebp[me])) Finish(me, Code.ReceiveCut);",
            "else if (Descriptor.ReceivesMemory(s.Ebp[me])) ReceiveAny(me);"
        ),
        new(
            "an accepted sender misses the senders that wait for it",
            "steps/Ipc.cs",
            "if ((me != s.Current) & (found | (s.Handles[me] != 0))) Block(me, ThreadStatus.Resuming, S"
                + "tate<W>.Nobody);",
            "if ((me != s.Current) & (s.Handles[me] != 0)) Block(me, ThreadStatus.Resuming, State<W>.No"
                + "body);\n        else if (me != s.Current) Wait(me, ThreadStatus.ReceivingAny, State<W>.Nobody);"
        ),
        new(
            "a called thread does not get the processor",
            "steps/Ipc.cs",
            "BeginReceive(me, partner);",
            "BeginReceive(me, State<W>.Nobody);"
        ),
        new(
            "a thread leaves the processor after each ipc",
            "steps/Ipc.cs",
            "if (s.IsReady(me)) GoOn();",
            "if (s.IsReady(me)) s.Stage = Stages.Pick;"
        ),
        new(
            "a called thread runs before one of higher priority",
            "steps/Ipc.cs",
            "(heir != State<W>.Nobody) && !IsOutranked(heir)",
            "(heir != State<W>.Nobody)"
        ),
        new(
            "a receive from a stale id waits",
            "steps/Ipc.cs",
            "else if (!s.Exists(id)) Finish(me, Code.NoPartner);",
            "else if (!s.Exists(id)) Wait(me, ThreadStatus.Sleeping, State<W>.Nobody);"
        ),
        new(
            "a closed receive takes no waiting sender",
            "steps/Ipc.cs",
            "else if (s.SendsTo(partner, me)) BeginAccept(me, partner);",
            "else if (s.SendsTo(partner, me) & !Timeouts.ReceiveIsZero(s.Ecx[me])) BeginAccept(me, partner);"
        ),
        new(
            "an item is mapped within a task",
            "steps/Ipc.cs",
            "& (s.Task(from) != s.Task(to)) & (s.Task(to)",
            "& (s.Task(to)"
        ),
        new(
            "an item is mapped without a window",
            "steps/Ipc.cs",
            "& ((s.Faulting[to] == 1) | ((s.Mcp[to] != 0) & Descriptor.IsWindow(s.Ebp[to])))\n",
            "\n"
        ),
        new(
            "a giver does not wait until its item is mapped",
            "steps/Ipc.cs",
            "Block(from, ThreadStatus.Giving, to);\n        Block(to, ThreadStatus.Mapping, from);",
            "Block(from, ThreadStatus.Giving, to);\n        Block(to, ThreadStatus.Mapping, from);\n     "
                + "   s.Timed[from] = 1;"
        ),
        new(
            "a wait with timeout zero has the sender's code",
            "steps/Ipc.cs",
            "if (Timeouts.ReceiveIsZero(s.Ecx[me])) Finish(me, Code.ReceiveTimeout);",
            "if (Timeouts.ReceiveIsZero(s.Ecx[me])) Finish(me, Code.SendTimeout);"
        ),
        new(
            "a failed ipc forgets its destination",
            "steps/Ipc.cs",
            "s.Eax[me] = code;\n",
            "s.Eax[me] = code;\n        s.Esi[me] = ThreadId.Nil;\n"
        ),
        new(
            "a receive from nil does not give the interrupt up",
            "steps/Ipc.cs",
            "if (Timeouts.ReceiveIsZero(s.Ecx[me])) Dissociate(me);",
            "{ }"
        ),
        new(
            "a closed receive takes a message of anyone",
            "state/State.Queries.cs",
            "((Status[receiver] == ThreadStatus.ReceivingFrom) & (Partner[receiver] == sender));",
            "(Status[receiver] == ThreadStatus.ReceivingFrom);"
        ),
        new(
            "a stale version names a thread",
            "state/State.Queries.cs",
            "(Id[Row(id)] == id) & (Status",
            "(((Id[Row(id)] ^ id) & ~ThreadId.LastVersion) == 0) & (Status"
        ),
        new(
            "an id with another chief names a thread",
            "state/State.Queries.cs",
            "(Id[Row(id)] == id) & (Status",
            "((Id[Row(id)] & 0xFFFFFF) == (id & 0xFFFFFF)) & (Status"
        ),
    ];
}
