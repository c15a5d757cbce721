using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("ZephyrML.Tokenizers.Tests")]
[assembly: InternalsVisibleTo("ZephyrML.Parity")]
