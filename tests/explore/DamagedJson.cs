using System.Text.Json.Nodes;

namespace Verified.Tests.Explore;

/// <summary>
/// Random damage of a JSON text. Every kind of field is chosen equally often, however many fields of a kind there are.
/// </summary>
internal static class DamagedJson
{
    private static readonly string[] Numbers =
    [
        "0",
        "1",
        "2",
        "3",
        "7",
        "15",
        "31",
        "255",
        "1023",
        "-1",
        "1.5",
        "65535",
        "1000000",
        "2147483647",
        "4294967295",
        "4294967296",
        "1e300",
    ];

    private static readonly string[] Texts =
    [
        "",
        "x",
        "Ipc",
        "Map",
        "Tick",
        "Interrupt",
        "PageFault",
        "Pick",
        "check",
        "explore",
        "diff",
        "pair",
        "Status",
        "CD30",
        "0F",
        "/nowhere",
        "\u0000",
    ];

    /// <summary>A damaged text, and the damage in a few words.</summary>
    /// <param name="text">The text.</param>
    /// <param name="random">Chooses the damage.</param>
    /// <param name="most">The parts that may be damaged; null for all.</param>
    public static (string Text, string Damage) Of(string text, Random random, Func<string, bool>? most = null)
    {
        if (random.Next(20) == 0)
            return (text[..random.Next(text.Length)], "the end is missing");
        var root = JsonNode.Parse(text)!;
        List<string> damages = [];
        for (var times = random.Next(4) == 0 ? 2 : 1; times > 0; times--)
        {
            var kinds = Nodes(root, "").Where(node => most?.Invoke(node.Kind) ?? true).GroupBy(node => node.Kind);
            var (node, kind) = Any([.. Any([.. kinds], random)], random);
            damages.Add($"{node.GetPath()}: {Damage(node, random)}");
        }

        return (root.ToJsonString(), string.Join("; ", damages));
    }

    // All nodes except the root. The kind of a node is its path without the indices of arrays.
    private static IEnumerable<(JsonNode Node, string Kind)> Nodes(JsonNode root, string kind)
    {
        var children = root switch
        {
            JsonObject fields => fields.Select(field => (field.Value, $"{kind}.{field.Key}")),
            JsonArray items => items.Select(item => (item, $"{kind}[]")),
            _ => [],
        };
        return children
            .Where(child => child.Item1 is not null)
            .SelectMany(child => Nodes(child.Item1!, child.Item2).Prepend((child.Item1!, child.Item2)));
    }

    private static string Damage(JsonNode node, Random random)
    {
        if (random.Next(6) == 0)
            return Remove(node);
        if (random.Next(8) == 0)
            return Replace(node, Any(["null", "{}", "[]", "\"x\"", "1", "true"], random));
        switch (node)
        {
            case JsonArray { Count: > 0 } items when random.Next(2) == 0:
                items.Add(Any([.. items], random)?.DeepClone());
                return "an item comes twice";
            case JsonArray { Count: > 1 } items:
                items.RemoveAt(random.Next(items.Count));
                return "an item is missing";
            case JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.Number:
                return Replace(node, random.Next(2) == 0 ? Any(Numbers, random) : $"{random.Next(70)}");
            case JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.String:
                return Replace(node, JsonValue.Create(Any(Texts, random)).ToJsonString());
            default:
                return Remove(node);
        }
    }

    private static string Replace(JsonNode node, string by)
    {
        node.ReplaceWith(JsonNode.Parse(by));
        return $"is {by}";
    }

    private static string Remove(JsonNode node)
    {
        if (node.Parent is JsonArray items)
            items.Remove(node);
        else
            node.Parent!.AsObject().Remove(node.GetPropertyName());
        return "is missing";
    }

    private static T Any<T>(T[] all, Random random) => all[random.Next(all.Length)];
}
