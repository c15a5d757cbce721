// The native side of the TorchSharp stand-in: a small C surface over libtorch's dispatcher.
// Any ATen operator is found once by its schema name and called boxed; the rest is handles, autograd and generators.
// Compiles against libtorch 1.13 to 2.13. It leaves out the umbrella header on purpose: that one alone takes a minute.
#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/cuda.h>
#include <torch/version.h>
#if TORCH_VERSION_MAJOR >= 2
#include <torch/custom_class.h>                             // where a custom function's state comes from there
#endif
#include <sstream>

#define API extern "C" __attribute__((visibility("default")))
using c10::IValue;

enum Tag : int32_t { NONE = 0, TENSOR = 1, INT = 2, DOUBLE = 3, BOOL = 4, STRING = 5, INTLIST = 6, TENSORLIST = 7,
                     DEFAULT = 8, DOUBLELIST = 9, DEVICE = 11, GENERATOR = 12 };
struct Val { int32_t tag; int32_t aux; union { int64_t i; double d; const void* p; } v; };   // 16 bytes, as in Val.cs
typedef c10::TensorImpl* H;                                  // a tensor handle is an owned reference to the implementation
typedef c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl> Ref;

static thread_local std::string g_err;
#define TRY try {
#define END(result) } catch (const c10::Error& e) { g_err = e.what_without_backtrace(); return result; } \
                    catch (const std::exception& e) { g_err = e.what(); return result; } \
                    catch (...) { g_err = "unknown C++ exception"; return result; }

static inline at::Tensor borrow(H h) { return h ? at::Tensor(Ref::reclaim_copy(h)) : at::Tensor(); }
static inline at::Tensor take(H h) { return h ? at::Tensor(Ref::reclaim(h)) : at::Tensor(); }
static inline H give(at::Tensor t) { return t.defined() ? t.unsafeReleaseTensorImpl() : nullptr; }
static std::vector<at::Tensor> list(const H* h, int n) {
  std::vector<at::Tensor> l;
  l.reserve(n);
  for (int i = 0; i < n; i++) l.push_back(borrow(h[i]));
  return l;
}

// ---- operators ---------------------------------------------------------------------------------------------------
enum Kind : uint8_t { K_OTHER, K_TENSOR, K_FLOAT, K_BOOL, K_INTLIST, K_FLOATLIST, K_OPTTENSORLIST };
struct Arg { Kind kind; bool optional; bool hasDefault; IValue value; };
struct Op { c10::OperatorHandle handle; std::vector<Arg> args; std::string text; };

static Kind kindOf(c10::TypePtr t, bool* optional) {
  if (t->kind() == c10::TypeKind::OptionalType) { *optional = true; t = t->castRaw<c10::OptionalType>()->getElementType(); }
  switch (t->kind()) {
    case c10::TypeKind::TensorType: return K_TENSOR;
    case c10::TypeKind::FloatType: return K_FLOAT;
    case c10::TypeKind::BoolType: return K_BOOL;
    case c10::TypeKind::ListType:
      switch (t->castRaw<c10::ListType>()->getElementType()->kind()) {
        case c10::TypeKind::IntType: case c10::TypeKind::SymIntType: return K_INTLIST;
        case c10::TypeKind::FloatType: return K_FLOATLIST;
        case c10::TypeKind::OptionalType: return K_OPTTENSORLIST;
        default: return K_OTHER;
      }
    default: return K_OTHER;                                 // numbers, and what the schema shows as int (dtype, layout, ...)
  }
}

API const char* at_last_error() { return g_err.c_str(); }
API void at_set_error(const char* s) { g_err = s; }
API const char* at_version() { return TORCH_VERSION; }
API void at_free_mem(void* p) { free(p); }

