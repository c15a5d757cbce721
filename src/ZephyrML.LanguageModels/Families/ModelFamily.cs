using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>What sets a family of models apart: how its config.json maps to <see cref="ModelConfig"/> and back, and what its weights are called. What is said here holds for Llama's kin.</summary>
internal abstract class ModelFamily
{
    private static readonly Dictionary<string, ModelFamily> All = new ModelFamily[]
    {
        new MistralFamily(), new LlamaFamily(), new Qwen2Family(), new Qwen3Family(), new GemmaFamily(), new Gemma2Family(), new Gemma3Family(),
        new Phi3Family(), new SmolLm3Family(), new Olmo2Family(), new GraniteFamily(), new Gpt2Family(), new GptNeoxFamily(),
    }.ToDictionary(f => f.Name);

    public static string Names => string.Join(", ", All.Keys);

    public static ModelFamily? Find(string modelType) => All.GetValueOrDefault(modelType);

    public static ModelFamily Get(string modelType) => Find(modelType) ?? throw new ArgumentException($"model_type is '{modelType}'; supported are {Names}.", nameof(modelType));

    /// <summary>Hugging Face's model_type.</summary>
    public abstract string Name { get; }

    /// <summary>Hugging Face's class of the model with its head.</summary>
    public abstract string Architecture { get; }

    /// <summary>Whether models of this family may have one.</summary>
    public virtual bool HasSlidingWindow => false;

    /// <summary>What is assumed where a key is missing: the defaults of transformers' configuration class. Sizes are dummies.</summary>
    protected virtual ModelConfig Defaults => Blank;

    protected ModelConfig Blank => new() { ModelType = Name, VocabSize = 0, HiddenSize = 0, IntermediateSize = 0, NumHiddenLayers = 0, NumAttentionHeads = 0, BosTokenId = 1, EosTokenIds = [2] };

    /// <summary>Heads of keys and values where the key is missing; null: as many as query heads.</summary>
    protected virtual int? DefaultKeyValueHeads => null;

    /// <summary>Width of a head where the key is missing; null: hidden_size / heads.</summary>
    protected virtual int? DefaultHeadDim => null;

    /// <summary>Reads the family's keys.</summary>
    public virtual ModelConfig Read(ConfigKeys keys)
    {
        var d = Defaults;
        int hidden = keys.Size("hidden_size"), heads = keys.Size("num_attention_heads");
        keys.RefuseUnlessZero("attention_dropout");
        var config = Shared(keys) with
        {
            HiddenSize = hidden,
            IntermediateSize = keys.Size("intermediate_size"),
            NumHiddenLayers = keys.Size("num_hidden_layers", ConfigKeys.MaxLayers),
            NumAttentionHeads = heads,
            // Null and missing differ in transformers: null means "as many as heads".
            NumKeyValueHeads = keys.Int("num_key_value_heads", DefaultKeyValueHeads) ?? heads,
            HeadDim = keys.Int("head_dim", DefaultHeadDim) ?? hidden / Math.Max(1, heads),
            MaxPositionEmbeddings = keys.Int("max_position_embeddings") ?? d.MaxPositionEmbeddings,
            RmsNormEps = keys.Number("rms_norm_eps") ?? d.RmsNormEps,
            HiddenAct = keys.Text("hidden_act") ?? d.HiddenAct,
        };
        config = RopeJson.Read(config, keys, RopeByLayer);
        if (!MayRotatePartly && config.PartialRotaryFactor != 1) keys.Faults.Add($"partial_rotary_factor is {config.PartialRotaryFactor}, which is not supported (expected 1)");
        return config;
    }

    /// <summary>Whether the layers that slide have rotary frequencies of their own.</summary>
    protected virtual bool RopeByLayer => false;

    /// <summary>Whether partial_rotary_factor may be below 1.</summary>
    protected virtual bool MayRotatePartly => false;

    /// <summary>The keys that every family has.</summary>
    protected ModelConfig Shared(ConfigKeys keys)
    {
        var d = Defaults;
        return d with
        {
            VocabSize = keys.Size("vocab_size"),
            TieWordEmbeddings = keys.Flag("tie_word_embeddings") ?? d.TieWordEmbeddings,
            BosTokenId = keys.Int("bos_token_id", d.BosTokenId),
            EosTokenIds = keys.Has("eos_token_id") ? keys.Ids("eos_token_id") : d.EosTokenIds,
            PadTokenId = keys.Int("pad_token_id", d.PadTokenId),
        };
    }

    /// <summary>attention_bias on all four projections.</summary>
    protected static ModelConfig WithAttentionBias(ModelConfig config, ConfigKeys keys)
    {
        bool bias = keys.Flag("attention_bias") ?? false;
        return config with { AttentionBias = bias, AttentionOutputBias = bias };
    }

    /// <summary>use_sliding_window and layer_types, as Qwen and SmolLM3 have them.</summary>
    protected static ModelConfig WithWindowSwitch(ModelConfig config, ConfigKeys keys, int? defaultWindow, Func<int, bool> slidesByDefault)
    {
        bool use = keys.Flag("use_sliding_window") ?? false;
        int? window = keys.Int("sliding_window", defaultWindow);
        var layers = keys.SlidingLayers();
        if (!use || window is null)
        {
            if (layers?.Contains(true) == true) keys.Faults.Add("layer_types names sliding_attention, but use_sliding_window and sliding_window do not ask for it");
            return config;
        }
        return config with { SlidingWindow = window, SlidingLayers = layers ?? [.. Enumerable.Range(0, config.NumHiddenLayers).Select(slidesByDefault)] };
    }

    /// <summary>Writes the family's keys.</summary>
    public virtual void Write(ModelConfig c, JsonObject o)
    {
        o["hidden_size"] = c.HiddenSize;
        o["intermediate_size"] = c.IntermediateSize;
        o["num_hidden_layers"] = c.NumHiddenLayers;
        o["num_attention_heads"] = c.NumAttentionHeads;
        o["num_key_value_heads"] = c.NumKeyValueHeads;
        o["head_dim"] = c.HeadDim;
        o["hidden_act"] = c.HiddenAct;
        o["max_position_embeddings"] = c.MaxPositionEmbeddings;
        o["rms_norm_eps"] = c.RmsNormEps;
        o["attention_bias"] = c.AttentionBias;
        o["attention_dropout"] = 0.0;
        RopeJson.Write(c, o);
    }

    protected static void WriteWindow(ModelConfig c, JsonObject o)
    {
        o["use_sliding_window"] = c.SlidingWindow is not null;
        o["sliding_window"] = c.SlidingWindow;
        WriteLayerTypes(c, o);
    }

    protected static void WriteLayerTypes(ModelConfig c, JsonObject o) =>
        o["layer_types"] = new JsonArray([.. Enumerable.Range(0, c.NumHiddenLayers).Select(i => (JsonNode)(c.Slides(i) ? "sliding_attention" : "full_attention"))]);

    /// <summary>Hugging Face's name of a weight that all families share under Llama's name.</summary>
    public virtual string WeightName(string own) => own;

    /// <summary>The name that <see cref="WeightName"/> gives, for a name that an older or a headless checkpoint uses.</summary>
    public virtual string StoredName(string name) => name;

    /// <summary>What old checkpoints carry although it follows from the configuration.</summary>
    public virtual bool IsNoWeight(string name) => name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal);
}
