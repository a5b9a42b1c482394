using Verified.Proofs.Unix;
using Verified.Tests.Host;
using Xunit;

namespace Verified.Tests.Unix;

/// <summary>Sessions with Debian's mksh and the programs of klibc, which nobody has changed.</summary>
public class UnixSessionTests
{
    private const Tool OnMachine = Tool.Gcc | Tool.Klibc,
        OnQemu = OnMachine | Tool.Qemu;

    private static readonly Lazy<byte[]> Files = new(() => Archive.Of(UnixSystem.Klibc));

    public static TheoryData<string, int> Names
    {
        get
        {
            var names = new TheoryData<string, int>();
            foreach (var (name, (_, status)) in Sessions)
                names.Add(name, status);
            return names;
        }
    }

    private static readonly Dictionary<string, (string[] Lines, int Status)> Sessions = new()
    {
        ["builtins"] = (
            [
                "# echo hello",
                "hello",
                "# x=7; echo $((x * 6)) ${x}th",
                "42 7th",
                "# for i in a b c; do echo $i; done",
                "a",
                "b",
                "c",
                "# i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; echo $i",
                "3",
                "# false; echo $?",
                "1",
                "# cd /tmp; pwd",
                "/tmp",
                "# exit 5",
            ],
            5
        ),
        ["programs"] = (
            [
                "# mkdir /tmp/d; cd /tmp/d",
                "# echo one > a; cat a a",
                "one",
                "one",
                "# mv a b; ln -s b c; readlink c; cat c",
                "b",
                "one",
                "# /bin/true && echo yes",
                "yes",
                "# dd if=b of=e 2> /dev/null; cat e",
                "one",
                "# cat nothing; echo $?",
                "nothing: No such file or directory",
                "1",
                "# nowhere; echo $?",
                "E: /bin/sh: nowhere: inaccessible or not found",
                "127",
                "# cd ..; nuke d; cat d/b",
                "d/b: No such file or directory",
                "# exit",
            ],
            1
        ),
        ["pipes"] = (
            [
                "# echo through | cat | cat | cat",
                "through",
                "# x=$(echo inner | cat); echo $x",
                "inner",
                "# cat <<END | cat",
                "> here $x",
                "> END",
                "here inner",
                "# cat /bin/mksh | cat | cat > /tmp/copy",
                "# dd if=/bin/mksh bs=4096 2> /dev/null | cat > /tmp/other",
                "# /tmp/other -c 'echo a copy'",
                "E: /bin/sh: /tmp/other: can't execute: Permission denied",
                "# cat /tmp/copy /tmp/other | cat > /tmp/both; dd if=/tmp/both > /dev/null",
                "692+1 records in",
                "692+1 records out",
                "# exit 0",
            ],
            0
        ),
        ["signals"] = (
            [
                "# trap 'echo usr1' USR1; kill -USR1 $$",
                "usr1",
                "# sh -c 'kill -SEGV $$'; echo $?",
                "Segment violation ",
                "139",
                "# echo go; while :; do :; done",
                "go",
                "^C",
                "# echo go > /tmp/go; cat /tmp/go /dev/tty",
                "go",
                "^C",
                "# (while :; do :; done) & sleep 0.05; kill $!; wait $!; echo $?",
                "[1] 4",
                "143",
                "# exit 9",
            ],
            9
        ),
        ["many"] = (
            [
                "# i=0; while [ $i -lt 200 ]; do i=$((i+1)); (:); done",
                "# i=0; while [ $i -lt 50 ]; do i=$((i+1)); /bin/true; done",
                "# echo $i",
                "50",
                "# exit 0",
            ],
            0
        ),
    };

    [TheoryWith(OnMachine)]
    [MemberData(nameof(Names))]
    public void A_session_runs_on_the_machine(string name, int status) =>
        new UnixSession(Sessions[name].Lines).OnTheMachine(Files.Value, status);

    [TheoryWith(OnQemu)]
    [MemberData(nameof(Names))]
    public void A_session_runs_in_qemu(string name, int status) =>
        new UnixSession(Sessions[name].Lines).InQemu(Files.Value, status);

    [TheoryWith(OnMachine)]
    [InlineData("programs")]
    [InlineData("pipes")]
    [InlineData("signals")]
    public void A_session_runs_by_trap(string name) =>
        new UnixSession(Sessions[name].Lines).OnTheMachine(Files.Value, Sessions[name].Status, UnixWay.Trap);

    [TheoryWith(OnMachine)]
    [MemberData(nameof(Names))]
    public void A_session_runs_natively(string name, int status) =>
        new UnixSession(Sessions[name].Lines).OnTheMachine(Files.Value, status, UnixWay.Native);

    [TheoryWith(OnQemu)]
    [MemberData(nameof(Names))]
    public void A_session_runs_natively_in_qemu(string name, int status) =>
        new UnixSession(Sessions[name].Lines).InQemu(Files.Value, status, UnixWay.Native);
}
