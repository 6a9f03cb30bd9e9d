using System.Collections.Frozen;
using Gateway.Matching;

namespace Gateway.Routing;

/// <summary>
/// Finds, for a path, the routes whose path condition can hold, in ascending order, so that trying them in turn gives
/// the answer of trying all routes in turn. Immutable; look-ups allocate nothing.
/// </summary>
/// <remarks>
/// Exact paths stand in a dictionary, prefixes in a radix tree; all other routes (regular expressions, ignored case, no
/// path condition) are candidates for every path. Each of these gives one ascending run of route numbers; the cursor
/// merges the runs.
/// </remarks>
internal sealed class PathIndex
{
    /// <summary>Runs one look-up can merge; a path under more prefixes than this gets all routes as candidates.</summary>
    public const int MaxRuns = 16;

    private readonly FrozenDictionary<string, Run>.AlternateLookup<ReadOnlySpan<char>> _exact;
    private readonly Node _prefixes;
    private readonly Run _always;
    private readonly int[] _numbers;
    private readonly int _count;

    /// <summary>Builds the index.</summary>
    public PathIndex(IReadOnlyList<Route> routes)
    {
        var exact = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        var prefixes = new SortedDictionary<string, List<int>>(StringComparer.Ordinal);
        var always = new List<int>();
        for (int i = 0; i < routes.Count; i++)
        {
            switch (routes[i].Match.Path)
            {
                case { Kind: StringMatchKind.Exact, IgnoreCase: false } path:
                    Add(exact, path.Value, i);
                    break;
                case { Kind: StringMatchKind.Prefix or StringMatchKind.SegmentPrefix, IgnoreCase: false } path:
                    Add(prefixes, path.Value, i);
                    break;
                default:
                    always.Add(i);
                    break;
            }
        }

        var numbers = new List<int>(routes.Count);
        _exact = exact.ToFrozenDictionary(entry => entry.Key, entry => Store(numbers, entry.Value), StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();
        KeyValuePair<string, Run>[] sorted = [.. prefixes.Select(entry => KeyValuePair.Create(entry.Key, Store(numbers, entry.Value)))];
        _prefixes = Node.Build(sorted, 0, sorted.Length, 0);
        _always = Store(numbers, always);
        _numbers = [.. numbers];
        _count = routes.Count;
    }

    /// <summary>The candidates for a path.</summary>
    /// <param name="path">Path without query.</param>
    /// <param name="runs">Room for <see cref="MaxRuns"/> runs.</param>
    public Cursor Find(ReadOnlySpan<char> path, Span<Run> runs)
    {
        int used = 0;
        if (_always.Start < _always.End)
            runs[used++] = _always;
        if (_exact.TryGetValue(path, out Run run))
            runs[used++] = run;

        Node? node = _prefixes;
        int depth = 0;
        while (node is not null && path[depth..].StartsWith(node.Text, StringComparison.Ordinal))
        {
            depth += node.Text.Length;
            if (node.Run.Start < node.Run.End)
            {
                if (used == MaxRuns)
                    return new Cursor(_numbers, default, _count);
                runs[used++] = node.Run;
            }
            node = depth < path.Length ? node.Child(path[depth]) : null;
        }
        return new Cursor(_numbers, runs[..used], 0);
    }

    private static void Add(IDictionary<string, List<int>> map, string path, int route)
    {
        if (!map.TryGetValue(path, out List<int>? routes))
            map.Add(path, routes = []);
        routes.Add(route);
    }

    private static Run Store(List<int> numbers, List<int> run)
    {
        int start = numbers.Count;
        numbers.AddRange(run);
        return new Run(start, numbers.Count);
    }

    /// <summary>A stretch of ascending route numbers.</summary>
    internal record struct Run(int Start, int End);

    /// <summary>Walks the candidates in ascending order.</summary>
    internal ref struct Cursor(int[] numbers, Span<Run> runs, int countOfAll)
    {
        private readonly Span<Run> _runs = runs;
        private int _next;

        /// <summary>The next candidate; -1 = no more.</summary>
        public int Next()
        {
            if (countOfAll > 0)
                return _next < countOfAll ? _next++ : -1;
            int best = -1;
            int lowest = int.MaxValue;
            for (int i = 0; i < _runs.Length; i++)
            {
                if (_runs[i].Start < _runs[i].End && numbers[_runs[i].Start] < lowest)
                {
                    lowest = numbers[_runs[i].Start];
                    best = i;
                }
            }
            if (best < 0)
                return -1;
            _runs[best].Start++;
            return lowest;
        }
    }

    private sealed class Node
    {
        private char[] _firstChars = [];
        private Node[] _children = [];

        /// <summary>The piece of path between the parent and this node.</summary>
        public required string Text { get; init; }

        /// <summary>The routes whose prefix ends here.</summary>
        public Run Run { get; private init; }

        /// <summary>The child whose text begins with a character.</summary>
        public Node? Child(char first)
        {
            int index = _firstChars.AsSpan().BinarySearch(first);
            return index < 0 ? null : _children[index];
        }

        /// <summary>Makes the tree of <c>sorted[from..to]</c>, which have their first <paramref name="depth"/> characters in common.</summary>
        public static Node Build(KeyValuePair<string, Run>[] sorted, int from, int to, int depth)
        {
            int common = from == to ? depth : CommonLength(sorted[from].Key, sorted[to - 1].Key);
            // Only the root may be empty; below it each child differs from its siblings in its first character.
            bool endsHere = from < to && sorted[from].Key.Length == common;
            var node = new Node
            {
                Text = from == to ? "" : sorted[from].Key[depth..common],
                Run = endsHere ? sorted[from].Value : default,
            };
            var firstChars = new List<char>();
            var children = new List<Node>();
            for (int start = endsHere ? from + 1 : from; start < to;)
            {
                char first = sorted[start].Key[common];
                int end = start + 1;
                while (end < to && sorted[end].Key[common] == first)
                    end++;
                firstChars.Add(first);
                children.Add(Build(sorted, start, end, common));
                start = end;
            }
            node._firstChars = [.. firstChars];
            node._children = [.. children];
            return node;
        }

        private static int CommonLength(string a, string b) => a.AsSpan().CommonPrefixLength(b);
    }
}
