namespace ZephyrML.Teacher.Tests;

internal static class Enumerations
{
    public static async Task<List<T>> TakeToListAsync<T>(this IAsyncEnumerable<T> source, int count)
    {
        var list = new List<T>();
        await foreach (var item in source)
        {
            list.Add(item);
            if (list.Count == count)
                break;
        }
        return list;
    }
}