API Op* at_find_op(const char* name, const char* overload) {
  TRY
  auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
  auto* op = new Op{handle, {}, {}};
  for (const auto& a : handle.schema().arguments()) {
    Arg x{K_OTHER, false, false, IValue()};
    x.kind = kindOf(a.type(), &x.optional);
    if (a.default_value()) { x.hasDefault = true; x.value = *a.default_value(); }
    op->args.push_back(std::move(x));
  }
  std::ostringstream os;
  os << handle.schema();
  op->text = os.str();
  return op;
  END(nullptr)
}
API const char* at_op_schema(Op* op) { return op->text.c_str(); }

static IValue toIValue(const Arg& a, const Val& v) {
  switch (v.tag) {
    case DEFAULT: TORCH_CHECK(a.hasDefault, "argument has no default in the schema"); return a.value;
    case NONE: return a.kind == K_TENSOR && !a.optional ? IValue(at::Tensor()) : IValue();
    case TENSOR: return !v.v.p && a.optional ? IValue() : IValue(borrow((H)v.v.p));
    case INT:
      if (a.kind == K_FLOAT) return IValue((double)v.v.i);
      if (a.kind == K_INTLIST) return IValue(c10::List<int64_t>({v.v.i}));
      if (a.kind == K_BOOL) return IValue(v.v.i != 0);
      return IValue(v.v.i);
    case DOUBLE: return IValue(v.v.d);
    case BOOL: return IValue(v.v.i != 0);
    case STRING: return IValue(std::string((const char*)v.v.p, v.aux));
    case INTLIST: {
      c10::List<int64_t> l;
      l.reserve(v.aux);
      for (int i = 0; i < v.aux; i++) l.push_back(((const int64_t*)v.v.p)[i]);
      return IValue(std::move(l));
    }
    case DOUBLELIST: {
      c10::List<double> l;
      for (int i = 0; i < v.aux; i++) l.push_back(((const double*)v.v.p)[i]);
      return IValue(std::move(l));
    }
    case TENSORLIST: {
      auto p = (const H*)v.v.p;
      if (a.kind == K_OPTTENSORLIST) {
        c10::List<c10::optional<at::Tensor>> l;
        for (int i = 0; i < v.aux; i++) l.push_back(p[i] ? c10::optional<at::Tensor>(borrow(p[i])) : c10::optional<at::Tensor>());
        return IValue(std::move(l));
      }
      c10::List<at::Tensor> l;
      l.reserve(v.aux);
      for (int i = 0; i < v.aux; i++) l.push_back(borrow(p[i]));
      return IValue(std::move(l));
    }
    case DEVICE: return IValue(c10::Device((c10::DeviceType)v.v.i, (c10::DeviceIndex)v.aux));
    case GENERATOR: return v.v.p ? IValue(*(at::Generator*)v.v.p) : IValue();
  }
  TORCH_CHECK(false, "bad tag ", v.tag);
}

static void fromIValue(IValue&& iv, Val* r) {
  r->aux = 0; r->v.i = 0; r->tag = NONE;
  if (iv.isTensor()) { r->tag = TENSOR; r->v.p = give(std::move(iv).toTensor()); }
  else if (iv.isInt()) { r->tag = INT; r->v.i = iv.toInt(); }
  else if (iv.isDouble()) { r->tag = DOUBLE; r->v.d = iv.toDouble(); }
  else if (iv.isBool()) { r->tag = BOOL; r->v.i = iv.toBool(); }
  else if (iv.isTensorList()) {                              // malloc'ed array of owned handles; the caller frees it
    auto l = iv.toTensorVector();
    r->tag = TENSORLIST; r->aux = (int)l.size();
    H* p = (H*)malloc(sizeof(H) * (l.size() + 1));
    for (size_t i = 0; i < l.size(); i++) p[i] = give(std::move(l[i]));
    r->v.p = p;
  }
  else TORCH_CHECK(iv.isNone(), "unsupported return type ", iv.tagKind());
}

