using System.Collections.Concurrent;
using Gateway.Conformance.Tests.Cases;
using Gateway.Conformance.Tests.Report;

namespace Gateway.Conformance.Tests;

/// <summary>Runs the cases of a file: each with a deadline, and whatever one does, the others go on.</summary>
internal static class SuiteRunner
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static async Task<FileVerdict> RunAsync(CaseFile file, IReadOnlyList<ISuite> suites)
    {
        IReadOnlyList<ConformanceCase> cases;
        try
        {
            cases = file.ReadCases();
        }
        catch (Exception exception) when (exception is YamlDotNet.Core.YamlException or InvalidDataException or IOException or ArgumentException)
        {
            return new FileVerdict(file.Label, [new CaseVerdict("(the file)", CaseStatus.Failed, exception.Message)]);
        }
        var verdicts = new ConcurrentDictionary<int, CaseVerdict>();
        await Parallel.ForAsync(0, cases.Count, async (index, _) => verdicts[index] = await RunAsync(cases[index], suites));
        return new FileVerdict(file.Label, [.. verdicts.OrderBy(entry => entry.Key).Select(entry => entry.Value)]);
    }

    private static async Task<CaseVerdict> RunAsync(ConformanceCase test, IReadOnlyList<ISuite> suites)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        IReadOnlyList<string> differences;
        try
        {
            if (LaterIssues.Find(test) is { } subject)
                return new CaseVerdict(test.Name, CaseStatus.Skipped, subject);
            differences = suites.FirstOrDefault(suite => suite.Takes(test)) is { } suite
                ? await suite.RunAsync(test, deadline.Token).WaitAsync(deadline.Token)
                : [$"unsupported case: no suite for kind \"{test.Node.Get("kind").Text() ?? test.Node.Get("function").Text() ?? "(none)"}\" in {test.File.Area}"];
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            differences = [$"not ended after {Deadline.TotalSeconds} s"];
        }
        catch (Exception exception)
        {
            differences = [$"{exception.GetType().Name}: {exception.Message} {FirstOwnFrame(exception)}"];
        }
        return Judge(test, differences);
    }

    private static CaseVerdict Judge(ConformanceCase test, IReadOnlyList<string> differences)
    {
        if (differences.Count == 0)
            return new CaseVerdict(test.Name, CaseStatus.Passed, "");
        string why = string.Join("; ", differences);
        return Disputes.Find(test.File.Label, test.Name) is { } reason
            ? new CaseVerdict(test.Name, CaseStatus.Disputed, $"{reason}: {why}")
            : new CaseVerdict(test.Name, CaseStatus.Failed, why);
    }

    private static string FirstOwnFrame(Exception exception) =>
        exception.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("Gateway.", StringComparison.Ordinal))?.Trim() ?? "";
}
