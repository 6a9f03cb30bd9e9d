using System.Collections.Immutable;
using Gateway.Config.Binding;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;

namespace Gateway.Config;

/// <summary>
/// The accepted resources from one load to the next: a resource that was accepted and is now in error keeps the version
/// that was; one whose document is gone is gone. Used as Begin, Take for every text, End.
/// </summary>
internal sealed class LastGood
{
    private Dictionary<ResourceId, Entry> _accepted = [];
    private Dictionary<ResourceId, Entry> _next = [];
    private readonly HashSet<ResourceId> _seen = [];
    private readonly HashSet<string> _unreadable = new(StringComparer.Ordinal);
    private readonly List<Resource> _refused = [];
    private readonly List<SourceLocation> _unreadablePolicies = [];

    private readonly record struct Entry(Resource Resource, string Source);

    /// <summary>The resources in error for which no version stands that was good.</summary>
    public IReadOnlyList<Resource> Refused => _refused;

    /// <summary>
    /// Where policies stand whose names cannot be read, in texts that no policy was accepted from before: nothing is known
    /// of what they are for.
    /// </summary>
    public IReadOnlyList<SourceLocation> UnreadablePolicies => _unreadablePolicies;

    /// <summary>Starts a load.</summary>
    public void Begin()
    {
        _next = new(_accepted.Count);
        _seen.Clear();
        _unreadable.Clear();
        _refused.Clear();
        _unreadablePolicies.Clear();
    }

    /// <summary>Takes what a text gave.</summary>
    public void Take(SourceContent content, ImmutableArray<Diagnostic>.Builder findings)
    {
        if (content.HasUnnamed)
            _unreadable.Add(content.Source);
        _unreadablePolicies.AddRange(content.UnreadablePolicies);
        foreach (BoundResource bound in content.Resources)
        {
            ResourceId id = bound.Resource.Id;
            if (!_seen.Add(id))
            {
                findings.Add(new(DiagnosticCatalogue.DuplicateResource.Code, DiagnosticCatalogue.DuplicateResource.Severity,
                    "This resource is written a second time; the first one is used.", bound.Resource.Location, id));
            }
            else if (bound.IsAccepted)
            {
                _next.Add(id, new(bound.Resource, content.Source));
            }
            else if (_accepted.TryGetValue(id, out Entry old))
            {
                Keep(old with { Source = content.Source }, bound.Resource.Location, findings);
            }
            else
            {
                _refused.Add(bound.Resource);
            }
        }
    }

    /// <summary>Ends the load.</summary>
    /// <returns>The resources in force.</returns>
    public IReadOnlyCollection<Resource> End(ImmutableArray<Diagnostic>.Builder findings)
    {
        // What stood in a text that cannot be read now may still be meant.
        if (_unreadable.Count > 0)
        {
            foreach ((ResourceId id, Entry old) in _accepted)
            {
                if (!_unreadable.Contains(old.Source) || !_seen.Add(id))
                    continue;
                Keep(old, new(old.Source, 0, 0), findings);
                if (old.Resource is Resource<AuthorizationPolicySpec> or Resource<RequestAuthenticationSpec>)
                    _unreadablePolicies.RemoveAll(place => place.Source == old.Source);
            }
        }
        _accepted = _next;
        return [.. _accepted.Values.Select(e => e.Resource)];
    }

    private void Keep(Entry old, SourceLocation now, ImmutableArray<Diagnostic>.Builder findings)
    {
        ResourceId id = old.Resource.Id;
        _next.Add(id, old);
        findings.Add(new(DiagnosticCatalogue.LastGoodKept.Code, DiagnosticCatalogue.LastGoodKept.Severity,
            $"The version accepted before (read from {old.Resource.Location}) stays in force.", now, id));
    }
}
