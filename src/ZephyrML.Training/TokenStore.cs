namespace ZephyrML.Training;

/// <summary>Makes and opens stores of token rows on disk.</summary>
public static class TokenStore
{
    /// <summary>A new store of dSFT rows.</summary>
    /// <param name="path">The file to write; it appears when <see cref="TokenStore{TRow}.Complete"/> is called. Null: a temporary file that Dispose deletes.</param>
    /// <exception cref="IOException">There is such a file already.</exception>
    public static TokenStore<SftRow> ForSft(string? path = null) => TokenStore<SftRow>.Create(new SftRowCodec(), path);

    /// <summary>A new store of preference rows.</summary>
    /// <param name="path">The file to write; it appears when <see cref="TokenStore{TRow}.Complete"/> is called. Null: a temporary file that Dispose deletes.</param>
    /// <exception cref="IOException">There is such a file already.</exception>
    public static TokenStore<PreferenceRow> ForPreferences(string? path = null) => TokenStore<PreferenceRow>.Create(new PreferenceRowCodec(), path);

    /// <summary>Opens a complete store of dSFT rows.</summary>
    /// <exception cref="InvalidDataException">The file is no such store, or not whole.</exception>
    public static TokenStore<SftRow> OpenSft(string path) => TokenStore<SftRow>.Open(new SftRowCodec(), path);

    /// <summary>Opens a complete store of preference rows.</summary>
    /// <exception cref="InvalidDataException">The file is no such store, or not whole.</exception>
    public static TokenStore<PreferenceRow> OpenPreferences(string path) => TokenStore<PreferenceRow>.Open(new PreferenceRowCodec(), path);
}
