namespace ZephyrML.Teacher;

/// <summary>Collects everything that is wrong with an options object and says it at once.</summary>
internal sealed class OptionErrors(string type)
{
    private readonly List<string> _errors = [];

    public OptionErrors Require(bool condition, string error)
    {
        if (!condition)
            _errors.Add(error);
        return this;
    }

    /// <summary>Adds what the validation of an options object inside finds.</summary>
    public OptionErrors Include(Action? validate)
    {
        try
        {
            validate?.Invoke();
        }
        catch (ArgumentException e)
        {
            _errors.Add(e.Message);
        }
        return this;
    }

    public void Throw()
    {
        if (_errors.Count > 0)
            throw new ArgumentException($"{type}: {string.Join(" ", _errors)}");
    }
}
