using System.Globalization;
using System.Xml.Linq;

namespace Verified.Proofs.Commands;

/// <summary>
/// The result as JUnit XML for CI servers: a test suite for the verb, a test case for each check. JUnit XML has no
/// standard. The elements are those of the Apache Ant task, which CI servers follow.
/// </summary>
internal static class JUnit
{
    /// <summary>The file's text.</summary>
    /// <param name="verb">What ran.</param>
    /// <param name="checks">What it checked.</param>
    /// <param name="findings">The failures, which are printed with the suite.</param>
    public static string Of(string verb, IReadOnlyList<Checked> checks, IReadOnlyList<Finding> findings)
    {
        var suite = new XElement(
            "testsuite",
            new XAttribute("name", $"verified {verb}".TrimEnd()),
            new XAttribute("tests", checks.Count),
            new XAttribute("failures", checks.Count(check => !check.Holds)),
            new XAttribute("errors", 0),
            new XAttribute("skipped", 0),
            new XAttribute("time", Seconds(checks.Sum(check => check.Seconds))),
            checks.Select(check => CaseOf(verb, check))
        );
        if (findings.Count > 0)
            suite.Add(new XElement("system-out", Text(string.Join("\n\n", findings.Select(Tell)))));
        return $"{new XDeclaration("1.0", "utf-8", null)}\n{new XElement("testsuites", suite)}\n";
    }

    private static XElement CaseOf(string verb, Checked check) =>
        new(
            "testcase",
            new XAttribute("classname", $"verified.{(verb.Length > 0 ? verb : "all")}"),
            new XAttribute("name", Text(check.Name)),
            new XAttribute("time", Seconds(check.Seconds)),
            check.Holds
                ? new XElement("system-out", Text(check.Detail))
                : new XElement("failure", new XAttribute("message", Text(check.Detail)), Text(check.Detail))
        );

    private static string Tell(Finding finding)
    {
        List<string> lines = [finding.What, .. finding.Details];
        if (finding.Where is { } line)
            lines.Add($"at {line}");
        return string.Join("\n", lines.Concat(Events.Transcript.Of(finding.Trace)));
    }

    private static string Seconds(double seconds) => seconds.ToString("0.000", CultureInfo.InvariantCulture);

    // XML has no other control characters.
    private static string Text(string text) =>
        string.Concat(text.Select(c => System.Xml.XmlConvert.IsXmlChar(c) || char.IsSurrogate(c) ? c : '?'));
}
