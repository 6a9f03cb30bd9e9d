namespace Gateway.Transport;

/// <summary>A listener that rests when the process is short of descriptors, instead of taking the last ones or trying without end.</summary>
internal interface IRestingListener
{
    /// <summary>How often accepting rested.</summary>
    long Pauses { get; }
}
