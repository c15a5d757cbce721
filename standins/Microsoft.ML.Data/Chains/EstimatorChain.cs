using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Estimators one after another, each fitted on what the ones before it make of the data.</summary>
public sealed class EstimatorChain<TLastTransformer> : IEstimator<TransformerChain<TLastTransformer>>
    where TLastTransformer : class, ITransformer
{
    private readonly IHost _cacheHost;          // there where any step is followed by a cache
    private readonly (IEstimator<ITransformer> Estimator, TransformerScope Scope, bool CacheAfter)[] _steps;

    public readonly IEstimator<TLastTransformer> LastEstimator;

    public EstimatorChain() : this(null, []) { }

    internal EstimatorChain(IHostEnvironment env, (IEstimator<ITransformer> Estimator, TransformerScope Scope, bool CacheAfter)[] steps)
    {
        _cacheHost = env?.Register("EstimatorChain");
        _steps = steps;
        LastEstimator = steps.LastOrDefault().Estimator as IEstimator<TLastTransformer>;
    }

    public TransformerChain<TLastTransformer> Fit(IDataView input)
    {
        GetOutputSchema(SchemaShape.Create(input.Schema));          // a mismatch anywhere shows before anything is fitted
        var transformers = new ITransformer[_steps.Length];
        for (int i = 0; i < _steps.Length; i++)
        {
            transformers[i] = _steps[i].Estimator.Fit(input);
            input = transformers[i].Transform(input);
            if (_steps[i].CacheAfter && i < _steps.Length - 1)
                input = new CacheView(_cacheHost, input, null);
        }
        return new(transformers, _steps.Select(s => s.Scope));
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => _steps.Aggregate(inputSchema, (shape, step) => step.Estimator.GetOutputSchema(shape));

    public EstimatorChain<TNewTrans> Append<TNewTrans>(IEstimator<TNewTrans> estimator, TransformerScope scope = TransformerScope.Everything)
        where TNewTrans : class, ITransformer
    {
        Contracts.CheckValue(estimator, nameof(estimator));
        return new(_cacheHost, [.. _steps, ((IEstimator<ITransformer>)estimator, scope, false)]);
    }

    public EstimatorChain<TLastTransformer> AppendCacheCheckpoint(IHostEnvironment env)
    {
        Contracts.CheckValue(env, nameof(env));
        if (_steps.Length == 0)
            throw new InvalidOperationException("Current estimator chain has no estimator, can't append cache checkpoint.");
        var (estimator, scope, cached) = _steps[^1];
        return cached ? this : new(env, [.. _steps[..^1], (estimator, scope, true)]);
    }
}
