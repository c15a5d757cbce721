using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

/// <summary>Writes small GGUF files for the tests.</summary>
internal static class GgufFile
{
    public static byte[] Write(IReadOnlyList<(string Key, object Value)> metadata, IReadOnlyList<(string Name, long[] Shape, GgufTensorType Type, byte[] Data)> tensors, int version = 3)
    {
        using var file = new MemoryStream();
        using var w = new BinaryWriter(file);
        void Text(string s)
        {
            var bytes = Encoding.UTF8.GetBytes(s);
            w.Write((long)bytes.Length);
            w.Write(bytes);
        }
        w.Write("GGUF"u8);
        w.Write(version);
        w.Write((long)tensors.Count);
        w.Write((long)metadata.Count);
        foreach (var (key, value) in metadata)
        {
            Text(key);
            switch (value)
            {
                case int v: w.Write(4); w.Write(v); break;
                case float v: w.Write(6); w.Write(v); break;
                case string v: w.Write(8); Text(v); break;
                case string[] v: w.Write(9); w.Write(8); w.Write((long)v.Length); foreach (var s in v) Text(s); break;
                default: throw new ArgumentException(key);
            }
        }
        long offset = 0;
        foreach (var (name, shape, type, data) in tensors)
        {
            Text(name);
            w.Write(shape.Length);
            foreach (long n in shape.Reverse()) w.Write(n);
            w.Write((int)type);
            w.Write(offset);
            offset += (data.Length + 31) / 32 * 32;
        }
        foreach (var (_, _, _, data) in tensors)
        {
            while (file.Position % 32 != 0) w.Write((byte)0);
            w.Write(data);
        }
        while (file.Position % 32 != 0) w.Write((byte)0);
        return file.ToArray();
    }

    /// <summary>A model as a file of architecture llama has it: other names, rows of q and k interleaved.</summary>
    public static byte[] Of(CausalLM model)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var c = model.Config;
        var tensors = new List<(string, long[], GgufTensorType, byte[])>();
        foreach (var (name, weight) in model.NamedWeights)
        {
            Tensor t = weight;
            if (name.Contains("q_proj") || name.Contains("k_proj"))
                t = t.view(-1, 2, c.HeadDim / 2, c.HiddenSize).transpose(1, 2).reshape(t.shape);
            string gguf = name.Replace("model.layers.", "blk.").Replace("self_attn.q_proj", "attn_q").Replace("self_attn.k_proj", "attn_k").Replace("self_attn.v_proj", "attn_v").Replace("self_attn.o_proj", "attn_output")
                .Replace("mlp.gate_proj", "ffn_gate").Replace("mlp.up_proj", "ffn_up").Replace("mlp.down_proj", "ffn_down").Replace("input_layernorm", "attn_norm").Replace("post_attention_layernorm", "ffn_norm")
                .Replace("model.embed_tokens", "token_embd").Replace("model.norm", "output_norm").Replace("lm_head", "output");
            tensors.Add((gguf, t.shape, GgufTensorType.F32, t.contiguous().bytes.ToArray()));
        }
        return Write([("general.architecture", "llama"), ("llama.block_count", c.NumHiddenLayers), ("llama.attention.head_count", c.NumAttentionHeads), ("llama.rope.freq_base", (float)c.RopeTheta), ("tokenizer.ggml.tokens", new[] { "a", "bc" })], tensors);
    }
}
