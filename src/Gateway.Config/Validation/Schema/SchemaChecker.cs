using System.Globalization;
using Gateway.Config.Parsing;

namespace Gateway.Config.Validation.Schema;

/// <summary>Holds the <c>spec</c> of a document against a <see cref="SchemaRule"/>.</summary>
internal static class SchemaChecker
{
    /// <summary>Checks the resource's document.</summary>
    public static void Check(Findings findings, SchemaRule rule)
    {
        if (findings.Resource.Document["spec"] is { } spec)
            Check(findings, spec, rule, Path.Root);
    }

    private static void Check(Findings findings, ConfigNode node, SchemaRule rule, Path path)
    {
        int count = Math.Max(node.Items.Count, node.Entries.Count);
        if (count > rule.MaxItems)
            findings.ErrorAt(node, path.ToString(), $"There must be at most {rule.MaxItems} items.");
        if (node.Kind == ConfigNodeKind.Sequence && count < rule.MinItems)
            findings.ErrorAt(node, path.ToString(), $"There must be at least {rule.MinItems} item.");
        if (node.Text.Length > rule.MaxLength)
            findings.ErrorAt(node, path.ToString(), $"The text is longer than {rule.MaxLength} characters.");
        CheckRange(findings, node, rule, path);
        CheckAtMostOne(findings, node, rule, path);

        foreach (ConfigEntry entry in node.Entries)
        {
            if (entry.Key.Length > rule.MaxKeyLength)
                findings.ErrorAt(entry.Value, new Path(path, entry.Key).ToString(), $"The name is longer than {rule.MaxKeyLength} characters.");
            SchemaRule? next = rule.Each ?? rule.Fields.GetValueOrDefault(entry.Key);
            if (next is not null && entry.Value.Kind != ConfigNodeKind.Null)
                Check(findings, entry.Value, next, new Path(path, entry.Key));
        }
        if (rule.Each is null)
            return;
        for (int i = 0; i < node.Items.Count; i++)
            Check(findings, node.Items[i], rule.Each, new Path(path, "", i));
    }

    private static void CheckRange(Findings findings, ConfigNode node, SchemaRule rule, Path path)
    {
        if (node.Kind is not (ConfigNodeKind.Integer or ConfigNodeKind.Float)
            || !double.TryParse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
        {
            return;
        }
        if (number < rule.Minimum)
            findings.ErrorAt(node, path.ToString(), $"Invalid value {node.Text}: it should be greater than or equal to {rule.Minimum.ToString(CultureInfo.InvariantCulture)}.");
        if (number > rule.Maximum)
            findings.ErrorAt(node, path.ToString(), $"Invalid value {node.Text}: it should be less than or equal to {rule.Maximum.ToString(CultureInfo.InvariantCulture)}.");
    }

    private static void CheckAtMostOne(Findings findings, ConfigNode node, SchemaRule rule, Path path)
    {
        foreach (string[] group in rule.AtMostOne)
        {
            string? first = null;
            foreach (string name in group)
            {
                if (node[name] is not { Kind: not ConfigNodeKind.Null } field)
                    continue;
                if (first is not null)
                    findings.ErrorAt(field, new Path(path, name).ToString(), $"Only one of {string.Join(", ", group)} can be set; {first} is set already.");
                first ??= name;
            }
        }
    }

    /// <summary>A path that is written out only for a finding.</summary>
    private sealed record Path(Path? Parent, string Name, int Index = -1)
    {
        public static readonly Path Root = new(null, "spec");

        public override string ToString() =>
            Parent is null ? Name : Index >= 0 ? $"{Parent}[{Index}]" : $"{Parent}.{Name}";
    }
}
