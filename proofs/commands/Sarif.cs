using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Verified.Proofs.Diff;

namespace Verified.Proofs.Commands;

/// <summary>
/// The failures as SARIF 2.1.0 (OASIS), which code hosts show at their source lines. A failure of the image is placed
/// at the line that emits the deviating instruction. Any other failure is placed at the file that states the checked
/// claim.
/// </summary>
internal static class Sarif
{
    private const string Schema = "https://json.schemastore.org/sarif-2.1.0.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    // The file that each verb's failures are placed at if no line of the kernel is to blame.
    private static readonly Dictionary<string, string> Statements = new()
    {
        ["check"] = "spec/steps/Kernel.cs",
        ["fuzz"] = "spec/steps/Kernel.cs",
        ["diff"] = "kernel/code/KernelProgram.cs",
        ["prove"] = "proofs/prove/Theorems.cs",
    };

    /// <summary>The file's text.</summary>
    /// <param name="verb">The verb that ran; empty for the main job.</param>
    /// <param name="checks">What it checked.</param>
    /// <param name="findings">The failures that have a trace.</param>
    public static string Of(string verb, IReadOnlyList<Checked> checks, IReadOnlyList<Finding> findings)
    {
        var failures = findings.Where(finding => finding.Fails).ToList();
        JsonArray results = [.. failures.Select(ResultOf)];
        // A failure without a trace is placed at the statements.
        if (failures.Count == 0)
            foreach (var check in checks.Where(check => !check.Holds))
                results.Add(Result(verb, $"{check.Name}: {check.Detail}", PlaceOf(verb, null)));
        var rules = results
            .Select(result => result!["ruleId"]!.GetValue<string>())
            .Distinct()
            .Select(rule =>
                (JsonNode)
                    new JsonObject
                    {
                        ["id"] = rule,
                        ["shortDescription"] = new JsonObject { ["text"] = $"verified {rule} finds a failure" },
                    }
            );
        return new JsonObject
            {
                ["$schema"] = Schema,
                ["version"] = "2.1.0",
                ["runs"] = new JsonArray(
                    new JsonObject
                    {
                        ["tool"] = new JsonObject
                        {
                            ["driver"] = new JsonObject
                            {
                                ["name"] = "verified",
                                ["version"] = Assembly.GetExecutingAssembly().GetName().Version?.ToString(3),
                                ["rules"] = new JsonArray([.. rules]),
                            },
                        },
                        ["invocations"] = new JsonArray(new JsonObject { ["executionSuccessful"] = true }),
                        ["results"] = results,
                    }
                ),
            }.ToJsonString(Indented) + "\n";
    }

    private static JsonObject ResultOf(Finding finding)
    {
        var verb = finding.Trace.Origin?.Verb ?? "replay";
        List<string> lines = [finding.What, .. finding.Details];
        if (finding.Explained is { Deviating: not null } explained)
            lines.Add(explained.Headline);
        if (Events.Transcript.Of(finding.Trace) is [.., var last])
            lines.Add($"after: {last}");
        return Result(verb, string.Join("\n", lines), PlaceOf(verb, finding));
    }

    private static JsonObject Result(string verb, string text, JsonObject place) =>
        new()
        {
            ["ruleId"] = verb.Length > 0 ? verb : "all",
            ["level"] = "error",
            ["message"] = new JsonObject { ["text"] = text },
            ["locations"] = new JsonArray(new JsonObject { ["physicalLocation"] = place }),
        };

    private static JsonObject PlaceOf(string verb, Finding? finding)
    {
        var line = finding?.Where;
        return new()
        {
            ["artifactLocation"] = new JsonObject
            {
                ["uri"] = line?.File ?? Statements.GetValueOrDefault(verb, "proofs/commands/Ledger.cs"),
                ["uriBaseId"] = "%SRCROOT%",
            },
            ["region"] = new JsonObject { ["startLine"] = line?.Line ?? 1 },
        };
    }
}
