// libtorch uses all cores by itself, and the tests count live tensors.
[assembly: DoNotParallelize]
