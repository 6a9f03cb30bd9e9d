using Gateway.Config;
using Gateway.Routing;
using Gateway.Streams;
using Microsoft.AspNetCore.Http;

namespace Gateway.Http;

/// <summary>
/// Applies header operations as Envoy does: level by level; in one level all values are computed first, then all
/// removals, all sets and all adds happen. A value that comes out empty does nothing.
/// </summary>
internal static class HeaderOperator
{
    /// <summary>Changes request headers.</summary>
    public static void ApplyToRequest(EquatableArray<HeaderOperations> levels, IHeaderDictionary request, StreamInfo info)
    {
        foreach (HeaderOperations level in levels)
            Apply(level, request, request, null, info);
    }

    /// <summary>Changes response headers; values may quote request headers.</summary>
    public static void ApplyToResponse(EquatableArray<HeaderOperations> levels, IHeaderDictionary response, IHeaderDictionary request, StreamInfo info)
    {
        foreach (HeaderOperations level in levels)
            Apply(level, response, request, response, info);
    }

    private static void Apply(HeaderOperations level, IHeaderDictionary target, IHeaderDictionary request, IHeaderDictionary? response, StreamInfo info)
    {
        string[]? values = null;
        if (NeedsValuesFirst(level))
        {
            values = new string[level.Set.Count + level.Add.Count];
            for (int i = 0; i < values.Length; i++)
                values[i] = HeaderValueFormatter.Format(At(level, i).Value, info, request, response);
        }
        foreach (string name in level.Remove)
            target.Remove(name);
        for (int i = 0; i < level.Set.Count + level.Add.Count; i++)
        {
            HeaderTemplate template = At(level, i);
            string value = values?[i] ?? template.Value.Literal!;
            if (value.Length == 0)
                continue;
            if (i < level.Set.Count)
                target[template.Name] = value;
            else
                target.Append(template.Name, value);
        }
    }

    private static HeaderTemplate At(HeaderOperations level, int index) =>
        index < level.Set.Count ? level.Set[index] : level.Add[index - level.Set.Count];

    private static bool NeedsValuesFirst(HeaderOperations level)
    {
        foreach (HeaderTemplate template in level.Set)
        {
            if (template.Value.Literal is null)
                return true;
        }
        foreach (HeaderTemplate template in level.Add)
        {
            if (template.Value.Literal is null)
                return true;
        }
        return false;
    }
}
