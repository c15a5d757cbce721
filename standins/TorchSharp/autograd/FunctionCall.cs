using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace TorchSharp;

/// <summary>The managed side of one node of the graph: native code holds it, and frees it with the node.</summary>
internal sealed class FunctionCall(string name, bool[] isTensor, torch.autograd.AutogradContext context,
    Func<torch.autograd.AutogradContext, List<torch.Tensor>, List<torch.Tensor>> backward)
{
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static void Release(nint call) => GCHandle.FromIntPtr(call).Free();

    /// <summary>Runs a backward. No exception may leave it: native frames stand above, and it would end the process.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static unsafe int Run(nint call, nint* grads, int gradCount, nint* saved, int savedCount, nint* results, int resultCount)
    {
        try
        {
            ((FunctionCall)GCHandle.FromIntPtr(call).Target).Run(new(grads, gradCount), new(saved, savedCount), new(results, resultCount));
            return 0;
        }
        catch (Exception e)
        {
            CallbackErrors.Set(e);
            fixed (byte* text = Encoding.UTF8.GetBytes($"{e.GetType().Name}: {e.Message}\0")) Native.at_set_error(text);
            return 1;
        }
    }

    private void Run(ReadOnlySpan<nint> grads, ReadOnlySpan<nint> saved, Span<nint> results)
    {
        using var scope = torch.NewDisposeScope();
        List<torch.Tensor> given = [], kept = [];
        foreach (var h in grads) given.Add(torch.Tensor.Borrow(h));
        foreach (var h in saved) kept.Add(torch.Tensor.Borrow(h));
        List<torch.Tensor> got;
        lock (context)
        {
            context.Saved = kept;
            try { got = backward(context, given); }
            finally { context.Saved = null; }
        }
        if (got.Count < isTensor.Length || got.Skip(isTensor.Length).Any(t => t is not null && !t.IsInvalid))
            throw new NotImplementedException($"Function {name} returned an incorrect number of gradients (expected {isTensor.Length}), got {got.Count}");
        int n = 0;
        for (int i = 0; i < isTensor.Length; i++)
        {
            bool defined = got[i] is not null && !got[i].IsInvalid;
            if (isTensor[i]) results[n++] = defined ? Native.at_alias(got[i].Handle) : 0;
            else if (defined) throw new NotImplementedException($"Function {name} returned a gradient at position {i + 1}, but the corresponding forward input was not a Tensor");
        }
    }
}
