// libpng reports a fault by longjmp. Between setjmp and the jump only trivial objects may live, so
// each function that calls setjmp keeps its data in a struct of the caller's and does nothing else.
#include "percept/io/png.h"

#include <fmt/format.h>
#include <png.h>

#include <array>
#include <csetjmp>
#include <cstdint>
#include <vector>

#include "base/checked.h"
#include "base/file.h"
#include "io/format_error.h"
#include "percept/base/error.h"
#include "tensor/make.h"

namespace percept::io {
namespace {

/// What the callbacks of libpng see.
struct State {
  std::string_view left;            // reading: what has not been read
  std::string* written = nullptr;   // writing
  std::array<char, 128> message{};  // the fault
  bool out_of_memory = false;
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto* state = static_cast<State*>(png_get_error_ptr(png));
  const std::size_t length = std::min(std::string_view(message).size(), state->message.size() - 1);
  std::copy_n(message, length, state->message.begin());
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep into, std::size_t bytes) {
  auto* state = static_cast<State*>(png_get_io_ptr(png));
  if (bytes > state->left.size()) png_error(png, "the data end too early");
  std::copy_n(state->left.begin(), bytes, into);
  state->left.remove_prefix(bytes);
}

void on_write(png_structp png, png_bytep from, std::size_t bytes) {
  auto* state = static_cast<State*>(png_get_io_ptr(png));
  try {
    state->written->append(reinterpret_cast<const char*>(from), bytes);
  } catch (...) {  // an exception may not cross libpng
    state->out_of_memory = true;
  }
  if (state->out_of_memory) png_error(png, "out of memory");
}

struct Reader {
  State state;
  png_structp png = nullptr;
  png_infop info = nullptr;

  explicit Reader(std::string_view bytes) {
    state.left = bytes;
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &state, on_error, on_warning);
    info = png ? png_create_info_struct(png) : nullptr;
  }
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
};

struct Writer {
  State state;
  png_structp png = nullptr;
  png_infop info = nullptr;

  explicit Writer(std::string& out) {
    state.written = &out;
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &state, on_error, on_warning);
    info = png ? png_create_info_struct(png) : nullptr;
  }
  ~Writer() { png_destroy_write_struct(&png, &info); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
};

struct Layout {
  std::uint64_t width, height, channels;
};

/// Everything up to the pixels; False after a fault.
bool read_header(Reader& reader, Layout& layout) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  png_set_read_fn(reader.png, &reader.state, on_read);
  png_set_user_limits(reader.png, 0x7fffffff, 0x7fffffff);  // the caller limits the product
  png_set_chunk_malloc_max(reader.png, 16 << 20);
  png_read_info(reader.png, reader.info);
  layout.width = png_get_image_width(reader.png, reader.info);
  layout.height = png_get_image_height(reader.png, reader.info);
  return true;
}

/// Asks for 8 bits and no palette. libpng allocates two rows here. False after a fault.
bool choose_layout(Reader& reader, Layout& layout) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  png_set_expand(reader.png);
  png_set_scale_16(reader.png);
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  layout.channels = png_get_channels(reader.png, reader.info);
  return true;
}

bool read_pixels(Reader& reader, png_bytepp rows) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  png_read_image(reader.png, rows);
  png_read_end(reader.png, nullptr);
  return true;
}

bool write_all(Writer& writer, png_uint_32 width, png_uint_32 height, int color, png_bytepp rows) {
  if (setjmp(png_jmpbuf(writer.png))) return false;
  png_set_write_fn(writer.png, &writer.state, on_write, nullptr);
  png_set_user_limits(writer.png, 0x7fffffff, 0x7fffffff);
  png_set_IHDR(writer.png, writer.info, width, height, 8, color, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(writer.png, writer.info);
  png_write_image(writer.png, rows);
  png_write_end(writer.png, nullptr);
  return true;
}

std::vector<png_bytep> row_pointers(std::vector<std::uint8_t>& pixels, std::uint64_t height) {
  std::vector<png_bytep> rows(height);
  for (std::uint64_t y = 0; y < height; ++y) rows[y] = &pixels[y * (pixels.size() / height)];
  return rows;
}

/// Pixels [H, W, from] to planes [to, H, W].
Tensor to_planes(const std::vector<std::uint8_t>& pixels, const Layout& layout, int wanted) {
  const std::uint64_t from = layout.channels, count = layout.width * layout.height;
  const std::uint64_t to = wanted == 0 ? from : static_cast<std::uint64_t>(wanted);
  Tensor image = make({static_cast<std::int64_t>(to), static_cast<std::int64_t>(layout.height),
                       static_cast<std::int64_t>(layout.width)},
                      u8);
  auto* out = image.data<std::uint8_t>();
  if (to == 1 && from >= 3) {
    for (std::uint64_t i = 0; i < count; ++i) {  // weights times 65536, rounded
      const std::uint8_t* p = &pixels[i * from];
      out[i] =
          static_cast<std::uint8_t>((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 0x8000u) >> 16);
    }
    return image;
  }
  for (std::uint64_t c = 0; c < to; ++c)
    for (std::uint64_t i = 0; i < count; ++i)
      out[c * count + i] = pixels[i * from + (from < 3 && to == 3 ? 0 : c)];
  return image;
}

}  // namespace

