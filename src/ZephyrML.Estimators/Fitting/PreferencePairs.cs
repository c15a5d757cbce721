using Microsoft.ML;
using ZephyrML.LanguageModels;
using ZephyrML.Training;
using ZephyrML.Transforms.Students;

namespace ZephyrML.Fitting;

/// <summary>Reads pairs as dDPO trains on them.</summary>
internal static class PreferencePairs
{
    /// <summary>Hands each usable row's number and ids on; returns how many rows were passed over for want of a pair or of a context.</summary>
    public static int Read(LanguageModel model, DistilledDpoOptions columns, string? systemPrompt, IDataView data, CancellationToken cancellationToken, Action<long, PreferenceRow> take)
    {
        var skipped = 0;
        foreach (var (row, texts) in RowSource.Read(data, cancellationToken, columns.PromptColumn, columns.MessagesColumn, columns.ChosenColumn, columns.RejectedColumn))
        {
            if (texts[2].Length == 0 || texts[3].Length == 0 || Conversation.Context(texts[0], texts[1], systemPrompt, row) is not { } context)
            {
                skipped++;
                continue;
            }
            var pair = ChatTokenizer.EncodePair(model.Tokenizer, model.Template, context, texts[2], texts[3]);
            take(row, new PreferenceRow(pair.Prompt, pair.Chosen, pair.Rejected));
        }
        return skipped;
    }
}
