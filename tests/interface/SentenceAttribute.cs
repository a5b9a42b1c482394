namespace Verified.Tests.Interface;

/// <summary>The test states these sentences of <c>spec/interface/README.md</c>.</summary>
/// <param name="numbers">Their numbers, as <c>3.12</c>.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SentenceAttribute(params string[] numbers) : Attribute
{
    public IReadOnlyList<string> Numbers => numbers;
}
