#nullable disable
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

// The public surface of an assembly as lines; the form of eng/api and eng/public-api.
static class Surface
{
    public static IEnumerable<string> Of(Assembly asm)
    {
        Type[] all; try { all = asm.GetTypes(); } catch (ReflectionTypeLoadException e) { all = e.Types.Where(t => t != null).ToArray(); }
        foreach (var t in all.Where(Seen).OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            List<string> lines; try { lines = OfType(t).ToList(); } catch (FileNotFoundException e) { lines = [$"X|{t.FullName}|{e.FileName}"]; }
            foreach (var l in lines) yield return l;
        }
    }
    static bool Seen(Type t) => t.IsNested ? (t.IsNestedPublic || t.IsNestedFamily || t.IsNestedFamORAssem) && Seen(t.DeclaringType) : t.IsPublic;
    static bool Vis(MethodBase m) => m != null && (m.IsPublic || m.IsFamily || m.IsFamilyOrAssembly);
    static IEnumerable<string> OfType(Type t)
    {
        string key = t.FullName.Replace('+', '.');
        string kind = t.IsInterface ? "interface" : t.IsEnum ? "enum" : t.IsValueType ? "struct" : typeof(Delegate).IsAssignableFrom(t) ? "delegate" : t.IsAbstract && t.IsSealed ? "static-class" : t.IsAbstract ? "abstract-class" : t.IsSealed ? "sealed-class" : "class";
        var bases = new List<string>();
        if (kind.EndsWith("class") && t.BaseType != null && t.BaseType != typeof(object)) bases.Add(Name(t.BaseType));
        if (kind is not ("enum" or "delegate")) bases.AddRange(t.GetInterfaces().Except(t.BaseType?.GetInterfaces() ?? []).Where(i => i.IsVisible).Select(Name).Order(StringComparer.Ordinal));
        yield return $"T|{key}|{kind} {Name(t)}{(bases.Count > 0 ? " : " + string.Join(", ", bases) : "")}";
        const BindingFlags F = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        if (t.IsEnum) { foreach (var f in t.GetFields(BindingFlags.Public | BindingFlags.Static)) yield return $"M|{key}|{f.Name}|{f.Name} = {f.GetRawConstantValue()}"; yield break; }
        if (kind == "delegate") { var inv = t.GetMethod("Invoke"); yield return $"M|{key}|Invoke|{Name(inv.ReturnType)} Invoke({Pars(inv)})"; yield break; }
        var lines = new List<string>();
        foreach (var c in t.GetConstructors(F).Where(c => Vis(c) && !c.IsStatic)) lines.Add($"M|{key}|.ctor|{Acc(c)}.ctor({Pars(c)})");
        foreach (var f in t.GetFields(F).Where(f => f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly)) lines.Add($"M|{key}|{f.Name}|{(f.IsPublic ? "" : "protected ")}{(f.IsLiteral ? "const " : f.IsStatic ? "static " : "")}{(f.IsInitOnly ? "readonly " : "")}{Name(f.FieldType)} {f.Name}");
        foreach (var p in t.GetProperties(F).Where(p => Vis(p.GetMethod) || Vis(p.SetMethod)))
        {
            var any = Vis(p.GetMethod) ? p.GetMethod : p.SetMethod; var ix = p.GetIndexParameters();
            string acc = (Vis(p.GetMethod) ? (p.GetMethod.IsPublic ? "get; " : "protected get; ") : "") + (Vis(p.SetMethod) ? (p.SetMethod.IsPublic ? "" : "protected ") + (p.SetMethod.ReturnParameter.GetRequiredCustomModifiers().Any(m => m.Name == "IsExternalInit") ? "init; " : "set; ") : "");
            lines.Add($"M|{key}|{p.Name}|{(any.IsStatic ? "static " : "")}{Name(p.PropertyType)} {(ix.Length > 0 ? "this[" + string.Join(", ", ix.Select(q => Par(q, false))) + "]" : p.Name)} {{ {acc}}}");
        }
        foreach (var e in t.GetEvents(F).Where(e => Vis(e.AddMethod))) lines.Add($"M|{key}|{e.Name}|event {Name(e.EventHandlerType)} {e.Name}");
        foreach (var m in t.GetMethods(F).Where(m => Vis(m) && (!m.IsSpecialName || m.Name.StartsWith("op_")) && m.Name != "Finalize" && !m.Name.Contains('<')))
            lines.Add($"M|{key}|{m.Name}|{Acc(m)}{(m.IsStatic ? "static " : "")}{(m.IsAbstract && !t.IsInterface ? "abstract " : "")}{Name(m.ReturnType)} {m.Name}{(m.IsGenericMethod ? "<" + string.Join(", ", m.GetGenericArguments().Select(g => g.Name)) + ">" : "")}({Pars(m)})");
        // Object's own overrides say nothing about how a caller compiles.
        foreach (var l in lines.Where(l => !l.EndsWith("|string ToString()") && !l.EndsWith("|int GetHashCode()") && !l.EndsWith("|bool Equals(object obj)")).Order(StringComparer.Ordinal)) yield return l;
    }
    static string Acc(MethodBase m) => m.IsPublic ? "" : "protected ";
    static string Pars(MethodBase m) { bool ext = m.IsDefined(typeof(ExtensionAttribute), false); int i = 0; return string.Join(", ", m.GetParameters().Select(p => Par(p, ext && i++ == 0))); }
    static string Par(ParameterInfo p, bool ext)
    {
        var s = new StringBuilder(); if (ext) s.Append("this ");
        if (p.GetCustomAttributesData().Any(a => a.AttributeType.Name == nameof(ParamArrayAttribute))) s.Append("params ");
        if (p.ParameterType.IsByRef) s.Append(p.IsOut ? "out " : p.IsIn ? "in " : "ref ");
        s.Append(Name(p.ParameterType)).Append(' ').Append(p.Name);
        if (p.HasDefaultValue) { object v; try { v = p.RawDefaultValue; } catch { v = "?"; } s.Append(" = ").Append(Lit(v, p.ParameterType)); }
        return s.ToString();
    }
    static string Lit(object v, Type t) => v switch { null => t.IsValueType && Nullable.GetUnderlyingType(t) == null ? "default" : "null", string s => "\"" + s + "\"", bool b => b ? "true" : "false", double d => d.ToString("R"), float f => f.ToString("R") + "f", _ => v.ToString() };
    static string Raw(Type t) { var n = t.Name; var k = n.IndexOf('`'); if (k >= 0) n = n[..k]; return (t.DeclaringType != null ? Raw(t.DeclaringType) + "." : "") + n; }
    static string Name(Type t)
    {
        if (t.IsByRef) return Name(t.GetElementType());
        if (t.IsGenericParameter) return t.Name;
        if (t.IsArray) return Name(t.GetElementType()) + "[" + new string(',', t.GetArrayRank() - 1) + "]";
        if (t.IsPointer) return Name(t.GetElementType()) + "*";
        var u = Nullable.GetUnderlyingType(t); if (u != null) return Name(u) + "?";
        if (t.FullName != null && t.FullName.StartsWith("System.ValueTuple`")) return "(" + string.Join(", ", t.GetGenericArguments().Select(Name)) + ")";
        string prim = t.FullName switch { "System.Int32" => "int", "System.Int64" => "long", "System.Int16" => "short", "System.UInt16" => "ushort", "System.Byte" => "byte", "System.SByte" => "sbyte", "System.UInt64" => "ulong", "System.UInt32" => "uint", "System.Double" => "double", "System.Single" => "float", "System.Boolean" => "bool", "System.Char" => "char", "System.Decimal" => "decimal", "System.String" => "string", "System.Object" => "object", "System.Void" => "void", _ => null };
        if (prim != null) return prim;
        var ga = t.GetGenericArguments(); var n = t.Name; var k = n.IndexOf('`'); if (k >= 0) n = n[..k]; string pre = "";
        if (t.DeclaringType != null) { pre = Raw(t.DeclaringType) + "."; ga = ga[t.DeclaringType.GetGenericArguments().Length..]; }
        return pre + n + (ga.Length > 0 ? "<" + string.Join(", ", ga.Select(Name)) + ">" : "");
    }
}
