using Microsoft.Extensions.AI;
using Microsoft.ML;
using ZephyrML.LanguageModels;
using ZephyrML.Saving;

namespace ZephyrML;

/// <summary>What can be done with a model that has a student.</summary>
public static class StudentExtensions
{
    /// <summary>Writes the model's last student as a folder that transformers and DistilledSft's BaseModel read.</summary>
    /// <param name="model">A student, or a fitted or loaded model that has one.</param>
    /// <param name="folder">The folder; made if it is not there. Files of the same name are replaced.</param>
    /// <param name="merged">Whether adapters are merged into the weights; there are none to keep apart yet, so it must be true.</param>
    /// <exception cref="ArgumentException">The model has no student.</exception>
    public static void SaveHuggingFace(this ITransformer model, string folder, bool merged = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        if (!merged)
            throw new ArgumentException("SaveHuggingFace: the student has no adapter to save apart; merged must be true.", nameof(merged));
        var student = ModelParts.LastStudent(model) ?? throw new ArgumentException($"SaveHuggingFace: {model.GetType().Name} holds no student.", nameof(model));
        using var hold = student.Student.Weights.Hold();
        student.Student.Weights.Model.SaveHuggingFace(folder);
    }

    /// <summary>Writes the model's last student as one GGUF file with its tokenizer and chat template, which llama.cpp, Ollama and BaseModel read.</summary>
    /// <param name="model">A student, or a fitted or loaded model that has one.</param>
    /// <param name="path">The file; its folder is made if it is not there. A file of that name is replaced, once the new one is whole.</param>
    /// <param name="type">How the matrices are stored.</param>
    /// <exception cref="ArgumentException">The model has no student.</exception>
    /// <exception cref="NotSupportedException">llama.cpp does not compute such a model or does not have such a tokenizer; the message names what.</exception>
    public static void SaveGguf(this ITransformer model, string path, GgufType type)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var student = ModelParts.LastStudent(model) ?? throw new ArgumentException($"SaveGguf: {model.GetType().Name} holds no student.", nameof(model));
        using var hold = student.Student.Weights.Hold();
        student.Student.Weights.Model.SaveGguf(path, type);
    }

    /// <summary>The model's last student as a chat client: it answers concurrent calls in one batch, streams, and can be a teacher, a candidate or a judge.</summary>
    /// <param name="model">A student, or a fitted or loaded model that has one.</param>
    /// <param name="options">Its name and how it answers where a call does not say; null: defaults.</param>
    /// <returns>A <see cref="StudentChatClient"/>. It holds the weights on its own account, to be disposed on its own.</returns>
    /// <exception cref="ArgumentException">The model has no student, or the options are wrong.</exception>
    public static IChatClient AsChatClient(this ITransformer model, StudentChatOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        var student = ModelParts.LastStudent(model) ?? throw new ArgumentException($"AsChatClient: {model.GetType().Name} holds no student.", nameof(model));
        return new StudentChatClient(student.Student, options);
    }
}
