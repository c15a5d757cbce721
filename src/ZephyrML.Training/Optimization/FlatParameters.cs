namespace ZephyrML.Training;

/// <summary>All trainable weights in one buffer.</summary>
internal sealed class FlatParameters
{
}
