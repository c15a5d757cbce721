using System.Reflection;

namespace Microsoft.ML.Runtime;

/// <summary>How to make one loadable class: its constructor, or its loader's static Create; the more public one where both are there.</summary>
internal sealed class LoadableClass
{
    private readonly MethodBase _maker;
    private readonly bool _wantsEnvironment;

    private LoadableClass(Type type, MethodBase maker, bool wantsEnvironment) => (Type, _maker, _wantsEnvironment) = (type, maker, wantsEnvironment);

    public Type Type { get; }

    public static LoadableClass Find(LoadableClassAttributeBase attribute)
    {
        Type[] plain = attribute.CtorTypes, withEnv = [typeof(IHostEnvironment), .. attribute.CtorTypes];
        MethodBase constructor = attribute.InstanceType.IsAssignableFrom(attribute.LoaderType)
            ? Constructor(attribute.LoaderType, plain) ?? Constructor(attribute.LoaderType, withEnv) : null;
        MethodBase create = CreateMethod(attribute, plain) ?? CreateMethod(attribute, withEnv);
        if (constructor != null && create != null && Access(constructor) == Access(create))
            throw Contracts.Except($"Can't load type {attribute.InstanceType}, because it has both create and constructor methods with the same visibility. Please indicate which one should be used by changing either the signature or the visibility of one of them.");
        var maker = create == null || constructor != null && Access(constructor) > Access(create) ? constructor : create;
        return maker == null ? null : new(attribute.InstanceType, maker, maker.GetParameters().Length == withEnv.Length);
    }

    public object Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        object[] args = _wantsEnvironment ? [env, ctx] : [ctx];
        try
        {
            return _maker is ConstructorInfo constructor ? constructor.Invoke(args) : _maker.Invoke(null, args);
        }
        catch (TargetInvocationException ex) when (ex.InnerException != null && ex.InnerException.IsMarked())
        {
            throw Contracts.Except("Error during class instantiation", ex);
        }
    }

    private static ConstructorInfo Constructor(Type type, Type[] parameters)
        => type.GetConstructor(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, parameters);

    private static MethodInfo CreateMethod(LoadableClassAttributeBase attribute, Type[] parameters)
    {
        var method = attribute.LoaderType.GetMethod("Create", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic, parameters);
        return method?.ReturnType == attribute.InstanceType ? method : null;
    }

    private static int Access(MethodBase method) => method.IsPublic ? 3 : method.IsAssembly || method.IsFamilyOrAssembly ? 2 : method.IsPrivate ? 0 : 1;
}
