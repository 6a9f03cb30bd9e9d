using Gateway.Config.Parsing;

namespace Gateway.Config.Model;

/// <summary>
/// Base of all spec records: remembers the node it was read from, for the place of findings. The node takes no part in
/// equality, so moving a resource to another line changes nothing.
/// </summary>
public abstract record SpecRecord
{
    /// <summary>The node this record was read from; <see cref="ConfigNode.Missing"/> if the program made it.</summary>
    public ConfigNode Node { get; init; } = ConfigNode.Missing;

    /// <summary>Always true for records of one type: <see cref="Node"/> is left out of equality.</summary>
    public virtual bool Equals(SpecRecord? other) => other is not null && EqualityContract == other.EqualityContract;

    /// <inheritdoc/>
    public override int GetHashCode() => EqualityContract.GetHashCode();
}
