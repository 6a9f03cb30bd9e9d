using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Gateway.Observability;

/// <summary>Log levels that can be changed while running: one for everything, others for categories by their longest prefix.</summary>
internal sealed class LogLevels
{
    /// <summary>More categories than this cannot be set: they come from outside.</summary>
    public const int MaxCategories = 100;

    private const int MaxRemembered = 1000;

    private readonly ConcurrentDictionary<string, LogLevel> _byPrefix = new(StringComparer.OrdinalIgnoreCase);
    // The server asks several times per request. Replaced whole when a level is set, so that no answer found before stays.
    private volatile ConcurrentDictionary<string, LogLevel> _lowest = new(StringComparer.Ordinal);
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
        set
        {
            _default = value;
            _lowest = new(StringComparer.Ordinal);
        }
    }

    /// <summary>The categories that have their own.</summary>
    public IReadOnlyCollection<KeyValuePair<string, LogLevel>> Categories => [.. _byPrefix.OrderBy(pair => pair.Key, StringComparer.Ordinal)];

    /// <summary>Sets a category and those below it; false = there are too many.</summary>
    public bool TrySet(string category, LogLevel level)
    {
        if (_byPrefix.Count >= MaxCategories && !_byPrefix.ContainsKey(category))
            return false;
        _byPrefix[category] = level;
        _lowest = new(StringComparer.Ordinal);
        return true;
    }

    /// <summary>Whether something shall be logged.</summary>
    public bool IsEnabled(string? category, LogLevel level)
    {
        if (category is null)
            return level >= _default;
        ConcurrentDictionary<string, LogLevel> known = _lowest;
        if (!known.TryGetValue(category, out LogLevel lowest))
        {
            lowest = Find(category);
            if (known.Count < MaxRemembered)
                known[category] = lowest;
        }
        return level >= lowest;
    }

    private LogLevel Find(string category)
    {
        LogLevel lowest = _default;
        int longest = -1;
        foreach ((string prefix, LogLevel own) in _byPrefix)
        {
            if (prefix.Length > longest && category.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                longest = prefix.Length;
                lowest = own;
            }
        }
        return lowest;
    }
}
