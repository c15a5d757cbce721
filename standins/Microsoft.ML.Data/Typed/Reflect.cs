using System.Reflection;
using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Data;

/// <summary>Calls a generic method for a type that is known at run time only.</summary>
internal static class Reflect
{
    private const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.FlattenHierarchy;

    public static object Call(object target, string method, Type typeArgument, params object[] args) => Call(target.GetType(), target, method, typeArgument, args);

    public static object CallStatic(Type owner, string method, Type typeArgument, params object[] args) => Call(owner, null, method, typeArgument, args);

    private static object Call(Type owner, object target, string method, Type typeArgument, object[] args)
    {
        for (var type = owner; type != null; type = type.BaseType)
            if (type.GetMethods(Any).FirstOrDefault(m => m.Name == method && m.IsGenericMethodDefinition && m.GetGenericArguments().Length == 1 && m.GetParameters().Length == args.Length) is { } found)
            {
                try
                {
                    return found.MakeGenericMethod(typeArgument).Invoke(target, args);
                }
                catch (TargetInvocationException ex) when (ex.InnerException != null)
                {
                    ExceptionDispatchInfo.Throw(ex.InnerException);
                }
            }
        throw new MissingMethodException(owner.FullName, method);
    }
}
