using System.Globalization;

namespace ZephyrML.Teacher;

/// <summary>
/// What a judge's scores look like over many rows: how many pairs came out, what could not be read, whether length or place sways the judge, and whether its aspects and its
/// two looks at the same answers agree. Rows are added one by one, by any thread.
/// </summary>
public sealed class FeedbackStatistics
{
    private readonly Lock _lock = new();
    private readonly Dictionary<PairOutcome, int> _outcomes = [];
    private readonly List<(double Sum, int Count)> _places = [];
    private readonly PairCounts _length = new(), _swaps = new(), _aspects = new(), _overall = new();
    private double _covariance, _scoreVariance, _lengthVariance;

    /// <summary>Rows that were added.</summary>
    public int Rows { get; private set; }

    /// <summary>Rows for which a judge was asked; the others had their scores, or too few answers.</summary>
    public int Judged { get; private set; }

    /// <summary>Rows that failed and were skipped.</summary>
    public int Failed { get; private set; }

    /// <summary>Rows with a pair.</summary>
    public int Paired => Outcome(PairOutcome.Paired);

    /// <summary>Rows whose scores are all equal, or whose best is shared where that is dropped.</summary>
    public int Ties => Outcome(PairOutcome.Tie);

    /// <summary>Rows in which no score is far enough below the best.</summary>
    public int GapTooSmall => Outcome(PairOutcome.GapTooSmall);

    /// <summary>Rows with fewer than two scores.</summary>
    public int NoScore => Outcome(PairOutcome.NoScore);

    /// <summary>Rows in which several answers share the highest score.</summary>
    public int SharedBest { get; private set; }

    /// <summary>Answers without a score.</summary>
    public int MissingScores { get; private set; }

    /// <summary>Replies and critiques that the judge gave.</summary>
    public int Replies { get; private set; }

    /// <summary>Those among them that could not be read, or not whole.</summary>
    public int Unread { get; private set; }

    /// <summary>The correlation (Pearson) of score and length in characters within rows: both less their row's mean. Above 0, the judge likes longer answers; NaN where there is nothing to compare.</summary>
    public double LengthCorrelation { get { lock (_lock) return _covariance / Math.Sqrt(_scoreVariance * _lengthVariance); } }

    /// <summary>How often the longer of two answers of a row has the higher score, among all with different lengths and scores; NaN where there are none.</summary>
    public double LongerWins { get { lock (_lock) return _length.Share; } }

    /// <summary>The mean rating at each place in which answers were shown, the first one first: even where the place does not matter, since the order is shuffled.</summary>
    public IReadOnlyList<double> MeanRatingByPlace { get { lock (_lock) return [.. _places.Select(p => p.Sum / p.Count)]; } }

    /// <summary>
    /// How often two answers stand in the same order whichever way round they are shown (<see cref="UltraFeedbackJudgeOptions.SwapOrders"/>), among all that have different ratings in
    /// both; NaN where there are none.
    /// </summary>
    public double SwapAgreement { get { lock (_lock) return _swaps.Share; } }

    /// <summary>How many pairs of answers <see cref="SwapAgreement"/> is taken over.</summary>
    public int SwapPairs { get { lock (_lock) return _swaps.Count; } }

    /// <summary>How often two aspects put two answers into the same order, among all that have different ratings in both; NaN where there are none.</summary>
    public double AspectAgreement { get { lock (_lock) return _aspects.Share; } }

    /// <summary>How often the mean of the aspects and the critique's overall score put two answers into the same order, among all that differ in both; NaN where there are none.</summary>
    public double OverallAgreement { get { lock (_lock) return _overall.Share; } }

