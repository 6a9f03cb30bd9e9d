using System.Buffers.Text;
using Gateway.Config.Parsing;

namespace Gateway.Config.Binding;

/// <summary>What is wrong with a scalar; the default value is "nothing".</summary>
/// <param name="Wanted">The type that was wanted, if it has another one: "a string".</param>
/// <param name="Rule">What the value breaks, if its type fits: "is not a duration".</param>
internal readonly record struct Complaint(string? Wanted, string? Rule)
{
    /// <summary>Whether the value was read.</summary>
    public bool IsNone => Wanted is null && Rule is null;

    /// <summary>Another type was wanted.</summary>
    public static Complaint Type(string wanted) => new(wanted, null);

    /// <summary>A rule is broken; the text follows the value.</summary>
    public static Complaint Broken(string rule) => new(null, rule);
}

/// <summary>Reads a scalar as a type of Istio's schemas.</summary>
internal delegate Complaint ScalarRead<T>(ConfigNode value, out T result);

/// <summary>
/// The scalar types of Istio's schemas. They are stricter than protobuf's JSON: no number in quotes, no enumeration by
/// number.
/// </summary>
internal static class ScalarValues
{
    /// <summary>A string.</summary>
    public static Complaint String(ConfigNode value, out string result)
    {
        result = value.Text;
        return value.Kind == ConfigNodeKind.String ? default : Complaint.Type("a string");
    }

    /// <summary>Base64 text, still encoded.</summary>
    public static Complaint Base64Text(ConfigNode value, out string result)
    {
        Complaint complaint = String(value, out result);
        return !complaint.IsNone || Base64.IsValid(result) ? complaint : Complaint.Broken("is not base64.");
    }

    /// <summary>True or false.</summary>
    public static Complaint Boolean(ConfigNode value, out bool result)
    {
        result = false;
        return value.Kind == ConfigNodeKind.Boolean && ScalarResolver.TryParseBoolean(value.Text, out result) ? default : Complaint.Type("true or false");
    }

    /// <summary>A finite number.</summary>
    public static Complaint Double(ConfigNode value, out double result)
    {
        result = 0;
        if (value.Kind == ConfigNodeKind.Integer && ScalarResolver.TryParseInteger(value.Text, out Int128 whole))
        {
            result = (double)whole;
            return default;
        }
        return value.Kind == ConfigNodeKind.Float && ScalarResolver.TryParseNumber(value.Text, out result) ? default : Complaint.Type("a number");
    }

    /// <summary>A duration in Go's form.</summary>
    public static Complaint Duration(ConfigNode value, out TimeSpan result)
    {
        result = default;
        Complaint complaint = String(value, out string text);
        return !complaint.IsNone || GoDuration.TryParse(text, out result) ? complaint : Complaint.Broken("is not a duration such as 10s, 1.5h or 250ms.");
    }

    /// <summary>A signed number of 32 bits.</summary>
    public static Complaint Int32(ConfigNode value, out int result)
    {
        Complaint complaint = Integer(value, int.MinValue, int.MaxValue, out Int128 whole);
        result = (int)whole;
        return complaint;
    }

    /// <summary>An unsigned number of 32 bits.</summary>
    public static Complaint UInt32(ConfigNode value, out uint result)
    {
        Complaint complaint = Integer(value, uint.MinValue, uint.MaxValue, out Int128 whole);
        result = (uint)whole;
        return complaint;
    }

    /// <summary>
    /// An unsigned number whose sensible range is far below 2³¹ (ports, statuses, table sizes); what is larger becomes
    /// <see cref="int.MaxValue"/>, which the rule for the field's range then refuses.
    /// </summary>
    public static Complaint Count(ConfigNode value, out int result)
    {
        Complaint complaint = Integer(value, 0, ulong.MaxValue, out Int128 whole);
        result = (int)Int128.Min(whole, int.MaxValue);
        return complaint;
    }

    private static Complaint Integer(ConfigNode value, Int128 least, Int128 most, out Int128 result)
    {
        result = 0;
        bool whole = value.Kind == ConfigNodeKind.Integer && ScalarResolver.TryParseInteger(value.Text, out result);
        if (!whole && value.Kind == ConfigNodeKind.Float && ScalarResolver.TryParseNumber(value.Text, out double number) &&
            number == Math.Truncate(number) && Math.Abs(number) < 1e15)
        {
            // JSON has one type of number: 80.0 is a whole one.
            result = (Int128)number;
            whole = true;
        }
        if (!whole)
            return Complaint.Type("a whole number");
        if (result >= least && result <= most)
            return default;
        result = 0;
        return Complaint.Broken($"is not between {least} and {most}.");
    }
}
