using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>
/// Rows out of a sliding pool, each drawn at random among those in it, and the source shuffled too where it can and is to be;
/// without being asked to shuffle the order is fixed by the seed. A cursor reads ahead: pool and three blocks of 16 rows when it is made, a block more whenever one is used up.
/// </summary>
internal sealed class ShuffleView : IDataView
{
    private const int BlockRows = 16, BlocksAhead = 3;
    private readonly IDataView _source;
    private readonly int _poolRows, _seed;
    private readonly bool _shuffleSource;

    public ShuffleView(IHostEnvironment env, IDataView input, int? seed, int poolRows, bool shuffleSource)
    {
        var host = env.Register("Shuffle");             // every component registers, since each registration moves the seeds of later ones
        _source = HoldableColumns.Of(input);
        _poolRows = poolRows;
        _shuffleSource = shuffleSource;
        _seed = seed ?? ((TauswortheRandom)host.Rand).NextSigned();
    }

    public bool CanShuffle => true;

    public DataViewSchema Schema => _source.Schema;

    public long? GetRowCount() => _source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var own = rand ?? TauswortheRandom.Create(_seed);
        var input = _source.GetRowCursor(columnsNeeded, _shuffleSource ? new TauswortheRandom(own) : null);
        return _poolRows == 1 ? input : new Cursor(input, own, _poolRows);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly DataViewRowCursor _input;
        private readonly Random _rand;
        private readonly int _poolRows;
        private readonly Dictionary<int, ColumnBuffer> _columns = [];
        private readonly ColumnBuffer _ids;
        private readonly int[] _slots;              // a ring; from _head, _live of them hold rows
        private int _head, _live, _read, _used, _current = -1;
        private bool _sourceEnded, _ended;
        private Exception _failure;
        private long _position = -1;

        public Cursor(DataViewRowCursor input, Random rand, int poolRows)
        {
            (_input, _rand, _poolRows) = (input, rand, poolRows);
            _slots = [.. Enumerable.Range(0, poolRows - 1 + BlocksAhead * BlockRows)];
            foreach (var column in input.Schema.Where(input.IsColumnActive))
                _columns[column.Index] = ColumnBuffer.Create(input, column);
            _ids = new ColumnBuffer<DataViewRowId>(input.GetIdGetter());
            ReadAhead(_slots.Length);
        }

        public override long Position => _position;

        public override long Batch => 0;

        public override DataViewSchema Schema => _input.Schema;

        private int Current => _position >= 0 ? _current : throw Contracts.Except(RowChecks.NoValuesNow);

        public override bool MoveNext()
        {
            if (_ended)
                return false;
            if (_used == BlockRows)
            {
                ReadAhead(BlockRows);
                _used = 0;
            }
            if (_live == 0)
            {
                Dispose();
                return _failure == null ? false : throw Contracts.Except("Shuffle input cursor reader failed with an exception", _failure);
            }
            int pick = (_rand.Next(Math.Min(_live, _poolRows)) + _head) % _slots.Length;
            (_slots[pick], _slots[_head]) = (_slots[_head], _slots[pick]);
            _current = _slots[_head];
            _position++;
            _head = (_head + 1) % _slots.Length;
            _live--;
            _used++;
            return true;
        }

        public override bool IsColumnActive(DataViewSchema.Column column) => _columns.ContainsKey(column.Index);

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ValueGetter<DataViewRowId>)_ids.Getter(() => Current);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Contracts.CheckParam(IsColumnActive(column), nameof(column), "requested column not active");
            return RowChecks.Cast<TValue>(_columns[column.Index].Getter(() => Current), column);
        }

        protected override void Dispose(bool disposing)
        {
            _ended = true;
            _position = -1;
            if (disposing)
                _input.Dispose();
            base.Dispose(disposing);
        }

        private void ReadAhead(int rows)
        {
            try
            {
                for (; rows > 0 && !_sourceEnded; rows--)
                {
                    _sourceEnded = !_input.MoveNext();
                    if (_sourceEnded)
                        break;
                    int slot = _slots[_read];
                    foreach (var column in _columns.Values)
                        column.Fill(slot);
                    _ids.Fill(slot);
                    _read = (_read + 1) % _slots.Length;
                    _live++;
                }
            }
            catch (Exception ex)
            {
                _sourceEnded = true;
                _failure = ex;                      // the rows before it come first
            }
        }
    }
}
