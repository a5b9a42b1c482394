using Verified.Proofs.Oracle;

namespace Verified.Tests.Oracle;

/// <summary>
/// Single cases of SingleStepTests/80386, recorded on a 386EX, that are quoted in public: the first in the suite's own
/// description, the others in emulators' tests. Bytes that the instruction does not touch are left out.
/// </summary>
internal static class PublishedCases
{
    public static readonly RecordedCase Add = MooWriter.Case(
        "add [ss:bp+60h],bl",
        "005E60F4",
        "02CBE622 682431A8 C18D0AD1 FAB60DE4 007F0000 F1A67FE0 00080001 0000DDEB 1F22 0329 4533 0000 0F0F F7EC 72A0 "
            + "FFFC0893",
        "264C0:005E60F43FD823F330280AED19E7 F7F21:0B",
        "EIP=72A4 EFLAGS=FFFC0092",
        "F7F21:B3",
        hash: "64456846b886b67084505f8eca4d19943cde4aab"
    );

    public static readonly RecordedCase[] All =
    [
        Add,
        MooWriter.Case(
            "aam 0",
            "D400F4",
            "5C81B4E3 D3BAD2BF 202D2A29 00007FFF 190B0043 803DD0AD 00007FFF 00000008 FFFF 0019 0653 38D3 0000 2508 "
                + "6E38 FFFC0042",
            "106E28:D400F4 0:9A43FA4E 5333A:F49DF4",
            "ESP=2 CS=4EFA EIP=439B EFLAGS=FFFC0006",
            "25082:386EFFFF0600",
            new(0, 0x25086)
        ),
        MooWriter.Case(
            "idiv byte [ds:edx+26h]",
            "67F67A26F4",
            "95C855E7 496E1E33 B5948D84 000003E6 00000000 FDD5448E A1A2E6BD 00000939 8666 5B64 0000 3768 05B8 C53B "
                + "3CB8 FFFC0083",
            "8A318:67F67A26F4 5BA4C:45 0:30D2D8FA 107FB0:F4",
            "ESP=933 CS=FAD8 EIP=D231 EFLAGS=FFFC0097",
            "C5CE3:B83C66869700",
            new(0, 0xC5CE7)
        ),
        MooWriter.Case(
            "lock bt di,3Fh",
            "6564266526F026670FBAE73FF4",
            "F499C6D6 F9433D4D 634FADD4 063693B4 626E4A31 3ADE9CA7 705049D8 0000A654 28CC 3222 8397 A8E3 20AE 01AC "
                + "4940 FFFC0007",
            "2D600:6564266526F026670FBAE73FF4 18:A63A40A1 A4EA6:F4",
            "ESP=A64E CS=A140 EIP=3AA7",
            "C10E:4049CC280700",
            new(6, 0xC112)
        ),
        MooWriter.Case(
            "lock cmp dword [cs:ebp+BB58h],FFFFFFB1h",
            "2EF0666783BD58BB0000B1F4",
            "00000400 000000F1 0FB4BF66 00000000 F8436EF7 00007FFF 000095A1 0000FBFE 1357 0201 00CF D5B3 B8C9 67DE "
                + "BB20 FFFC0046",
            "1F090:2EF0666783BD58BB0000B1F4 18:2E6EB19D A493E:F4",
            "ESP=FBF8 CS=9DB1 EIP=6E2F",
            "779D8:20BB57134600",
            new(6, 0x779DC)
        ),
        MooWriter.Case(
            "mov si,invalid",
            "3E8CFEF4",
            "FFE76D53 49AE7899 00000090 0092B10B 042A7ABA 7CAE23C5 5EDF718D 00000100 0000 AC15 CC01 0099 648B CABA "
                + "6B48 FFFC0813",
            "6B48:3E8CFEF4 18:624E07B5 B9ED2:F4",
            "ESP=FA CS=B507 EIP=4E63",
            "CAC9A:486B00001308",
            new(6, 0xCAC9E)
        ),
        MooWriter.Case(
            "lfs cx,[ds:bx-5ACDh]",
            "0FB48F33A5F4",
            "C998B243 FC496EE8 DF06047E FE0FD871 E315656D FD5B2397 E02F776B 0000FFFE F46D 0D2A 0000 F27F BB5F 28E0 "
                + "C4A0 FFFC0882",
            "100B70:0FB48F33A5F4 E6BB:BD31BD93",
            "ECX=DF0631BD FS=93BD EIP=C4A6"
        ),
        MooWriter.Case(
            "enter 92D2h,26h",
            "36C8D29226F4",
            "F1C84553 5F0F9B9A 6A648E8A 03AC3397 F522B2B4 1204D83C 00000001 00000FDC 8908 70C5 FDB3 57BC 4FF2 6768 "
                + "2E60 FFFC0053",
            "8BEE0:36C8D29226F4 30:A21B49D5 D7032:F4",
            "ESP=FD6 CS=D549 EIP=1BA3",
            "68656:602E08895300",
            new(12, 0x6865A)
        ),
        MooWriter.Case(
            "leave",
            "6565C9F4",
            "00007FFF EF8E2911 DE63E34C 26C23B7B FCAF1697 FA5F7FF0 FFFFFFFF 0000AB56 FFFF ADF2 0651 CA60 3F66 FB08 "
                + "9CB8 FFFC0882",
            "109CA8:6565C9F4 30:B73D5418 1C2F7:F4",
            "ESP=AB50 CS=1854 EIP=3DB8",
            "105BD0:B89CFFFF8208",
            new(12, 0x105BD4)
        ),
        MooWriter.Case(
            "popad",
            "6661F4",
            "80000000 37C9BF77 033F5868 D3E7B32D F7AA0FB6 1637BB67 DED841D2 0000FFFE DCF1 5740 6CDE 00F6 9999 AEA8 "
                + "C680 FFFC00C6",
            "E9590:6661F4 30:23F087F1 100893:F4",
            "ESP=FFF8 CS=F187 EIP=F024",
            "BEA78:80C6F1DCC600",
            new(12, 0xBEA7C)
        ),
        MooWriter.Case(
            "bsr dx,[ss:bp+si+A3Dh]",
            "0FBD923D0AF4",
            "0003F3CA 5AF4756B C23007DF 7960464D 28BE0E8C 691B46CF 3E7A72A8 0000C14E F0B6 A84D FF13 AFD4 A99A 0132 "
                + "32D0 FFFC0C92",
            "F3E30:0FBD923D0AF4 9E91:0000",
            "EIP=32D6 EFLAGS=FFFC0446"
        ),
        MooWriter.Case(
            "bsf ax,[ss:bp-3D51h]",
            "0FBC86AFC2F4",
            "00000000 05E25D5F 24A52DFA 00000000 00008000 00000000 AF67A572 000061D8 0000 87EC 7380 4D69 FD1D 9456 "
                + "5250 FFFC0417",
            "5250:0FBC86AFC2F4 9AD81:6B96",
            "EIP=5256 EFLAGS=FFFC0C17"
        ),
        MooWriter.Case(
            "bsf eax,[ss:bp-3D51h]",
            "660FBC86AFC2F4",
            "00000000 05E25D5F 24A52DFA 00000000 00008000 00000000 AF67A572 000061D8 0000 87EC 7380 4D69 FD1D 9456 "
                + "5250 FFFC0417",
            "5250:660FBC86AFC2F4 9AD81:6B96C76B",
            "EIP=5257 EFLAGS=FFFC0497"
        ),
        MooWriter.Case(
            "bsr esi,[ds:ecx-70h]",
            "67660FBD7190F4",
            "BE8ABD51 015F3FF7 00006F28 96A52E7C 18762B26 41F12272 8E57FDA5 0000E5E4 FF6C 7465 F668 FFFF E42E 018C "
                + "D568 FFFC0C56",
            "10CC28:67660FBD7190F4 7B508:BBABD451",
            "ESI=1E EIP=D56F EFLAGS=FFFC0C92"
        ),
        MooWriter.Case(
            "bt [ds:ecx+esi*1],dx",
            "670FA31431F4",
            "108AD9DC 71DF7F71 00002516 CE6CAE2E 00007FFF FFFFFFFF 3BBAB5EB 00006F11 4E41 8000 0D51 7FFF 0000 7F20 "
                + "5618 FFFC00D2",
            "53A28:670FA31431F4 89AD9:98D1",
            "EIP=561E EFLAGS=FFFC08D3"
        ),
        MooWriter.Case(
            "btc [ds:di-71CCh],dx",
            "0FBB95348EF4",
            "E9FA80ED 0000FF00 00000000 D0660F6A 1277FF18 E1FFBC40 95E8BD16 00005492 67FA FD2B 6E66 9C17 FCC7 7176 "
                + "D628 FFFC08D3",
            "755C8:0FBB95348EF4 101F10:6415",
            "EIP=D62E",
            "101F11:11"
        ),
        MooWriter.Case(
            "retf 5D59h",
            "CA595DF4",
            "FA766AD6 467676A7 2EBCE4B7 00007FFF 47ADA82F 14C25D14 21648D77 0000FFFE 9AE7 FFFF 87A2 DAA2 FAFB FE3A "
                + "5328 FFFC0492",
            "A0198:CA595DF4 10E39E:B4A2 FE3A0:C4DD E7EF4:F4F4",
            "ESP=5D5B CS=DDC4 EIP=A2B5"
        ),
    ];
}
