using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            /// <summary>Parameters and persistent buffers by name; the tensors are the module's own, no copies.</summary>
            public virtual Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor> destination = null, string prefix = null)
            {
                destination ??= [];
                string Key(string name) => string.IsNullOrEmpty(prefix) ? name : $"{prefix}.{name}";
                foreach (var (name, p) in _params) destination.TryAdd(Key(name), p);
                foreach (var (name, (b, persistent)) in _buffers)
                    if (persistent) destination.TryAdd(Key(name), b);
                foreach (var (name, child) in _children) child.state_dict(destination, Key(name));
                return destination;
            }

            /// <summary>Copies values in by name. Returns what the source lacks, and what it has beside.</summary>
            public virtual (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(Dictionary<string, Tensor> source, bool strict = true, IList<string> skip = null)
            {
                skip ??= [];
                var own = state_dict();
                var missing = own.Keys.Where(k => !source.ContainsKey(k) && !skip.Contains(k)).ToList();
                var unexpected = source.Keys.Where(k => !own.ContainsKey(k) && !skip.Contains(k)).ToList();
                if (strict && (missing.Count > 0 || unexpected.Count > 0))
                    throw new InvalidOperationException($"The state dictionary does not fit the module: missing [{string.Join(", ", missing)}], unexpected [{string.Join(", ", unexpected)}].");
                using var off = no_grad();
                foreach (var (name, value) in source)
                    if (own.TryGetValue(name, out var mine) && !skip.Contains(name)) mine.copy_(value).Dispose();
                return (missing, unexpected);
            }

            protected internal virtual Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) => Move(null, new Device(deviceType, deviceIndex), non_blocking);

            protected internal virtual Module _to(Device device, ScalarType dtype, bool non_blocking) => Move(dtype, device, non_blocking);

            protected internal virtual Module _to(ScalarType dtype, bool non_blocking) => Move(dtype, null, non_blocking);

            public Module _to(Tensor other, bool non_blocking) => _to(other.device, other.dtype, non_blocking);

            /// <summary>For modules whose fields are not named as their parameters.</summary>
            private protected virtual void Replaced(string name, Parameter value) { }

            /// <summary>Parameters and buffers that change type or device are replaced, in the dictionaries and in the fields; a type is for floats only.</summary>
            private Module Move(ScalarType? dtype, Device device, bool non_blocking)
            {
                using (no_grad())
                {
                    var fields = Fields().ToLookup(f => f.Name);
                    foreach (var (name, p) in _params.ToList())
                    {
                        var moved = Moved(p);
                        if (moved.Handle == p.Handle) { moved.Dispose(); continue; }
                        using var grad = p.grad;
                        var replacement = new Parameter(moved, p.requires_grad);
                        if (grad is not null) { using var g = Moved(grad); replacement.grad = g; }
                        p.Dispose();
                        _params[name] = replacement;
                        foreach (var f in fields[name]) f.SetValue(this, replacement);
                        Replaced(name, replacement);
                    }
                    foreach (var (name, (b, persistent)) in _buffers.ToList())
                    {
                        var moved = Moved(b);
                        if (moved.Handle == b.Handle) { moved.Dispose(); continue; }
                        b.Dispose();
                        _buffers[name] = (moved, persistent);
                        foreach (var f in fields[name]) f.SetValue(this, moved);
                    }
                }
                foreach (var child in _children.Values)
                {
                    if (dtype is { } t && device is not null) child._to(device, t, non_blocking);
                    else if (dtype is { } only) child._to(only, non_blocking);
                    else child._to(device.type, device.index, non_blocking);
                }
                return this;

                Tensor Moved(Tensor t) => t.to(dtype is { } type && t.is_floating_point() ? type : t.dtype, device ?? t.device, non_blocking: non_blocking);
            }
        }
    }
}
