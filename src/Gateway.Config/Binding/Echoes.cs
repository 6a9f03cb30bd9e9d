using Gateway.Config.Diagnostics;

namespace Gateway.Config.Binding;

/// <summary>
/// Takes out findings that only repeat another one: where a value could not be read, the rules of the kind find it
/// missing, and a user would be told of two mistakes where he made one.
/// </summary>
internal static class Echoes
{
    /// <summary>Removes the echoes among the findings of one resource.</summary>
    /// <param name="findings">All findings.</param>
    /// <param name="first">The first one of the resource, from its reading.</param>
    /// <param name="rules">The first one that comes from rules.</param>
    public static void Remove(List<Diagnostic> findings, int first, int rules)
    {
        for (int i = findings.Count - 1; i >= rules; i--)
        {
            for (int j = first; j < rules; j++)
            {
                if (IsEcho(findings[j], findings[i]))
                {
                    findings.RemoveAt(i);
                    break;
                }
            }
        }
    }

    private static bool IsEcho(Diagnostic read, Diagnostic rule) =>
        (read.Code == DiagnosticCatalogue.WrongType.Code || read.Code == DiagnosticCatalogue.BadEnum.Code || read.Code == DiagnosticCatalogue.BadValue.Code) &&
        (IsWithin(read.FieldPath, rule.FieldPath) || IsWithin(rule.FieldPath, read.FieldPath));

    /// <summary>Whether <paramref name="path"/> is <paramref name="outer"/> or lies in it.</summary>
    private static bool IsWithin(string path, string outer) =>
        path.StartsWith(outer, StringComparison.Ordinal) &&
        (path.Length == outer.Length || outer.Length == 0 || path[outer.Length] is '.' or '[');
}
