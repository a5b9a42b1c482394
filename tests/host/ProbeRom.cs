namespace Verified.Tests.Host;

/// <summary>
/// The smallest ROM that shows that an emulator works: it prints a word on port E9h and ends the emulator.
/// </summary>
internal static class ProbeRom
{
    public const string Text = "works";

    public static readonly byte[] Bytes = Make();

    private static byte[] Make()
    {
        // MOV AL, value; OUT E9h, AL for each letter. MOV AL, 10h; OUT F4h, AL ends QEMU with status 21h.
        byte[] code =
        [
            .. Text.SelectMany(letter => (byte[])[0xB0, (byte)letter, 0xE6, 0xE9]),
            0xB0,
            0x10,
            0xE6,
            0xF4,
            // MOV DX, 8900h; MOV AL, letter; OUT DX, AL ... ends Bochs.
            0xBA,
            0x00,
            0x89,
            .. "Shutdown".SelectMany(letter => (byte[])[0xB0, (byte)letter, 0xEE]),
            0xF4,
        ];
        var rom = new byte[0x10000];
        code.CopyTo(rom, 0);
        // JMP F000:0000
        new byte[] { 0xEA, 0x00, 0x00, 0x00, 0xF0 }.CopyTo(rom, 0xFFF0);
        return rom;
    }
}