static thread_local torch::jit::Stack g_stack;               // kept between calls; a call inside a call simply gets a fresh one
// Arguments may be fewer than the schema's: the rest are its defaults. Returns the number of results, or -1.
API int at_call(Op* op, const Val* args, int n, Val* rets, int room) {
  TRY
  torch::jit::Stack st;
  st.swap(g_stack);
  st.clear();
  const size_t na = op->args.size();
  TORCH_CHECK((size_t)n <= na, "too many arguments: ", op->text);
  if (st.capacity() < na + 4) st.reserve(na + 16);
  for (int i = 0; i < n; i++) st.push_back(toIValue(op->args[i], args[i]));
  for (size_t i = n; i < na; i++) {
    TORCH_CHECK(op->args[i].hasDefault, "missing argument ", i, " of ", op->text);
    st.push_back(op->args[i].value);
  }
  op->handle.callBoxed(st);
  TORCH_CHECK((int)st.size() <= room, "room for ", room, " results, ", op->text, " gave ", st.size());
  int got = (int)st.size();
  for (int i = 0; i < got; i++) fromIValue(std::move(st[i]), &rets[i]);
  st.clear();
  st.swap(g_stack);
  return got;
  END(-1)
}

// ---- handles -----------------------------------------------------------------------------------------------------
API void at_free(H h) { if (h) Ref::reclaim(h); }
API H at_alias(H h) { return give(borrow(h)); }              // a second handle to the same tensor
API int64_t at_ndim(H h) { return h->dim(); }
API int64_t at_numel(H h) { return h->numel(); }
API void at_sizes(H h, int64_t* out) { auto s = h->sizes(); std::copy(s.begin(), s.end(), out); }
API int at_strides(H h, int64_t* out) { TRY auto s = h->strides(); std::copy(s.begin(), s.end(), out); return 0; END(-1) }
API int64_t at_storage_offset(H h) { TRY return h->storage_offset(); END(-1) }
API int at_is_contiguous(H h) { TRY return h->is_contiguous(); END(-1) }
API int at_is_sparse(H h) { return h->is_sparse(); }
API int at_same(H a, H b) { return a == b; }
API int at_dtype(H h) { return (int)c10::typeMetaToScalarType(h->dtype()); }
API int64_t at_element_size(H h) { return (int64_t)h->dtype().itemsize(); }
API int at_device(H h, int* index) { auto d = h->device(); *index = d.index(); return (int)d.type(); }
API void* at_data_ptr(H h) { TRY return borrow(h).data_ptr(); END(nullptr) }
API H at_from_blob(void* data, const int64_t* sizes, int nd, int dtype) {   // always copies
  TRY
  at::IntArrayRef shape(sizes, nd);
  auto t = at::empty(shape, at::TensorOptions().dtype((at::ScalarType)dtype));
  size_t bytes = (size_t)t.numel() * t.element_size();
  if (bytes) memcpy(t.data_ptr(), data, bytes);
  return give(t);
  END(nullptr)
}
// Shares memory that the caller owns until `release` is called.
API H at_from_shared(void* data, const int64_t* sizes, int nd, int dtype, void (*release)(void*), void* ctx) {
  TRY
  return give(at::from_blob(data, at::IntArrayRef(sizes, nd), [release, ctx](void*) { release(ctx); }, at::TensorOptions().dtype((at::ScalarType)dtype)));
  END(nullptr)
}
API int at_item(H h, double* d, int64_t* i) {
  TRY
  auto s = borrow(h).item();
  if (s.isFloatingPoint()) { *d = s.toDouble(); return 1; }
  *i = s.to<int64_t>();
  return s.isBoolean() ? 3 : 2;
  END(-1)
}

