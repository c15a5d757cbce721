using Microsoft.ML.Data;

namespace ZephyrML;

/// <summary>A student's answer: the output of <c>ml.Model.CreatePredictionEngine&lt;Prompt, Reply&gt;</c>.</summary>
public sealed class Reply
{
    /// <summary>The answer.</summary>
    [ColumnName(ZephyrColumns.Reply)]
    public string Text { get; set; } = "";
}
