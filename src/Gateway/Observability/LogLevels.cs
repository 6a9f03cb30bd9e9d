using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Gateway.Observability;

/// <summary>Log levels that can be changed while running: one for everything, others for categories by their longest prefix.</summary>
internal sealed class LogLevels
{
    /// <summary>More categories than this cannot be set: they come from outside.</summary>
    public const int MaxCategories = 100;

    private readonly ConcurrentDictionary<string, LogLevel> _byPrefix = new(StringComparer.OrdinalIgnoreCase);
    private volatile LogLevel _default;

    /// <summary>Starts at a level; the web server's own categories say less, as they describe what clients did.</summary>
    public LogLevels(LogLevel level)
    {
        _default = level;
        _byPrefix["Microsoft"] = LogLevel.Warning;
    }

    /// <summary>The level of categories that have none of their own.</summary>
    public LogLevel Default
    {
        get => _default;
        set => _default = value;
    }

    /// <summary>The categories that have their own.</summary>
    public IReadOnlyCollection<KeyValuePair<string, LogLevel>> Categories => [.. _byPrefix.OrderBy(pair => pair.Key, StringComparer.Ordinal)];

    /// <summary>Sets a category and those below it; false = there are too many.</summary>
    public bool TrySet(string category, LogLevel level)
    {
        if (_byPrefix.Count >= MaxCategories && !_byPrefix.ContainsKey(category))
            return false;
        _byPrefix[category] = level;
        return true;
    }

    /// <summary>Whether something shall be logged.</summary>
    public bool IsEnabled(string? category, LogLevel level)
    {
        LogLevel lowest = _default;
        int longest = -1;
        foreach ((string prefix, LogLevel own) in _byPrefix)
        {
            if (prefix.Length > longest && category is not null && category.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                longest = prefix.Length;
                lowest = own;
            }
        }
        return level >= lowest;
    }
}
