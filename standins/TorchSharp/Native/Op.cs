using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace TorchSharp;

/// <summary>
/// An ATen operator, found by its schema name ("add.Tensor") the first time it is called. Where libtorch versions differ, several
/// names may be given: the first that is there counts. Arguments may be fewer than the schema's; the rest are its defaults.
/// </summary>
internal sealed unsafe class Op(params string[] names)
{
    private nint _handle;

    /// <summary>Which of the names was found.</summary>
    internal int Choice { get { if (_handle == 0) Find(); return field; } private set; }

    internal torch.Tensor Call(ReadOnlySpan<Arg> args)
    {
        Val result;
        Run(args, &result, 1);
        return torch.Tensor.Own(result);
    }

    /// <summary>For operators that change their first argument and return it.</summary>
    internal torch.Tensor CallInPlace(ReadOnlySpan<Arg> args)
    {
        Val result;
        Run(args, &result, 1);
        Native.at_free((nint)result.Bits);
        return Unsafe.As<torch.Tensor>(args[0].Ref);
    }

    internal (torch.Tensor, torch.Tensor) Call2(ReadOnlySpan<Arg> args)
    {
        Val* results = stackalloc Val[2];
        Run(args, results, 2);
        return (torch.Tensor.Own(results[0]), torch.Tensor.Own(results[1]));
    }

    internal (torch.Tensor, torch.Tensor, torch.Tensor) Call3(ReadOnlySpan<Arg> args)
    {
        Val* results = stackalloc Val[3];
        Run(args, results, 3);
        return (torch.Tensor.Own(results[0]), torch.Tensor.Own(results[1]), torch.Tensor.Own(results[2]));
    }

    internal torch.Tensor[] CallList(ReadOnlySpan<Arg> args)
    {
        Val result;
        Run(args, &result, 1);
        var tensors = new torch.Tensor[result.Aux];
        for (int i = 0; i < tensors.Length; i++) tensors[i] = new torch.Tensor(((nint*)result.Bits)[i]);
        Native.at_free_mem((nint)result.Bits);
        return tensors;
    }

    internal bool CallBool(ReadOnlySpan<Arg> args)
    {
        Val result;
        Run(args, &result, 1);
        return result.Bits != 0;
    }

    internal long CallInt(ReadOnlySpan<Arg> args)
    {
        Val result;
        Run(args, &result, 1);
        return result.Bits;
    }

    internal void CallVoid(ReadOnlySpan<Arg> args) => Run(args, null, 0);

    [SkipLocalsInit]
    private void Run(ReadOnlySpan<Arg> args, Val* results, int room)
    {
        if (_handle == 0) Find();
        int words = 0;
        foreach (ref readonly var a in args) words += Words(a);
        long* here = stackalloc long[32];
        nint rented = words <= 32 ? 0 : (nint)NativeMemory.Alloc((nuint)words, sizeof(long));
        long* list = rented == 0 ? here : (long*)rented;
        Val* vals = stackalloc Val[args.Length];
        for (int i = 0; i < args.Length; i++)
        {
            ref readonly var a = ref args[i];
            vals[i] = new Val { Tag = a.Tag, Aux = a.Aux, Bits = a.Bits };
            if (a.Tag is Tag.Ints or Tag.Doubles or Tag.Tensors or Tag.String) list = Spread(a, ref vals[i], list);
        }
        int got = Native.at_call(_handle, vals, args.Length, results, room);
        if (rented != 0) NativeMemory.Free((void*)rented);
        if (got < 0) throw new ExternalException(Native.LastError());
    }

    private static int Words(in Arg a) => a.Tag switch
    {
        Tag.Ints or Tag.Doubles or Tag.Tensors => ((Array)a.Ref).Length,
        Tag.String => Encoding.UTF8.GetMaxByteCount(((string)a.Ref).Length) / sizeof(long) + 1,
        _ => 0,
    };

    private static long* Spread(in Arg a, ref Val v, long* to)
    {
        v.Bits = (long)to;
        switch (a.Ref)
        {
            case long[] ints: ints.AsSpan().CopyTo(new(to, ints.Length)); v.Aux = ints.Length; break;
            case double[] reals: reals.AsSpan().CopyTo(new(to, reals.Length)); v.Aux = reals.Length; break;
            case torch.Tensor[] tensors:
                for (int i = 0; i < tensors.Length; i++) to[i] = tensors[i] is null ? 0 : tensors[i].Handle;
                v.Aux = tensors.Length;
                break;
            case string text: v.Aux = Encoding.UTF8.GetBytes(text, new Span<byte>(to, Words(a) * sizeof(long))); break;
        }
        return to + Words(a);
    }

    private void Find()
    {
        for (int i = 0; i < names.Length; i++)
        {
            int dot = names[i].IndexOf('.');
            var name = Encoding.UTF8.GetBytes("aten::" + (dot < 0 ? names[i] : names[i][..dot]) + "\0");
            var overload = Encoding.UTF8.GetBytes(dot < 0 ? "\0" : names[i][(dot + 1)..] + "\0");
            fixed (byte* n = name, o = overload)
            {
                var found = Native.at_find_op(n, o);
                if (found == 0) continue;
                Choice = i;
                _handle = found;
                return;
            }
        }
        throw new ExternalException($"This libtorch has no operator {string.Join(" or ", names)}.");
    }
}
