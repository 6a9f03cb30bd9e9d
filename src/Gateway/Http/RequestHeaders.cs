using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http;

/// <summary>
/// The headers of a request as a plain list in their order, looked up by comparing names. A gateway adds half a dozen of
/// its own to each request; in the server's table every one of them costs a hash for the name, one for the entry, and its
/// removal, while a request has few enough to be looked through. One per request context, used again and again.
/// </summary>
internal sealed class RequestHeaders : IHeaderDictionary
{
    private const int InitialCapacity = 24;

    private string[] _names = new string[InitialCapacity];
    private StringValues[] _values = new StringValues[InitialCapacity];
    private int _count;

    /// <summary>Number of names.</summary>
    public int Count => _count;

    /// <inheritdoc/>
    public bool IsReadOnly => false;

    /// <inheritdoc/>
    public long? ContentLength
    {
        get => TryGetValue(HeaderNames.ContentLength, out StringValues value) &&
            long.TryParse(value.ToString(), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long length)
                ? length
                : null;
        set => this[HeaderNames.ContentLength] = value is { } length ? length.ToString(System.Globalization.CultureInfo.InvariantCulture) : StringValues.Empty;
    }

    /// <inheritdoc/>
    public ICollection<string> Keys => _names.AsSpan(0, _count).ToArray();

    /// <inheritdoc/>
    public ICollection<StringValues> Values => _values.AsSpan(0, _count).ToArray();

    /// <summary>The value of a name in any case; empty = it is not there, and setting nothing takes it away.</summary>
    public StringValues this[string key]
    {
        get
        {
            int index = Find(key);
            return index < 0 ? StringValues.Empty : _values[index];
        }
        set
        {
            int index = Find(key);
            if (value.Count == 0)
            {
                if (index >= 0)
                    RemoveAt(index);
            }
            else if (index >= 0)
            {
                _values[index] = value;
            }
            else
            {
                Append(key, value);
            }
        }
    }

    /// <summary>Name of the entry; <paramref name="index"/> below <see cref="Count"/>.</summary>
    public string NameAt(int index) => _names[index];

    /// <summary>Value of the entry; <paramref name="index"/> below <see cref="Count"/>.</summary>
    public ref readonly StringValues ValueAt(int index) => ref _values[index];

    /// <summary>Takes over what the server has read; nothing else is left.</summary>
    public void CopyFrom(IHeaderDictionary headers)
    {
        Clear();
        foreach (KeyValuePair<string, StringValues> header in headers)
            Append(header.Key, header.Value);
    }

    /// <inheritdoc/>
    public bool TryGetValue(string key, out StringValues value)
    {
        int index = Find(key);
        value = index < 0 ? StringValues.Empty : _values[index];
        return index >= 0;
    }

    /// <inheritdoc/>
    public bool ContainsKey(string key) => Find(key) >= 0;

    /// <inheritdoc/>
    public void Add(string key, StringValues value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (Find(key) >= 0)
            throw new ArgumentException("The header is there already.", nameof(key));
        if (value.Count > 0)
            Append(key, value);
    }

    /// <inheritdoc/>
    public void Add(KeyValuePair<string, StringValues> item) => Add(item.Key, item.Value);

    /// <inheritdoc/>
    public bool Remove(string key)
    {
        int index = Find(key);
        if (index >= 0)
            RemoveAt(index);
        return index >= 0;
    }

    /// <inheritdoc/>
    public bool Remove(KeyValuePair<string, StringValues> item) => Contains(item) && Remove(item.Key);

    /// <inheritdoc/>
    public bool Contains(KeyValuePair<string, StringValues> item) => TryGetValue(item.Key, out StringValues value) && value.Equals(item.Value);

    /// <inheritdoc/>
    public void Clear()
    {
        Array.Clear(_names, 0, _count);
        Array.Clear(_values, 0, _count);
        _count = 0;
    }

    /// <inheritdoc/>
    public void CopyTo(KeyValuePair<string, StringValues>[] array, int arrayIndex)
    {
        for (int i = 0; i < _count; i++)
            array[arrayIndex + i] = KeyValuePair.Create(_names[i], _values[i]);
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, StringValues>> GetEnumerator()
    {
        for (int i = 0; i < _count; i++)
            yield return KeyValuePair.Create(_names[i], _values[i]);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int Find(string name)
    {
        string[] names = _names;
        for (int i = 0; i < _count; i++)
        {
            string candidate = names[i];
            if (ReferenceEquals(candidate, name) || (candidate.Length == name.Length && IsSame(candidate, name)))
                return i;
        }
        return -1;
    }

    // Names of one length usually differ at their ends.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSame(string one, string other) =>
        (one.Length == 0 || ((one[^1] ^ other[^1]) & ~0x20) == 0) && one.Equals(other, StringComparison.OrdinalIgnoreCase);

    private void Append(string name, StringValues value)
    {
        if (_count == _names.Length)
            Grow();
        _names[_count] = name;
        _values[_count] = value;
        _count++;
    }

    [MemberNotNull(nameof(_names), nameof(_values))]
    private void Grow()
    {
        Array.Resize(ref _names, 2 * _count);
        Array.Resize(ref _values, 2 * _count);
    }

    private void RemoveAt(int index)
    {
        _count--;
        Array.Copy(_names, index + 1, _names, index, _count - index);
        Array.Copy(_values, index + 1, _values, index, _count - index);
        _names[_count] = null!;
        _values[_count] = default;
    }
}
