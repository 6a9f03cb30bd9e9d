using Gateway.Config;
using Gateway.Config.Model;
using Gateway.Http;
using Gateway.Routing;

namespace Gateway.Snapshot.Compilation;

/// <summary>Turns Istio's header operations into levels, and finds the host rewrite that hides in them.</summary>
internal sealed class HeaderOperationsCompiler(MatcherCache names)
{
    /// <summary>Joins operations into one level: removals of all, sets and adds in the given order.</summary>
    public EquatableArray<HeaderOperations> OneLevel(params ReadOnlySpan<HeaderOperationsSpec?> operations)
    {
        var remove = new List<string>();
        var set = new List<HeaderTemplate>();
        var add = new List<HeaderTemplate>();
        foreach (HeaderOperationsSpec? spec in operations)
        {
            if (spec is null)
                continue;
            foreach (string name in spec.Remove)
            {
                if (!IsInternal(name))
                    remove.Add(names.HeaderName(name));
            }
            AddTemplates(set, spec.Set);
            AddTemplates(add, spec.Add);
        }
        if (remove.Count == 0 && set.Count == 0 && add.Count == 0)
            return default;
        return [new HeaderOperations { Remove = remove.ToEquatableArray(), Set = set.ToEquatableArray(), Add = add.ToEquatableArray() }];
    }

    /// <summary>Levels applied one after the other.</summary>
    public EquatableArray<HeaderOperations> Levels(HeaderOperationsSpec? first, HeaderOperationsSpec? second) =>
        OneLevel(first).Concat(OneLevel(second)).ToEquatableArray();

    /// <summary>The value that <c>Host</c> or <c>:authority</c> is set to (or, failing that, added); null = neither.</summary>
    public static string? Authority(HeaderOperationsSpec? operations)
    {
        if (operations is null)
            return null;
        return AuthorityIn(operations.Set) ?? AuthorityIn(operations.Add);
    }

    private static string? AuthorityIn(EquatableMap<string> values)
    {
        string? authority = null;
        foreach (KeyValuePair<string, string> entry in values)
        {
            if (entry.Key.Equals(":authority", StringComparison.OrdinalIgnoreCase) || entry.Key.Equals("host", StringComparison.OrdinalIgnoreCase))
                authority = entry.Value;
        }
        return string.IsNullOrEmpty(authority) ? null : authority;
    }

    private void AddTemplates(List<HeaderTemplate> templates, EquatableMap<string> values)
    {
        foreach (KeyValuePair<string, string> entry in ((IEnumerable<KeyValuePair<string, string>>)values).OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            if (!IsInternal(entry.Key))
                templates.Add(new HeaderTemplate(names.HeaderName(entry.Key), HeaderValueFormatter.Parse(entry.Value)));
        }
    }

    private static bool IsInternal(string name) => name.StartsWith(':') || name.Equals("host", StringComparison.OrdinalIgnoreCase);
}
