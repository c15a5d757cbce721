using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>Counts what a rendering takes and stops it at a limit.</summary>
internal sealed class JinjaBudget(JinjaLimits limits)
{
    private readonly long start = Stopwatch.GetTimestamp();

    // A rendering stays on its thread.
    private readonly long allocated = GC.GetAllocatedBytesForCurrentThread();
    private long work;
    private long nextLook = 4096;
    private long characters;
    private long elements;
    private int depth;

    /// <summary>One step of the interpreter; also guards the stack.</summary>
    public void Step()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw JinjaError.Limit("The template is nested too deeply, or calls itself without end.");
        Work(1);
    }

    public void Work(long amount)
    {
        work += amount;
        if (work < nextLook)
            return;
        nextLook = work + 4096;
        if (work > limits.Work)
            throw JinjaError.Limit($"The template takes more than {limits.Work} steps.");
        if (GC.GetAllocatedBytesForCurrentThread() - allocated > limits.Memory)
            throw JinjaError.Limit($"The template takes more than {limits.Memory >> 20} MiB of memory.");
        if (Stopwatch.GetElapsedTime(start) > limits.Time)
            throw JinjaError.Limit($"The template takes more than {limits.Time.TotalSeconds:0.#} s.");
    }

    /// <summary>Says beforehand that a text of this length is to be made.</summary>
    public void Characters(long count)
    {
        characters += count;
        if (count < 0 || characters > limits.Characters)
            throw JinjaError.Limit($"The template makes texts of more than {limits.Characters} characters.");
        Work(count >> 5);
    }

    /// <summary>Says beforehand that so many elements of a list or dictionary are to be made.</summary>
    public void Elements(long count)
    {
        elements += count;
        if (count < 0 || elements > limits.Elements)
            throw JinjaError.Limit($"The template makes lists of more than {limits.Elements} elements.");
        Work(count);
    }

    public string Text(string text)
    {
        Characters(text.Length);
        return text;
    }

    public void Output(long length)
    {
        if (length > limits.Output)
            throw JinjaError.Limit($"The template puts out more than {limits.Output} characters.");
    }

    public void Enter()
    {
        if (++depth > limits.Depth)
            throw JinjaError.Limit($"The template's macros call each other more than {limits.Depth} deep.");
    }

    public void Leave() => depth--;
}
