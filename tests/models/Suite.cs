using FsCheck;
using FsCheck.Experimental;
using FsCheck.Fluent;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Tests.Models;

/// <summary>A model's state, a value that no command changes.</summary>
public interface IModel
{
    /// <summary>The kind of case of the last command: <c>"30h at once"</c>; empty at the start.</summary>
    string Case { get; }
}

/// <summary>A command on a model and on the executable spec.</summary>
public interface ICommand<TModel>
    where TModel : IModel
{
    /// <summary>True if it can be given in a state of the model.</summary>
    bool Fits(TModel model);

    TModel Next(TModel model);

    /// <summary>Does it on the spec.</summary>
    void Do(SpecSubject subject);

    /// <summary>
    /// The first difference between the spec's state and the model's, in words; null if they mean the same.
    /// </summary>
    string? Difference(SpecSubject subject, TModel after);
}

/// <summary>A state machine for FsCheck: a model of a paper, the spec, and commands on both.</summary>
/// <param name="start">The spec in its first state, with a damage or null.</param>
/// <param name="model">The model in its first state.</param>
/// <param name="next">Commands that a state of the model makes interesting.</param>
/// <param name="damage">Changes the spec's state after each step; null for the correct spec.</param>
public sealed class Suite<TModel>(
    Func<Action<State<Concrete>, Entry>?, SpecSubject> start,
    Func<TModel> model,
    Func<TModel, Gen<ICommand<TModel>>> next,
    Action<State<Concrete>, Entry>? damage = null
) : Machine<SpecSubject, TModel>(MostCommands)
    where TModel : IModel
{
    private const int MostCommands = 80;

    private static readonly Replay Fixed = new(new Rnd(20_260_101, 1), FSharpOption<int>.None);

    public override Arbitrary<Setup<SpecSubject, TModel>> Setup =>
        Arb.From(Gen.Constant(StateMachine.Setup((Func<SpecSubject>)(() => start(damage)), model)));

    public override Gen<Operation<SpecSubject, TModel>> Next(TModel state) =>
        next(state).Select(command => (Operation<SpecSubject, TModel>)new Step(command));

    /// <summary>The same with a wrong spec.</summary>
    public Suite<TModel> With(Action<State<Concrete>, Entry> wrong) => new(start, model, next, wrong);

    /// <summary>
    /// The number of commands of each kind in some generated runs. Every test generates the same runs.
    /// </summary>
    public Shares Sample(int runs)
    {
        Dictionary<string, int> cases = [];
        var samples = StateMachine.Generate(this).Sample(runs, Fixed.Rnd, MostCommands);
        foreach (var run in samples)
        foreach (var step in run.Operations)
            cases[step.Item2.Case] = cases.GetValueOrDefault(step.Item2.Case) + 1;
        return new(cases);
    }

    /// <summary>Runs of a fixed seed on the spec; the smallest failure that FsCheck finds, or null.</summary>
    public Found<TModel>? Find(int tests = 300)
    {
        var runner = new Runner();
        FsCheck.Check.One(Config.Quick.WithMaxTest(tests).WithReplay(Fixed).WithRunner(runner), this.ToProperty());
        return runner.Result is TestResult.Failed failed && failed.Item3.Head is MachineRun<SpecSubject, TModel> run
            ? new([.. run.Operations.Select(step => ((Step)step.Item1).Command)], runner.Text)
            : null;
    }

    private sealed class Step(ICommand<TModel> command) : Operation<SpecSubject, TModel>
    {
        public ICommand<TModel> Command => command;

        public override bool Pre(TModel state) => command.Fits(state);

        public override TModel Run(TModel state) => command.Next(state);

        public override Property Check(SpecSubject subject, TModel after)
        {
            command.Do(subject);
            var difference = command.Difference(subject, after);
            return (difference is null).Label(difference ?? "");
        }

        public override string ToString() => $"{command}";
    }

    private sealed class Runner : IRunner
    {
        public TestResult? Result { get; private set; }

        public string Text { get; private set; } = "";

        public void OnStartFixture(Type type) { }

        public void OnArguments(
            int test,
            FSharpList<object> arguments,
            FSharpFunc<int, FSharpFunc<FSharpList<object>, string>> every
        ) { }

        public void OnShrink(FSharpList<object> arguments, FSharpFunc<FSharpList<object>, string> every) { }

        public void OnFinished(string name, TestResult result) =>
            (Result, Text) = (result, FsCheck.Runner.onFinishedToString(name, result));
    }
}

/// <summary>The smallest failing run that FsCheck found, and FsCheck's output with the seed.</summary>
public sealed record Found<TModel>(IReadOnlyList<ICommand<TModel>> Commands, string Text)
    where TModel : IModel;

/// <summary>How often each kind of case was generated.</summary>
public sealed record Shares(IReadOnlyDictionary<string, int> Cases)
{
    public int Total => Cases.Values.Sum();

    /// <summary>The share of a kind of case, in percent.</summary>
    public double Of(string name) => 100.0 * Cases.GetValueOrDefault(name) / Total;

    /// <summary>The kinds of cases that are rarer than required, or that have no stated share.</summary>
    public IReadOnlyList<string> Starved(IReadOnlyDictionary<string, double> least) =>
        [
            .. least
                .Where(each => Of(each.Key) < each.Value)
                .Select(each => $"{each.Key}: {Of(each.Key):F2} % of the commands, and must be {each.Value} %"),
            .. Cases.Keys.Except(least.Keys).Select(name => $"{name}: no share is stated"),
        ];

    /// <summary>The distribution, the most frequent case first.</summary>
    public override string ToString() =>
        string.Join(
            '\n',
            Cases
                .OrderByDescending(each => each.Value)
                .Select(each => $"{100.0 * each.Value / Total, 6:F2} %  {each.Key}")
        );
}