Tensor decode_png(std::string_view bytes, const std::string& name, const LoadPngOptions& options) {
  if (options.channels != 0 && options.channels != 1 && options.channels != 3)
    throw ValueError(fmt::format("load_png: channels = {}, allowed are 0 (as in the file), 1 and 3",
                                 options.channels));
  Reader reader(bytes);
  if (!reader.info) throw LimitError("png: out of memory");
  const auto fault = [&] {
    bad_format(name, bytes.size() - reader.state.left.size(), "PNG", reader.state.message.data(),
               "the picture must be complete and valid");
  };
  Layout layout{};
  if (!read_header(reader, layout)) fault();
  const std::uint64_t count = layout.width * layout.height;  // both are below 2^31
  const std::string found = fmt::format("{} x {} pixels", layout.width, layout.height);
  const auto check_limit = [&](std::uint64_t channels) {
    if (count * channels > options.load.max_bytes)
      over_limit(name, 16, "size", found, options.load.max_bytes);
  };
  check_limit(1);
  // Deflate packs at most 1032:1, and a byte holds at most 8 pixels.
  if (count / 8 / 1032 > bytes.size())
    bad_format(name, 16, "size", found, fmt::format("{} bytes cannot hold them", bytes.size()));
  if (!choose_layout(reader, layout)) fault();
  check_limit(std::max(layout.channels, static_cast<std::uint64_t>(options.channels)));
  const std::uint64_t size = count * layout.channels;
  std::vector<std::uint8_t> pixels(size);
  std::vector<png_bytep> rows = row_pointers(pixels, layout.height);
  if (!read_pixels(reader, rows.data())) fault();
  return to_planes(pixels, layout, options.channels);
}

Tensor load_png(const std::string& path, const LoadPngOptions& options) {
  return decode_png(read_file(path, {.max_bytes = options.load.max_bytes}), path, options);
}

std::string encode_png(const Tensor& image) {
  if (image.dtype() != u8)
    throw DtypeError(fmt::format("save_png: the image is {}, expected u8", name_of(image.dtype())));
  const Tensor planes = (image.dim() == 2 ? image.unsqueeze(0) : image).contiguous();
  constexpr std::int64_t kLargest = 0x7fffffff;
  if (planes.dim() != 3 || (planes.size(0) != 1 && planes.size(0) != 3) || planes.numel() == 0 ||
      planes.size(1) > kLargest || planes.size(2) > kLargest)
    throw ShapeError(
        fmt::format("save_png: the image has shape {}, expected [1, H, W], [3, H, W] or [H, W] "
                    "with at least one pixel",
                    image.shape().str()));
  const auto channels = static_cast<std::size_t>(planes.size(0));
  const auto from = planes.span<std::uint8_t>();
  const std::size_t count = from.size() / channels;
  std::vector<std::uint8_t> pixels(from.size());  // [H, W, C]
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t c = 0; c < channels; ++c) pixels[i * channels + c] = from[c * count + i];

  const auto height = static_cast<std::uint64_t>(planes.size(1));
  std::vector<png_bytep> rows = row_pointers(pixels, height);
  std::string out;
  Writer writer(out);
  if (!writer.info ||
      !write_all(writer, static_cast<png_uint_32>(planes.size(2)), static_cast<png_uint_32>(height),
                 channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, rows.data()))
    throw LimitError(
        fmt::format("save_png: {}", writer.info ? writer.state.message.data() : "out of memory"));
  return out;
}

void save_png(const std::string& path, const Tensor& image) {
  write_atomic(path, encode_png(image));
}

}  // namespace percept::io
