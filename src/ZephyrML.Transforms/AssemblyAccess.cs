using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("ZephyrML.Estimators")]
[assembly: InternalsVisibleTo("ZephyrML.Transforms.Tests")]
[assembly: InternalsVisibleTo("ZephyrML.Estimators.Tests")]
