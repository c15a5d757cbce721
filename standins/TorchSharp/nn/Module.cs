using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);

        /// <summary>Parameters, buffers and modules by name.</summary>
        public partial class Module : IDisposable
        {
            private readonly OrderedDictionary<string, Parameter> _params = [];
            private readonly OrderedDictionary<string, (Tensor Value, bool Persistent)> _buffers = [];
            private readonly OrderedDictionary<string, Module> _children = [];
            private bool _registered;
            protected string name;

            protected Module(string name) => this.name = name;

            public bool training { get; private set; } = true;

            public virtual string GetName() => name;

            public virtual void train(bool train = true)
            {
                training = train;
                foreach (var child in children()) child.train(train);
            }

            public void eval() => train(false);

            /// <summary>Registers every field that holds a module, a parameter or a tensor, by the field's name.</summary>
            protected virtual void RegisterComponents()
            {
                if (_registered) return;
                _registered = true;
                foreach (var field in Fields())
                    switch (field.GetValue(this))
                    {
                        case Module m: register_module(field.Name, m); break;
                        case Parameter p: register_parameter(field.Name, p); break;
                        case Tensor t: register_buffer(field.Name, t); break;
                    }
            }

            public virtual void register_module(string name, Module submodule)
            {
                CheckName(name);
                if (submodule is null || submodule.IsDisposed)
                {
                    _children.Remove(name);
                    return;
                }
                if (_children.ContainsKey(name)) throw new InvalidOperationException($"Sub-module {name} is already registered.");
                submodule.RegisterComponents();
                _children.Add(name, submodule);
            }

            public virtual void add_module(string name, Module module) => register_module(name, module);

            public virtual void register_parameter(string name, Parameter param)
            {
                CheckName(name);
                if (param is null || param.IsInvalid) { _params.Remove(name); return; }
                if (_params.ContainsKey(name)) throw new InvalidOperationException($"Tensor field {name} is already registered.");
                _params.Add(name, param);
            }

            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                CheckName(name);
                if (tensor is null || tensor.IsInvalid) { _buffers.Remove(name); return; }
                if (_buffers.ContainsKey(name)) throw new InvalidOperationException($"Tensor field {name} is already registered.");
                _buffers.Add(name, (tensor, persistent));
            }

            protected void ConditionallyRegisterParameter(string name, Parameter value)
            {
                _params.Remove(name);
                if (value is not null) register_parameter(name, value);
            }

            protected void ConditionallyRegisterParameter(string name, Tensor value)
                => ConditionallyRegisterParameter(name, value is null ? null : value as Parameter ?? new Parameter(value));

            protected void ConditionallyRegisterBuffer(string name, Tensor value, bool persistent = true)
            {
                _buffers.Remove(name);
                if (value is not null) register_buffer(name, value, persistent);
            }

            protected void ClearModules() => _children.Clear();

            public virtual IEnumerable<(string name, Module module)> named_children() => _children.Select(c => (c.Key, c.Value));

            public virtual IEnumerable<Module> children() => _children.Values;

            public virtual IEnumerable<(string name, Module module)> named_modules()
            {
                foreach (var (name, child) in _children)
                {
                    yield return (name, child);
                    foreach (var (inner, module) in child.named_modules()) yield return ($"{name}.{inner}", module);
                }
            }

            public virtual IEnumerable<Module> modules() => named_modules().Select(m => m.module);

            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
            {
                var seen = new HashSet<IntPtr>();
                foreach (var (name, p) in _params)
                    if (!p.IsInvalid && seen.Add(p.Handle)) yield return (name, p);
                if (!recurse) yield break;
                foreach (var (name, child) in _children)
                    foreach (var (inner, p) in child.named_parameters())
                        if (!p.IsInvalid && seen.Add(p.Handle)) yield return ($"{name}.{inner}", p);
            }

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) => named_parameters(recurse).Select(p => p.parameter);

            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true)
            {
                foreach (var (name, (b, persistent)) in _buffers)
                    if (!b.IsInvalid && (persistent || include_nonpersistent)) yield return (name, b);
                if (!recurse) yield break;
                foreach (var (name, child) in _children)
                    foreach (var (inner, b) in child.named_buffers(true, include_nonpersistent)) yield return ($"{name}.{inner}", b);
            }

            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true) => named_buffers(recurse, include_nonpersistent).Select(b => b.buffer);

            public virtual bool has_parameter(string target) => get_parameter(target) is not null;

            public virtual Parameter get_parameter(string target) => named_parameters().FirstOrDefault(p => p.name == target).parameter;

            public virtual bool has_buffer(string target) => get_buffer(target) is not null;

            public virtual Tensor get_buffer(string target) => named_buffers().FirstOrDefault(b => b.name == target).buffer;

            public virtual Module apply(Action<Module> fn)
            {
                foreach (var child in _children.Values) child.apply(fn);
                fn(this);
                return this;
            }

            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach (var p in parameters())
                {
                    if (set_to_none) { p.grad = null; continue; }
                    using var g = p.grad;
                    g?.zero_();
                }
            }

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            internal bool IsDisposed { get; private set; }

            protected virtual void Dispose(bool disposing)
            {
                if (!disposing || IsDisposed) return;
                IsDisposed = true;
                foreach (var p in _params.Values) p.Dispose();
                foreach (var (b, _) in _buffers.Values) b.Dispose();
                foreach (var child in _children.Values) child.Dispose();
            }

            private IEnumerable<FieldInfo> Fields()
            {
                var fields = new List<FieldInfo>();
                for (var type = GetType(); type is not null && type != typeof(Module); type = type.BaseType)
                    fields.AddRange(type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly));
                return fields;
            }

            private static void CheckName(string name)
            {
                if (string.IsNullOrEmpty(name)) throw new ArgumentException("A component of a module needs a name.");
                if (name.Contains('.')) throw new ArgumentException($"The name '{name}' of a component of a module has a dot, which parts modules.");
            }
        }
    }
}
