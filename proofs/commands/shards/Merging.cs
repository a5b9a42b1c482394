namespace Verified.Proofs.Commands.Shards;

/// <summary>
/// Unites the results of all shards of one command, or says in one line why they do not belong together.
/// </summary>
internal static class Merging
{
    /// <summary>The shards in order.</summary>
    /// <param name="files">The files of the results.</param>
    /// <exception cref="CommandException">One is missing, repeated, or of another command.</exception>
    public static IReadOnlyList<ShardResult> Read(IReadOnlyList<string> files)
    {
        List<(string File, ShardResult Result)> all = [.. files.Select(file => (file, ShardResult.Read(file)))];
        var (firstFile, first) = all[0];
        foreach (var (file, result) in all.Skip(1))
        {
            Same("the verb", file, result.Verb, first.Verb);
            Same("the number of shards", file, $"{result.Of}", $"{first.Of}");
            Same("the build of the program", file, result.Build, first.Build);
            Same("the image", file, result.Image, first.Image);
            foreach (var name in first.Given.Keys.Union(result.Given.Keys).Order(StringComparer.Ordinal))
                Same(name, file, result.Given.GetValueOrDefault(name, ""), first.Given.GetValueOrDefault(name, ""));
            Same("the amount of work", file, $"{result.Notes.Total}", $"{first.Notes.Total}");
        }

        foreach (var same in all.GroupBy(each => each.Result.Shard))
            if (same.Skip(1).FirstOrDefault() is { File: { } again })
                throw new CommandException(
                    $"shard {same.Key} of {first.Of} is there twice, in {same.First().File} and in {again}: "
                        + "give each once"
                );
        List<int> missing = [.. Enumerable.Range(1, first.Of).Except(all.Select(each => each.Result.Shard))];
        if (missing.Count > 0)
            throw new CommandException(
                (
                    missing.Count == 1
                        ? $"shard {missing[0]} of {first.Of} is"
                        : $"shards {List(missing)} of {first.Of} are"
                ) + $" missing: run it, for example '{CommandOf(first, firstFile, missing[0])}', and merge again"
            );
        return [.. all.Select(each => each.Result).OrderBy(result => result.Shard)];

        void Same(string what, string file, string value, string expected)
        {
            if (value != expected)
                throw new CommandException(
                    $"{file} and {firstFile} differ in {what}: {Shown(value)} and {Shown(expected)}; "
                        + "merge shards of one command"
                );
        }
    }

    // The command of another shard: the same options and arguments, and a result beside the first one.
    private static string CommandOf(ShardResult first, string file, int missing)
    {
        List<string> words = ["verified", first.Verb];
        foreach (
            var (name, text) in first
                .Given.Where(given => given.Value.Length > 0)
                .OrderBy(given => given.Key.StartsWith('-'))
        )
            words.AddRange(
                !name.StartsWith('-') ? [text]
                : text == ShardOptions.IsGiven ? [name]
                : text.Split(' ').SelectMany(value => new[] { name, value })
            );
        var beside = $"{first.Verb.Replace(' ', '-')}-{missing}-of-{first.Of}.json";
        var result = Path.Combine(Path.GetDirectoryName(file) ?? "", beside);
        return $"{string.Join(' ', words)} --shard {missing}/{first.Of} --result {result}";
    }

    /// <summary>Says how much work is left out; null if all is done, or if a shard ended at a failure.</summary>
    public static string? Incomplete(IReadOnlyList<ShardResult> shards)
    {
        var (done, total) = (shards.Sum(shard => shard.Notes.Done), shards[0].Notes.Total);
        return shards.Any(shard => shard.Exit == CommandLine.Refuted) || (done >= total && done > 0)
            ? null
            : $"{done:N0} of {total:N0} {shards[0].Notes.Unit}";
    }

    /// <summary>The things that no shard has reached, of those that some shard must reach.</summary>
    public static IReadOnlyList<string> Never(IReadOnlyList<ShardResult> shards) =>
        [
            .. shards
                .SelectMany(shard => shard.Notes.Reached)
                .GroupBy(each => each.Key, each => each.Value)
                .Where(each => !each.Any(reached => reached))
                .Select(each => each.Key)
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>The sums of a number of all shards.</summary>
    public static long Sum(IReadOnlyList<ShardResult> shards, string count) =>
        shards.Sum(shard => shard.Notes.Counts.GetValueOrDefault(count));

    private static string List(List<int> numbers) =>
        string.Join(", ", numbers.Take(10)) + (numbers.Count > 10 ? ", ..." : "");

    private static string Shown(string value) =>
        value.Length switch
        {
            0 => "nothing",
            64 => value[..12],
            _ => value,
        };
}
