namespace ZephyrML.LanguageModels.Jinja;

/// <summary>The variable "self": a template's blocks, to be called.</summary>
internal sealed class TemplateSelf(IReadOnlyDictionary<string, Body> blocks, Scope outermost) : PyObject
{
    public override string TypeName => "TemplateReference";

    public override string Repr() => "<TemplateReference None>";

    public override bool TryGet(string name, out object? value)
    {
        value = blocks.TryGetValue(name, out var body) ? new PyFunction(name, (runtime, _) => body.Text(runtime, new Scope(outermost)), "BlockReference") : null;
        return value is not null;
    }
}
