namespace Gateway.Transport;

/// <summary>
/// Registered handlers by number. A number is a slot and how often the slot was used before, so that an event fetched
/// before its socket was closed never reaches the slot's next owner. For one thread.
/// </summary>
internal sealed class LoopHandlers
{
    private readonly Stack<int> _free = new();
    private Slot[] _slots = new Slot[64];
    private int _used;

    /// <summary>How many there are.</summary>
    public int Count => _used - _free.Count;

    /// <summary>Adds one and returns its number.</summary>
    public long Add(ILoopHandler handler)
    {
        if (!_free.TryPop(out int index))
        {
            index = _used++;
            if (index == _slots.Length)
                Array.Resize(ref _slots, _slots.Length * 2);
        }

        ref Slot slot = ref _slots[index];
        slot.Handler = handler;
        return ((long)slot.Generation << 32) | (uint)index;
    }

    /// <summary>The handler of that number; null if it is gone.</summary>
    public ILoopHandler? Find(long registration)
    {
        ref Slot slot = ref _slots[(int)registration];
        return slot.Generation == (int)(registration >> 32) ? slot.Handler : null;
    }

    /// <summary>Removes one; a number that is gone is passed over.</summary>
    public void Remove(long registration)
    {
        int index = (int)registration;
        ref Slot slot = ref _slots[index];
        if (slot.Handler is null || slot.Generation != (int)(registration >> 32))
            return;

        slot.Handler = null;
        // Stays clear of the sign, so that no number equals the wake-up's.
        slot.Generation = (slot.Generation + 1) & 0x7fff_ffff;
        _free.Push(index);
    }

    /// <summary>All of now.</summary>
    public ILoopHandler[] ToArray()
    {
        List<ILoopHandler> handlers = new(Count);
        for (int i = 0; i < _used; i++)
        {
            if (_slots[i].Handler is { } handler)
                handlers.Add(handler);
        }

        return [.. handlers];
    }

    private struct Slot
    {
        public ILoopHandler? Handler;
        public int Generation;
    }
}
