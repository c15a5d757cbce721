namespace ZephyrML.Teacher;

/// <summary>What happens where several answers share the highest score.</summary>
public enum EqualBest
{
    /// <summary>The first of them is chosen; the others are not rejected for it, since a pair never has equal scores.</summary>
    First,

    /// <summary>The row gives no pair.</summary>
    Drop,
}