// ---- autograd ----------------------------------------------------------------------------------------------------
API int at_requires_grad(H h) { return h->requires_grad() || borrow(h).requires_grad(); }
API int at_set_requires_grad(H h, int on) { TRY borrow(h).set_requires_grad(on != 0); return 0; END(-1) }
API int at_is_leaf(H h) { TRY return borrow(h).is_leaf(); END(-1) }
API int at_retain_grad(H h) { TRY borrow(h).retain_grad(); return 0; END(-1) }
API H at_grad(H h) { g_err.clear(); TRY auto t = borrow(h); return t.is_leaf() || t.retains_grad() ? give(t.mutable_grad()) : nullptr; END(nullptr) }
API int at_set_grad(H h, H g) { TRY borrow(h).mutable_grad() = borrow(g); return 0; END(-1) }
API int at_backward(const H* ts, int n, const H* gs, int ng, int keep, int create, const H* ins, int nin) {
  TRY torch::autograd::backward(list(ts, n), list(gs, ng), keep != 0, create != 0, list(ins, nin)); return 0; END(-1)
}
API int at_autograd_grad(const H* outs, int n, const H* gs, int ng, const H* ins, int nin, int keep, int create, int allowUnused, H* res) {
  TRY
  auto r = torch::autograd::grad(list(outs, n), list(ins, nin), list(gs, ng), keep != 0, create != 0, allowUnused != 0);
  for (int i = 0; i < nin; i++) res[i] = give(r[i]);
  return 0;
  END(-1)
}
API int at_grad_mode() { return at::GradMode::is_enabled(); }
API int at_set_grad_mode(int on) { bool was = at::GradMode::is_enabled(); at::GradMode::set_enabled(on != 0); return was; }
API int at_inference_mode() { return c10::InferenceMode::is_enabled(); }
API void* at_inference_begin(int on) { TRY return new c10::InferenceMode(on != 0); END(nullptr) }
API void at_inference_end(void* g) { delete (c10::InferenceMode*)g; }

// A custom function: its forward has already run in C#, with grad mode off; its backward is a callback that takes borrowed
// handles and writes owned ones (or null). Function<T> is public and alike in every libtorch; deriving from Node is not.
typedef int (*BackwardCallback)(void* ctx, const H* grads, int n, const H* saved, int nsaved, H* out, int nout);
typedef void (*FreeCallback)(void* ctx);
typedef torch::autograd::variable_list List;
struct Callback : torch::CustomClassHolder {                 // lives as long as the graph node
  BackwardCallback run; FreeCallback release = nullptr; void* ctx; std::string name;
  List nonDifferentiable, dirty; bool materialize = true;
  ~Callback() override { if (release) release(ctx); }
};
struct CallbackFunction : torch::autograd::Function<CallbackFunction> {
  template <class... Ins>                                    // the inputs come one by one: a list among the arguments is not looked into
  static List forward(torch::autograd::AutogradContext* ctx, c10::intrusive_ptr<Callback> state, List outs, List saved, Ins...) {
    ctx->save_for_backward(saved);
    if (!state->nonDifferentiable.empty()) ctx->mark_non_differentiable(state->nonDifferentiable);
    if (!state->dirty.empty()) ctx->mark_dirty(state->dirty);
    ctx->set_materialize_grads(state->materialize);
    state->nonDifferentiable.clear();
    state->dirty.clear();
    ctx->saved_data["state"] = IValue::make_capsule(state);
    ctx->saved_data["n"] = (int64_t)sizeof...(Ins);
    return outs;
  }
  static List backward(torch::autograd::AutogradContext* ctx, List grads) {
    auto capsule = ctx->saved_data["state"].toCapsule();
    auto state = c10::static_intrusive_pointer_cast<Callback>(capsule);
    auto saved = ctx->get_saved_variables();
    size_t n = ctx->saved_data["n"].toInt();
    std::vector<H> gh, sh, out(n, nullptr);
    for (auto& g : grads) gh.push_back(g.defined() ? g.unsafeGetTensorImpl() : nullptr);
    for (auto& t : saved) sh.push_back(t.defined() ? t.unsafeGetTensorImpl() : nullptr);
    int rc = state->run(state->ctx, gh.data(), (int)gh.size(), sh.data(), (int)sh.size(), out.data(), (int)n);
    List res(3);                                             // state, outs and saved have no gradient
    for (H h : out) res.push_back(take(h));
    if (rc != 0) throw std::runtime_error(state->name + ": " + g_err);
    return res;
  }
  template <size_t... I>
  static List tie(c10::intrusive_ptr<Callback> s, List outs, List saved, const List& in, std::index_sequence<I...>) {
    return CallbackFunction::apply(std::move(s), std::move(outs), std::move(saved), in[I]...);
  }
  template <size_t N> static List tie(c10::intrusive_ptr<Callback> s, List outs, List saved, const List& in) {
    if constexpr (N == 0) throw std::runtime_error("a custom function takes 1 to 32 tensors");
    else return in.size() == N ? tie(s, outs, saved, in, std::make_index_sequence<N>()) : tie<N - 1>(s, outs, saved, in);
  }
};
// Ties outs (computed with grad mode off) into the graph; `tied` receives owned handles of the tensors to go on with.
// Returns 1 when tied, 0 when no input needs grad (the caller then frees ctx itself).
API int at_custom_fn(const char* name, const H* ins, int nin, const H* outs, int nout, const H* saved, int nsaved,
                     const H* nondiff, int nnondiff, const H* dirty, int ndirty, int materialize,
                     BackwardCallback cb, FreeCallback release, void* ctx, H* tied) {
  TRY
  auto in = list(ins, nin);
  bool any = false;
  for (auto& t : in) any = any || t.requires_grad();
  if (!at::GradMode::is_enabled() || !any) return 0;
  auto state = c10::make_intrusive<Callback>();
  state->run = cb; state->ctx = ctx; state->name = name; state->materialize = materialize != 0;
  state->nonDifferentiable = list(nondiff, nnondiff);
  state->dirty = list(dirty, ndirty);
  auto result = CallbackFunction::tie<32>(state, list(outs, nout), list(saved, nsaved), in);
  state->release = release;
  for (int i = 0; i < nout; i++) tied[i] = give(result[i]);
  return 1;
  END(-1)
}

