using Microsoft.ML.Data;

namespace ZephyrML;

/// <summary>A row that a student answers: the input of <c>ml.Model.CreatePredictionEngine&lt;Prompt, Reply&gt;</c>.</summary>
public sealed class Prompt
{
    /// <summary>What is asked.</summary>
    [ColumnName(ZephyrColumns.Prompt)]
    public string Text { get; set; } = "";
}
