namespace Verified.Tests.Architecture.Samples.Low;

internal interface ISample;

internal class Sample : Exception, ISample
{
    public static readonly Sample[] Made = [];

    public static void Do() { }

    public static T Echo<T>(T value) => value;
}

[AttributeUsage(AttributeTargets.All)]
internal sealed class SampleAttribute : Attribute;
