using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>Send and receive descriptors of ipc (interface, section 3).</summary>
public static class Descriptor
{
    /// <summary>No send phase, or no receive phase.</summary>
    public const uint None = 0xFFFFFFFF;

    /// <summary>A send descriptor that names a message in memory: <c>address[31:2] m p</c>, address not 0.</summary>
    public static Truth SendsMemory<W>(W send)
        where W : struct, IWord<W> => send >= 4;

    /// <summary>
    /// A receive descriptor that names a buffer in memory: <c>address[31:2] 0 o</c>. With bit 1 set it is a window
    /// instead.
    /// </summary>
    public static Truth ReceivesMemory<W>(W receive)
        where W : struct, IWord<W> => (receive >= 4) & ((receive & 2) == 0);

    /// <summary>m: the words are a map item, that is, send base and send fpage.</summary>
    public static Truth HasItem<W>(W send)
        where W : struct, IWord<W> => (send & 2) != 0;

    /// <summary>
    /// The receive descriptor has a window for map items: <c>fpage[31:2] 1 o[0]</c>. An invalid fpage is no window
    /// (3.27).
    /// </summary>
    public static Truth IsWindow<W>(W receive)
        where W : struct, IWord<W> => ((receive & 2) != 0) & Fpage.IsValid(receive);

    /// <summary>Receive from anyone.</summary>
    public static Truth Open<W>(W receive)
        where W : struct, IWord<W> => (receive & 1) != 0;
}

/// <summary>Condition codes that ipc returns in EAX (interface, 1.29 to 1.36).</summary>
public static class Code
{
    public const uint Done = 0x00;

    /// <summary>The message was transferred, and the receiver takes its map item.</summary>
    public const uint Mapped = 0x02;

    public const uint NoPartner = 0x10;
    public const uint ReceiveTimeout = 0x20;
    public const uint SendTimeout = 0x30;
    public const uint ReceiveCancelled = 0x40;
    public const uint SendCancelled = 0x50;

    /// <summary>Mappings or page tables ran out.</summary>
    public const uint ReceiveMapFailed = 0x62,
        SendMapFailed = 0x70;

    /// <summary>The partner was deleted before the map operation ended.</summary>
    public const uint ReceiveAborted = 0xC2,
        SendAborted = 0xD0;

    public const uint ReceiveCut = 0xE0;
    public const uint SendCut = 0xF0;
}
