using System.Text;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Conformance.Tests.Cases;

namespace Gateway.Conformance.Tests.Validation;

/// <summary>
/// Cases that ask whether documents are accepted, refused or warned about. <c>valid</c> and <c>warning</c> are compared as
/// they are; where a case quotes Istio's message, <see cref="Reasons"/> says whether ours gives the same reason. Findings
/// that a field has no effect here (GW05xx) are our own and count for neither.
/// </summary>
internal sealed class ValidationSuite : ISuite
{
    /// <inheritdoc/>
    public bool Takes(ConformanceCase test) => test.File.Area == "validation";

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> RunAsync(ConformanceCase test, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<string>>(Differences(test));

    private static List<string> Differences(ConformanceCase test)
    {
        ConfigDocument[] documents = [.. test.Config.Select((node, i) => new ConfigDocument($"case/{i}.yaml", Encoding.UTF8.GetBytes(node.Write())))];
        List<Diagnostic> findings = [.. new ConfigLoader().Load(documents).Diagnostics.Where(finding => !finding.Code.StartsWith("GW05", StringComparison.Ordinal))];
        List<Diagnostic> errors = findings.FindAll(finding => finding.Severity == Severity.Error);
        List<Diagnostic> warnings = findings.FindAll(finding => finding.Severity == Severity.Warning);

        List<string> differences = [];
        if (test.Expect.Get("valid").Text() is { } valid && bool.Parse(valid) != (errors.Count == 0))
            differences.Add($"valid: expected {valid}; {Show(errors)}");
        if (test.Expect.Get("warning").Text() is { } warning && bool.Parse(warning) != (warnings.Count > 0))
            differences.Add($"warning: expected {warning}; {Show(warnings)}");
        CompareReasons(test, "errorContains", errors, differences);
        CompareReasons(test, "warningContains", warnings, differences);
        foreach (Diagnostic finding in findings)
        {
            if (finding.Location.Line < 1 || finding.Location.Column < 1 || finding.FieldPath.Length == 0)
                differences.Add($"a finding without place or field: {finding}");
        }
        return differences;
    }

    private static void CompareReasons(ConformanceCase test, string key, List<Diagnostic> findings, List<string> differences)
    {
        if (test.Expect.Get(key) is not { } node)
            return;
        IEnumerable<string> fragments = node.Text() is { } one ? [one] : node.Items().Select(item => item.Text() ?? "");
        foreach (string fragment in fragments)
        {
            if (!Reasons.Agree(fragment, findings))
                differences.Add($"{key}: nothing says \"{fragment}\"; {Show(findings)}");
        }
    }

    private static string Show(List<Diagnostic> findings) => findings.Count == 0 ? "nothing found" : $"found {string.Join(" | ", findings)}";
}