// ---- machine and randomness --------------------------------------------------------------------------------------
API void at_set_num_threads(int n) { at::set_num_threads(n); }
API int at_get_num_threads() { return at::get_num_threads(); }
API void at_set_num_interop_threads(int n) { at::set_num_interop_threads(n); }
API int at_get_num_interop_threads() { return at::get_num_interop_threads(); }
API int at_cuda_available() { TRY return torch::cuda::is_available(); END(0) }
API int at_cuda_device_count() { TRY return (int)torch::cuda::device_count(); END(0) }
API int at_cuda_cudnn() { TRY return torch::cuda::cudnn_is_available(); END(0) }
API int at_cuda_synchronize(int index) { TRY torch::cuda::synchronize(index); return 0; END(-1) }
API void at_manual_seed(int64_t s) { at::manual_seed((uint64_t)s); }
API void at_cuda_manual_seed(int64_t s, int all) { TRY if (all) torch::cuda::manual_seed_all(s); else torch::cuda::manual_seed(s); END() }

API at::Generator* at_gen_default() { TRY return new at::Generator(at::detail::getDefaultCPUGenerator()); END(nullptr) }
API at::Generator* at_gen_new(uint64_t seed, int device, int index) {
  TRY
  at::Generator g;
  if (device == 0) g = at::detail::createCPUGenerator(seed);
  else {
    g = at::globalContext().defaultGenerator(c10::Device((c10::DeviceType)device, (c10::DeviceIndex)index)).clone();
    g.set_current_seed(seed);
  }
  return new at::Generator(g);
  END(nullptr)
}
API void at_gen_free(at::Generator* g) { delete g; }
API int at_gen_device(at::Generator* g, int* index) { auto d = g->device(); *index = d.index(); return (int)d.type(); }
API int64_t at_gen_initial_seed(at::Generator* g) { return (int64_t)g->current_seed(); }
API void at_gen_set_seed(at::Generator* g, int64_t s) { std::lock_guard<std::mutex> lock(g->mutex()); g->set_current_seed((uint64_t)s); }
API int64_t at_gen_seed(at::Generator* g) { std::lock_guard<std::mutex> lock(g->mutex()); return (int64_t)g->seed(); }
API H at_gen_get_state(at::Generator* g) { TRY return give(g->get_state()); END(nullptr) }
API int at_gen_set_state(at::Generator* g, H s) { TRY g->set_state(borrow(s)); return 0; END(-1) }
