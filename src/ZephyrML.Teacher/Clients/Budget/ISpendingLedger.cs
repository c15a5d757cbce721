namespace ZephyrML.Teacher;

/// <summary>What was spent, and what the calls under way may yet cost. Safe for use by several threads.</summary>
internal interface ISpendingLedger : IDisposable
{
    /// <summary>Reserves an amount if it fits the limits; null where it does not.</summary>
    /// <param name="amount">The estimate of a call.</param>
    /// <param name="limits">What spent and reserved amounts together must not pass.</param>
    /// <param name="now">What is spent and reserved, without this amount.</param>
    long? TryReserve(Amount amount, BudgetOptions limits, out Purse now);

    /// <summary>Ends a reservation; what the call cost is spent.</summary>
    void Settle(long reservation, Amount cost);

    /// <summary>What is spent and reserved.</summary>
    Purse Read();
}

/// <summary>What is spent, what is reserved, and by how many calls.</summary>
internal readonly record struct Purse(Amount Spent, Amount Reserved, int Open)
{
    public bool Fits(Amount more, BudgetOptions limits)
    {
        var all = Spent + Reserved + more;
        return (limits.MaxCost is not { } cost || all.Cost <= cost) && (limits.MaxTokens is not { } tokens || all.Tokens <= tokens);
    }
}
