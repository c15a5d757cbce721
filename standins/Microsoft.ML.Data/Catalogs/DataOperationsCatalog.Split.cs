using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

namespace Microsoft.ML;

public sealed partial class DataOperationsCatalog
{
    public TrainTestData TrainTestSplit(IDataView data, double testFraction = 0.1, string samplingKeyColumnName = null, int? seed = null)
    {
        Contracts.CheckValue(data, nameof(data));
        Contracts.CheckParam(0 < testFraction && testFraction < 1, nameof(testFraction), "Must be between 0 and 1 exclusive");
        string column = AddSplitColumn(ref data, samplingKeyColumnName, seed);
        return Split(data, column, 0, testFraction, includeMax: false);
    }

    public IReadOnlyList<TrainTestData> CrossValidationSplit(IDataView data, int numberOfFolds = 5, string samplingKeyColumnName = null, int? seed = null)
    {
        Contracts.CheckValue(data, nameof(data));
        Contracts.CheckParam(numberOfFolds > 1, nameof(numberOfFolds), "Must be more than 1");
        string column = AddSplitColumn(ref data, samplingKeyColumnName, seed);
        return [.. Enumerable.Range(0, numberOfFolds)
            .Select(fold => Split(data, column, (double)fold / numberOfFolds, (double)(fold + 1) / numberOfFolds, includeMax: true))];
    }

    public IDataView FilterRowsByColumn(IDataView input, string columnName, double lowerBound = double.NegativeInfinity, double upperBound = double.PositiveInfinity)
    {
        Contracts.CheckValue(input, nameof(input));
        Contracts.CheckNonEmpty(columnName, nameof(columnName));
        Contracts.CheckParam(lowerBound < upperBound, nameof(upperBound), "Must be less than lowerBound");
        var type = input.Schema[columnName].Type;
        if (type is not NumberDataViewType)
            throw _env.ExceptSchemaMismatch(nameof(columnName), "filter", columnName, "number", type.ToString());
        return new RangeFilterView(_env, input, columnName, lowerBound, upperBound, complement: false, includeMax: false);
    }

    private TrainTestData Split(IDataView data, string column, double min, double max, bool includeMax)
    {
        IDataView Part(bool train) => ColumnSelectingTransformer.Drop(_env, new RangeFilterView(_env, data, column, min, max, train, includeMax), column);
        return new(Part(train: true), Part(train: false));
    }

    private string AddSplitColumn(ref IDataView data, string samplingKey, int? seed)
    {
        var schema = data.Schema;
        string name = schema.GetColumnOrNull("SplitColumn") == null ? "SplitColumn"
            : Enumerable.Range(0, int.MaxValue).Select(i => $"temp_SplitColumn_{i:000}").First(n => schema.GetColumnOrNull(n) == null);
        seed ??= ((IHostEnvironmentInternal)_env).Seed;
        if (samplingKey != null)
            data = SamplingKey.AddColumn(_env, data, name, samplingKey, seed);
        else
        {
            _env.Register("GenerateNumber");
            data = new RandomNumberView(data, name, (uint)(seed ?? 42));
        }
        return name;
    }

    /// <summary>The two parts of a split: lazy views on the data.</summary>
    public struct TrainTestData
    {
        public readonly IDataView TrainSet;

        public readonly IDataView TestSet;

        internal TrainTestData(IDataView trainSet, IDataView testSet) => (TrainSet, TestSet) = (trainSet, testSet);
    }
}
