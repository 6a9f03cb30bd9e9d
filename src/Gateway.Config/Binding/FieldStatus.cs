namespace Gateway.Config.Binding;

/// <summary>What the gateway does with a field.</summary>
internal enum FieldSupport
{
    /// <summary>It acts on it.</summary>
    Supported,

    /// <summary>It reads it and does nothing, without a word: Istio's gateways do nothing either, or Kubernetes writes it into every object.</summary>
    NoEffect,

    /// <summary>It reads it, warns and goes on without.</summary>
    Ignored,

    /// <summary>It refuses the resource, as going on without would weaken security.</summary>
    Rejected,
}

/// <summary>The status of a field, of everything below it, or of one value of it.</summary>
/// <param name="Kind">The resource's kind.</param>
/// <param name="Path">The field, e.g. <c>spec.http[].timeout</c>.</param>
/// <param name="Support">What is done with it.</param>
/// <param name="Note">Why, in a few words; follows a colon in the finding.</param>
/// <param name="Value">The one value this is about; null = any.</param>
internal sealed record FieldStatus(string Kind, string Path, FieldSupport Support, string Note, string? Value = null);
