#include "ops/op_table.h"

#include <cctype>

#include "ops/op_forms.h"
#include "percept/ops/activation.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/indexing.h"
#include "percept/ops/join.h"
#include "percept/ops/loss.h"
#include "percept/ops/math.h"
#include "percept/ops/matmul.h"
#include "percept/ops/reduce.h"
#include "percept/ops/softmax.h"
#include "percept/ops/sort.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"

namespace percept::testing {
namespace {

// -- one function a header
void put_arithmetic(Table& table) {
  put(table, "add", [](const Inputs& in, const Args& args) {
    if (args.contains("other")) return add(in.at(0), scalar(args, "other"));
    return add(in.at(0), in.at(1), scalar_of(args.value("alpha", Args(1))));
  });
  put(table, "sub", [](const Inputs& in, const Args& args) {
    if (args.contains("other")) return sub(in.at(0), scalar(args, "other"));
    if (args.contains("self")) return sub(scalar(args, "self"), in.at(0));
    return sub(in.at(0), in.at(1), scalar_of(args.value("alpha", Args(1))));
  });
  put_binary(table, "mul", mul, mul);
  put_binary(table, "div", div, div, div);
  put_binary(table, "floor_divide", floor_divide);
  put_binary(table, "remainder", remainder);
  put_unary(table, "neg", neg);
  put_binary(table, "pow", pow, pow, pow);
  put_binary(table, "minimum", minimum);
  put_binary(table, "maximum", maximum);
  put(table, "clamp", [](const Inputs& in, const Args& args) {
    return clamp(in.at(0), maybe_scalar(args, "min"), maybe_scalar(args, "max"));
  });
  put_binary(table, "eq", eq, eq);
  put_binary(table, "ne", ne, ne);
  put_binary(table, "lt", lt, lt);
  put_binary(table, "le", le, le);
  put_binary(table, "gt", gt, gt);
  put_binary(table, "ge", ge, ge);
  put_unary(table, "logical_not", logical_not);
  put_binary(table, "logical_and", logical_and);
  put_binary(table, "logical_or", logical_or);
  put_unary(table, "isnan", isnan);
  put_unary(table, "isinf", isinf);
  put_unary(table, "isfinite", isfinite);
  put(table, "equal",
      [](const Inputs& in, const Args&) { return truth(equal(in.at(0), in.at(1))); });
  put(table, "allclose", [](const Inputs& in, const Args& args) {
    return truth(allclose(in.at(0), in.at(1),
                          {.rtol = real(args, "rtol", 1e-5),
                           .atol = real(args, "atol", 1e-8),
                           .equal_nan = args.value("equal_nan", false)}));
  });
}

void put_math(Table& table) {
  for (const auto& [name, f] :
       std::initializer_list<std::pair<const char*, Unary*>>{{"exp", exp},
                                                             {"log", log},
                                                             {"log1p", log1p},
                                                             {"expm1", expm1},
                                                             {"sqrt", sqrt},
                                                             {"rsqrt", rsqrt},
                                                             {"abs", abs},
                                                             {"square", square},
                                                             {"sign", sign},
                                                             {"sin", sin},
                                                             {"cos", cos},
                                                             {"reciprocal", reciprocal},
                                                             {"erf", erf},
                                                             {"floor", floor},
                                                             {"ceil", ceil},
                                                             {"round", round}})
    put_unary(table, name, f);
}

void put_activations(Table& table) {
  put_unary(table, "sigmoid", sigmoid);
  put_unary(table, "tanh", tanh);
  put_unary(table, "relu", relu);
  put(table, "leaky_relu", [](const Inputs& in, const Args& args) {
    return leaky_relu(in.at(0), real(args, "negative_slope", 0.01));
  });
  put_binary(table, "prelu", prelu);
  put(table, "elu",
      [](const Inputs& in, const Args& args) { return elu(in.at(0), real(args, "alpha", 1)); });
  put(table, "gelu", [](const Inputs& in, const Args& args) {
    return gelu(in.at(0), {.tanh = args.value("approximate", "none") == "tanh"});
  });
  put_unary(table, "silu", silu);
  put(table, "softplus", [](const Inputs& in, const Args& args) {
    return softplus(in.at(0), real(args, "beta", 1), real(args, "threshold", 20));
  });
  put_unary(table, "step", step);
}

void put_indexing(Table& table) {
  put(table, "where", [](const Inputs& in, const Args& args) {
    if (args.contains("self")) return where(in.at(0), scalar(args, "self"), in.at(1));
    if (args.contains("other")) return where(in.at(0), in.at(1), scalar(args, "other"));
    return where(in.at(0), in.at(1), in.at(2));
  });
  put(table, "masked_fill", [](const Inputs& in, const Args& args) {
    return masked_fill(in.at(0), in.at(1), scalar(args, "value"));
  });
  put_binary(table, "masked_select", masked_select);
  put_unary(table, "nonzero", nonzero);
  put(table, "gather", [](const Inputs& in, const Args& args) {
    return gather(in.at(0), integer(args, "dim"), in.at(1));
  });
  put(table, "scatter", [](const Inputs& in, const Args& args) {
    const std::int64_t dim = integer(args, "dim");
    if (args.contains("value")) return scatter(in.at(0), dim, in.at(1), scalar(args, "value"));
    return scatter(in.at(0), dim, in.at(1), in.at(2));
  });
  put(table, "scatter_add", [](const Inputs& in, const Args& args) {
    return scatter_add(in.at(0), integer(args, "dim"), in.at(1), in.at(2));
  });
  put(table, "index_select", [](const Inputs& in, const Args& args) {
    return index_select(in.at(0), integer(args, "dim"), in.at(1));
  });
  put(table, "index_put", [](const Inputs& in, const Args& args) {  // inputs: x, values, indices...
    return with_indices(in, args,
                        [&](Indices indices) { return index_put(in.at(0), indices, in.at(1)); });
  });
  put(table, "one_hot", [](const Inputs& in, const Args& args) {
    return one_hot(in.at(0), integer(args, "num_classes", -1));
  });
}

void put_join(Table& table) {
  put(table, "cat",
      [](const Inputs& in, const Args& args) { return cat(in, integer(args, "dim", 0)); });
  put(table, "stack",
      [](const Inputs& in, const Args& args) { return stack(in, integer(args, "dim", 0)); });
  put(table, "split", [](const Inputs& in, const Args& args) {
    const std::int64_t dim = integer(args, "dim", 0);
    const Args& size = args.at("split_size");
    return size.is_array() ? pick(split(in.at(0), size.get<std::vector<std::int64_t>>(), dim), args)
                           : pick(split(in.at(0), size.get<std::int64_t>(), dim), args);
  });
  put(table, "chunk", [](const Inputs& in, const Args& args) {
    return pick(chunk(in.at(0), integer(args, "chunks"), integer(args, "dim", 0)), args);
  });
  put(table, "unbind", [](const Inputs& in, const Args& args) {
    return pick(unbind(in.at(0), integer(args, "dim", 0)), args);
  });
}

void put_losses(Table& table) {
  put(table, "mse_loss", [](const Inputs& in, const Args& args) {
    return mse_loss(in.at(0), in.at(1), {.reduction = reduction(args)});
  });
  put(table, "l1_loss", [](const Inputs& in, const Args& args) {
    return l1_loss(in.at(0), in.at(1), {.reduction = reduction(args)});
  });
  put(table, "huber_loss", [](const Inputs& in, const Args& args) {
    return huber_loss(in.at(0), in.at(1),
                      {.reduction = reduction(args), .delta = real(args, "delta", 1)});
  });
  put(table, "binary_cross_entropy", [](const Inputs& in, const Args& args) {
    return binary_cross_entropy(
        in.at(0), in.at(1),
        {.weight = optional_tensor(in, args, "weight"), .reduction = reduction(args)});
  });
  put(table, "binary_cross_entropy_with_logits", [](const Inputs& in, const Args& args) {
    return binary_cross_entropy_with_logits(
        in.at(0), in.at(1),
        {.weight = optional_tensor(in, args, "weight"),
         .reduction = reduction(args),
         .pos_weight = optional_tensor(in, args, "pos_weight")});
  });
  put(table, "nll_loss", [](const Inputs& in, const Args& args) {
    return nll_loss(in.at(0), in.at(1),
                    {.weight = optional_tensor(in, args, "weight"),
                     .ignore_index = integer(args, "ignore_index", -100),
                     .reduction = reduction(args)});
  });
  put(table, "cross_entropy", [](const Inputs& in, const Args& args) {
    return cross_entropy(in.at(0), in.at(1),
                         {.weight = optional_tensor(in, args, "weight"),
                          .ignore_index = integer(args, "ignore_index", -100),
                          .reduction = reduction(args),
                          .label_smoothing = real(args, "label_smoothing", 0)});
  });
  put(table, "kl_div", [](const Inputs& in, const Args& args) {
    return kl_div(in.at(0), in.at(1),
                  {.reduction = kl_reduction(args), .log_target = args.value("log_target", false)});
  });
}

void put_matmul(Table& table) {
  put_binary(table, "matmul", matmul);
  put_binary(table, "mm", mm);
  put_binary(table, "bmm", bmm);
  put(table, "linear", [](const Inputs& in, const Args&) {
    return linear(in.at(0), in.at(1), in.size() > 2 ? in[2] : Tensor());
  });
  put(table, "detail::linear_relu", [](const Inputs& in, const Args&) {
    return detail::linear_relu(in.at(0), in.at(1), in.size() > 2 ? in[2] : Tensor());
  });
}

void put_reductions(Table& table) {
  put_reduction(table, "sum", sum, static_cast<ReduceDims*>(sum));
  put_reduction(table, "mean", mean, static_cast<ReduceDims*>(mean));
  put_reduction(table, "var", static_cast<VarAll*>(var), static_cast<VarDims*>(var));
  put_reduction(table, "std", static_cast<VarAll*>(std), static_cast<VarDims*>(std));
  put_reduction(table, "max", max, static_cast<ChooseDim*>(max));
  put_reduction(table, "min", min, static_cast<ChooseDim*>(min));
  put_reduction(table, "argmax", argmax, static_cast<ReduceDim*>(argmax));
  put_reduction(table, "argmin", argmin, static_cast<ReduceDim*>(argmin));
  put_reduction(table, "any", any, static_cast<ReduceDim*>(any));
  put_reduction(table, "all", all, static_cast<ReduceDim*>(all));
  put(table, "logsumexp", [](const Inputs& in, const Args& args) {
    return logsumexp(in.at(0), shape(args, "dim"), keepdim(args));
  });
  put(table, "norm", [](const Inputs& in, const Args& args) {
    const double p = real(args, "p", 2);
    return args.contains("dim") ? norm(in.at(0), p, shape(args, "dim"), keepdim(args))
                                : norm(in.at(0), p);
  });
}

void put_softmax(Table& table) {
  put(table, "softmax",
      [](const Inputs& in, const Args& args) { return softmax(in.at(0), integer(args, "dim")); });
  put(table, "log_softmax", [](const Inputs& in, const Args& args) {
    return log_softmax(in.at(0), integer(args, "dim"));
  });
  put(table, "dropout", [](const Inputs& in, const Args& args) {  // the same mask at every call
    Generator generator(args.value("seed", std::uint64_t{0}));
    return dropout(in.at(0), {.p = real(args, "p", 0.5),
                              .training = args.value("training", true),
                              .generator = &generator});
  });
}

void put_sort(Table& table) {
  put(table, "cumsum",
      [](const Inputs& in, const Args& args) { return cumsum(in.at(0), integer(args, "dim")); });
  const auto options = [](const Args& args) {
    return SortOptions{.dim = integer(args, "dim", -1),
                       .descending = args.value("descending", false)};
  };
  put(table, "sort", [options](const Inputs& in, const Args& args) {
    return pick(sort(in.at(0), options(args)), args);
  });
  put(table, "argsort",
      [options](const Inputs& in, const Args& args) { return argsort(in.at(0), options(args)); });
  put(table, "topk", [](const Inputs& in, const Args& args) {
    return pick(topk(in.at(0), integer(args, "k"),
                     {.dim = integer(args, "dim", -1), .largest = args.value("largest", true)}),
                args);
  });
}

void put_views(Table& table) {
  put(table, "reshape",
      [](const Inputs& in, const Args& args) { return reshape(in.at(0), shape(args, "shape")); });
  put(table, "flatten", [](const Inputs& in, const Args& args) {
    return flatten(in.at(0), integer(args, "start_dim", 0), integer(args, "end_dim", -1));
  });
  put(table, "unflatten", [](const Inputs& in, const Args& args) {
    return unflatten(in.at(0), integer(args, "dim"), shape(args, "sizes"));
  });
  put(table, "transpose", [](const Inputs& in, const Args& args) {
    return transpose(in.at(0), integer(args, "dim0"), integer(args, "dim1"));
  });
  put(table, "permute",
      [](const Inputs& in, const Args& args) { return permute(in.at(0), shape(args, "dims")); });
  put(table, "squeeze", [](const Inputs& in, const Args& args) {
    return args.contains("dim") ? squeeze(in.at(0), integer(args, "dim")) : squeeze(in.at(0));
  });
  put(table, "unsqueeze",
      [](const Inputs& in, const Args& args) { return unsqueeze(in.at(0), integer(args, "dim")); });
  put(table, "expand",
      [](const Inputs& in, const Args& args) { return expand(in.at(0), shape(args, "shape")); });
  put(table, "narrow", [](const Inputs& in, const Args& args) {
    return narrow(in.at(0), integer(args, "dim"), integer(args, "start"), integer(args, "length"));
  });
  put(table, "select", [](const Inputs& in, const Args& args) {
    return select(in.at(0), integer(args, "dim"), integer(args, "index"));
  });
  put(table, "slice", [](const Inputs& in, const Args& args) {
    return slice(in.at(0), integer(args, "dim"), integer(args, "start"), integer(args, "stop"),
                 integer(args, "step", 1));
  });
  put_unary(table, "diagonal", diagonal);
}

Dtype dtype_of_name(const std::string& name) {
  for (const Dtype dtype : {boolean, u8, i64, bf16, f32, f64})
    if (name == name_of(dtype)) return dtype;
  throw std::invalid_argument("dtype: " + name);
}

void put_members(Table& table) {
  put(table, "Tensor.to", [](const Inputs& in, const Args& args) {
    return in.at(0).to(dtype_of_name(args.at("dtype")));
  });
  put(table, "Tensor.clone", [](const Inputs& in, const Args&) { return in.at(0).clone(); });
  put(table, "Tensor.contiguous",
      [](const Inputs& in, const Args&) { return in.at(0).contiguous(); });
  put(table, "Tensor.view",
      [](const Inputs& in, const Args& args) { return in.at(0).view(shape(args, "shape")); });
  put(table, "Tensor.t", [](const Inputs& in, const Args&) { return in.at(0).t(); });
  put(table, "Tensor.T", [](const Inputs& in, const Args&) { return in.at(0).T(); });
  put(table, "Tensor.index", [](const Inputs& in, const Args& args) {  // inputs: x, indices...
    return with_indices(in, args, [&](Indices indices) { return in.at(0).index(indices); });
  });
}

}  // namespace

const std::map<std::string, OpEntry>& op_table() {
  static const Table table = [] {
    Table t;
    put_arithmetic(t);
    put_math(t);
    put_activations(t);
    put_conv(t);
    put_indexing(t);
    put_join(t);
    put_losses(t);
    put_matmul(t);
    put_pool(t);
    put_batch_norm(t);
    put_pad(t);
    put_reductions(t);
    put_softmax(t);
    put_sort(t);
    put_views(t);
    put_members(t);
    put_attention(t);
    put_recurrent(t);
    return t;
  }();
  return table;
}

Tensor call_op(const std::string& name, const Inputs& inputs, const Args& args) {
  return op_table().at(name).call(inputs, args);
}

std::string identifier(const std::string& op) {
  std::string name;
  for (const char c : op) {
    if (std::isalnum(static_cast<unsigned char>(c)))
      name += c;
    else if (!name.ends_with('_'))
      name += '_';
  }
  return name;
}

}  // namespace percept::testing
