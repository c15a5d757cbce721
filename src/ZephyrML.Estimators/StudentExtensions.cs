using Microsoft.Extensions.AI;
using Microsoft.ML;
using ZephyrML.LanguageModels;
using ZephyrML.Saving;
using ZephyrML.Transforms.Students;

namespace ZephyrML;

/// <summary>What can be done with a model that has a student.</summary>
public static class StudentExtensions
{
    /// <summary>Writes the model's last student as a folder that transformers and DistilledSft's BaseModel read.</summary>
    /// <param name="model">A student, or a fitted or loaded model that has one.</param>
    /// <param name="folder">The folder; made if it is not there. Files of the same name are replaced.</param>
    /// <param name="merged">
    /// Whether an adapter is merged into the weights, those from before they were quantised; else the weights are written without it, and the adapter in a folder <c>adapter</c> within, as PEFT has it. Without adapter the
    /// same either way.
    /// </param>
    /// <exception cref="ArgumentException">The model has no student.</exception>
    public static void SaveHuggingFace(this ITransformer model, string folder, bool merged = true)
    {
        var student = Student(model, folder, nameof(SaveHuggingFace));
        using var hold = student.Weights.Hold();
        var own = student.Weights.Model;
        if (merged || own.Network.Adapter is null)
        {
            own.SaveHuggingFace(folder);
            return;
        }
        using (var whole = own.Base())
            whole.SaveHuggingFace(folder);
        own.SaveAdapter(Path.Combine(folder, "adapter"), "..");
    }

    /// <summary>Writes the adapter of the model's last student as PEFT does, with a file zephyr.json beside it that tells the base's hash. z.LoadStudent, BaseModel and PEFT read the folder.</summary>
    /// <param name="model">A student, or a fitted or loaded model that has one.</param>
    /// <param name="folder">The folder; made if it is not there. Files of the same name are replaced.</param>
    /// <param name="baseModel">The folder or the name of the model that the adapter belongs to, as the adapter's configuration shall say it; null: the BaseModel that training started from, where it started from one.</param>
    /// <exception cref="ArgumentException">The model has no student, or that has no adapter.</exception>
    public static void SaveAdapter(this ITransformer model, string folder, string? baseModel = null)
    {
        var student = Student(model, folder, nameof(SaveAdapter));
        using var hold = student.Weights.Hold();
        if (student.Weights.Model.Network.Adapter is null)
            throw new ArgumentException("SaveAdapter: the student has no adapter; all its weights were trained. SaveHuggingFace writes them.", nameof(model));
        student.Weights.Model.SaveAdapter(folder, baseModel);
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

    private static Student Student(ITransformer model, string folder, string caller)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        return (ModelParts.LastStudent(model) ?? throw new ArgumentException($"{caller}: {model.GetType().Name} holds no student.", nameof(model))).Student;
    }
}