    /// <summary>Adds a row.</summary>
    /// <param name="candidates">The answers.</param>
    /// <param name="scores">Their scores; NaN is missing.</param>
    /// <param name="outcome">What became of them.</param>
    /// <param name="judgement">What the judge said; null where none was asked.</param>
    /// <exception cref="ArgumentException">There are more scores than answers, or fewer.</exception>
    public void Add(IReadOnlyList<string> candidates, IReadOnlyList<float> scores, PairOutcome outcome, Judgement? judgement = null)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentNullException.ThrowIfNull(scores);
        if (candidates.Count != scores.Count)
            throw new ArgumentException($"There are {scores.Count} scores for {candidates.Count} answers.", nameof(scores));
        lock (_lock)
        {
            Rows++;
            _outcomes[outcome] = _outcomes.GetValueOrDefault(outcome) + 1;
            var scored = Enumerable.Range(0, scores.Count).Where(i => !float.IsNaN(scores[i])).ToList();
            MissingScores += scores.Count - scored.Count;
            if (scored.Count > 1)
            {
                var best = scored.Max(i => scores[i]);
                SharedBest += scored.Count(i => scores[i] == best) > 1 ? 1 : 0;
                Length(candidates, scores, scored);
            }
            if (judgement is not null)
                Add(judgement);
        }
    }

    /// <summary>Adds a row that failed.</summary>
    public void AddFailure()
    {
        lock (_lock)
        {
            Rows++;
            Failed++;
        }
    }

    /// <summary>One line with all counts, and what could be computed.</summary>
    public override string ToString()
    {
        lock (_lock)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"{Rows} rows, {Judged} judged: {Paired} paired, {Ties} ties, {GapTooSmall} with too small a gap, {NoScore} without scores, {Failed} failed; best shared in {SharedBest}; {MissingScores} scores missing");
            if (Replies > 0)
                text += string.Create(CultureInfo.InvariantCulture, $"; {Unread} of {Replies} replies unread");
            foreach (var (name, value) in ((string, double)[])[("length correlation", LengthCorrelation), ("longer wins", LongerWins), ("same order when swapped", SwapAgreement), ("aspects agree", AspectAgreement), ("overall score agrees", OverallAgreement)])
            {
                if (!double.IsNaN(value))
                    text += string.Create(CultureInfo.InvariantCulture, $"; {name} {value:0.000}");
            }
            return text;
        }
    }

    private int Outcome(PairOutcome outcome)
    {
        lock (_lock)
            return _outcomes.GetValueOrDefault(outcome);
    }

    private void Length(IReadOnlyList<string> candidates, IReadOnlyList<float> scores, List<int> scored)
    {
        var (score, length) = (scored.Average(i => (double)scores[i]), scored.Average(i => (double)candidates[i].Length));
        foreach (var i in scored)
        {
            _covariance += (scores[i] - score) * (candidates[i].Length - length);
            _scoreVariance += (scores[i] - score) * (scores[i] - score);
            _lengthVariance += (candidates[i].Length - length) * (candidates[i].Length - length);
        }
        _length.Compare([.. scored.Select(i => (float)candidates[i].Length)], [.. scored.Select(i => scores[i])]);
    }

    private void Add(Judgement judgement)
    {
        Judged++;
        Replies += judgement.Replies.Count + judgement.Critiques.Count;
        Unread += judgement.Replies.Count(r => !r.IsComplete) + judgement.Critiques.Count(c => float.IsNaN(c.Score));
        foreach (var reply in judgement.Replies)
        {
            for (var place = 0; place < reply.Order.Count; place++)
            {
                while (_places.Count <= place)
                    _places.Add(default);
                if (reply.Ratings[reply.Order[place]] is var rating && !float.IsNaN(rating))
                    _places[place] = (_places[place].Sum + rating, _places[place].Count + 1);
            }
        }
        foreach (var aspect in judgement.Replies.GroupBy(r => r.Aspect))
        {
            if (aspect.LastOrDefault(r => r.IsSwapped) is { } swapped && aspect.LastOrDefault(r => !r.IsSwapped) is { } straight)
                _swaps.Compare(straight.Ratings, swapped.Ratings);
        }
        var ratings = judgement.Ratings.Values.ToList();
        for (var a = 0; a < ratings.Count; a++)
        {
            for (var b = a + 1; b < ratings.Count; b++)
                _aspects.Compare(ratings[a], ratings[b]);
        }
        if (judgement.Overall.Count > 0 && ratings.Count > 0)
            _overall.Compare([.. Enumerable.Range(0, judgement.Overall.Count).Select(i => ratings.Average(r => r[i]))], judgement.Overall);
    }

    /// <summary>Counts pairs of answers on whose order two lists of numbers agree; equal and missing numbers say nothing.</summary>
    private sealed class PairCounts
    {
        private int _same;

        public int Count { get; private set; }

        public double Share => Count == 0 ? double.NaN : (double)_same / Count;

        public void Compare(IReadOnlyList<float> a, IReadOnlyList<float> b)
        {
            for (var i = 0; i < a.Count; i++)
            {
                for (var j = i + 1; j < a.Count; j++)
                {
                    var (x, y) = (a[i].CompareTo(a[j]), b[i].CompareTo(b[j]));
                    if (x == 0 || y == 0 || float.IsNaN(a[i]) || float.IsNaN(a[j]) || float.IsNaN(b[i]) || float.IsNaN(b[j]))
                        continue;
                    Count++;
                    _same += x == y ? 1 : 0;
                }
            }
        }
    }
}
