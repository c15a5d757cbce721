using System.Text.Json;
using System.Text.Json.Serialization;
using ZephyrML.ModelZip;

namespace ZephyrML.Transforms;

/// <summary>Options in a zip's header, as JSON. They hold no client, key or endpoint.</summary>
internal static class ZipJson
{
    private static readonly JsonSerializerOptions Json = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = { new JsonStringEnumConverter() } };

    public static void Write<T>(BinaryWriter header, T value) => header.Write(JsonSerializer.Serialize(value, Json));

    public static T Read<T>(ZipPart part, string what)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(part.Header.ReadString(), Json) ?? throw new InvalidDataException($"The {what} in the model zip are empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The {what} in the model zip cannot be read: {e.Message}", e);
        }
    }
}
