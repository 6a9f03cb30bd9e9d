using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Conformance.Tests.Cases;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Gateway.Conformance.Tests.Report;

/// <summary>Collects the files' verdicts; at the end prints the table and writes the JSON that <c>GATEWAY_CASES_REPORT</c> asks for.</summary>
public sealed class ConformanceReport(IMessageSink output) : IDisposable
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerOptions.Web) { WriteIndented = true };
    private readonly Lock _lock = new();
    private readonly List<FileVerdict> _files = [];

    internal void Add(FileVerdict file)
    {
        lock (_lock)
            _files.Add(file);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_files.Count == 0)
            return;
        _files.Sort((left, right) => string.CompareOrdinal(left.File, right.File));
        output.OnMessage(new DiagnosticMessage("{0}", Table()));
        if (Environment.GetEnvironmentVariable("GATEWAY_CASES_REPORT") is { Length: > 0 } path)
            File.WriteAllText(Path.GetFullPath(path, CaseFolders.RepositoryRoot), Json());
    }

    private string Json() => JsonSerializer.Serialize(
        _files.Select(file => new
        {
            file.File,
            Passed = file.Count(CaseStatus.Passed),
            Failed = file.Count(CaseStatus.Failed),
            Disputed = file.Count(CaseStatus.Disputed),
            Skipped = file.Count(CaseStatus.Skipped),
            Failures = file.Cases.Where(verdict => verdict.Status == CaseStatus.Failed).Select(verdict => new { verdict.Name, verdict.Why }),
        }),
        Indented);

    private string Table()
    {
        var table = new StringBuilder("Conformance cases\n");
        Line(table, "file", "passed", "failed", "disputed", "skipped");
        foreach (FileVerdict file in _files)
            Line(table, file.File, Number(file, CaseStatus.Passed), Number(file, CaseStatus.Failed), Number(file, CaseStatus.Disputed), Number(file, CaseStatus.Skipped));
        var all = new FileVerdict("all", [.. _files.SelectMany(file => file.Cases)]);
        Line(table, all.File, Number(all, CaseStatus.Passed), Number(all, CaseStatus.Failed), Number(all, CaseStatus.Disputed), Number(all, CaseStatus.Skipped));
        foreach (IGrouping<string, CaseVerdict> reason in all.Cases.Where(verdict => verdict.Status == CaseStatus.Skipped).GroupBy(verdict => verdict.Why))
            table.Append(CultureInfo.InvariantCulture, $"skipped {reason.Count(),4}: {reason.Key}\n");
        foreach (FileVerdict file in _files)
        {
            foreach (CaseVerdict verdict in file.Cases.Where(verdict => verdict.Status == CaseStatus.Disputed))
                table.Append(CultureInfo.InvariantCulture, $"disputed: {file.File}: {verdict.Name}: {verdict.Why}\n");
        }
        return table.ToString();
    }

    private static string Number(FileVerdict file, CaseStatus status) => file.Count(status).ToString(CultureInfo.InvariantCulture);

    private static void Line(StringBuilder table, string file, string passed, string failed, string disputed, string skipped) =>
        table.Append(CultureInfo.InvariantCulture, $"{file,-44}{passed,8}{failed,8}{disputed,10}{skipped,9}\n");
}
