#include "progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace percept::app {
namespace {

constexpr auto kInterval = std::chrono::milliseconds(100);
constexpr int kBar = 8;             // cells
constexpr double kSmoothing = 0.8;  // weight of the past in the rate

void add(std::string& line, const char* name, double value) {
  if (std::isfinite(value)) line += fmt::format(" {} {:.3f}", name, value);
}

std::string head(std::int64_t epoch, std::int64_t epochs) {
  return fmt::format("epoch {}/{} ", epoch, epochs);
}

std::string duration(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

std::string ProgressLine::bar(double share) const {
  const int full = std::clamp(static_cast<int>(std::floor(share * kBar)), 0, kBar);
  std::string done, left;
  for (int i = 0; i < kBar; ++i) (i < full ? done : left) += i < full ? "━" : "─";
  return terminal_.paint(Paint::green, done) +
         (left.empty() ? "" : terminal_.paint(Paint::dim, left));
}

void ProgressLine::on_epoch_start(train::Trainer&) {
  last_samples_ = 0;
  last_seconds_ = 0;
}

void ProgressLine::on_batch(train::Trainer& trainer, double) {
  if (!terminal_.redraws) return;
  const auto now = Clock::now();
  if (now - last_draw_ < kInterval) return;
  last_draw_ = now;
  draw(trainer);
}

void ProgressLine::draw(const train::Trainer& trainer) {
  const train::Progress& p = trainer.progress();
  const double seconds = p.seconds - last_seconds_;
  if (seconds > 0) {
    const double now = static_cast<double>(p.samples - last_samples_) / seconds;
    rate_ = rate_ > 0 ? kSmoothing * rate_ + (1 - kSmoothing) * now : now;
    last_seconds_ = p.seconds;
    last_samples_ = p.samples;
  }
  const auto batches = trainer.loader()->size();
  const auto n = static_cast<double>(p.samples);
  const double share = static_cast<double>(p.batch) / static_cast<double>(batches);
  std::string rest = fmt::format(" {}/{} {}", p.batch, batches, duration(p.seconds));
  if (rate_ > 0) rest += fmt::format(" {:.0f}/s", rate_);
  add(rest, "loss", p.loss_sum / n);
  if (trainer.options().task == train::Task::classification)
    add(rest, "acc", static_cast<double>(p.correct) / n);
  const std::string start = head(p.epoch + 1, trainer.options().epochs);
  const std::size_t used = cells(start) + kBar, width = terminal_.width();
  const std::string text =
      width > used + 1 ? start + bar(share) + cut(rest, width - used - 1) : cut(start, width - 1);
  fmt::print(terminal_.stream, "\r{}\x1b[K", text);
  std::fflush(terminal_.stream);
  drawn_ = true;
}

void ProgressLine::on_epoch_end(train::Trainer& trainer, const train::EpochResult& r) {
  clear();
  const std::int64_t batches = trainer.loader()->size();
  const std::string start = head(r.epoch, trainer.options().epochs);
  std::string text = fmt::format(" {}/{} {}", batches, batches, duration(r.seconds));
  add(text, "loss", r.loss);
  add(text, "acc", r.accuracy);
  add(text, "val_loss", r.val_loss);
  add(text, "val_acc", r.val_accuracy);
  add(text, "val_r2", r.val_r2);
  const std::string best = r.best ? " *best" : "";
  // A narrow window does without the bar.
  const bool narrow = terminal_.redraws && cells(start + text + best) + kBar > terminal_.width();
  fmt::print(terminal_.stream, "{}{}{}{}\n", start, narrow ? std::string() : bar(1),
             narrow ? text.substr(1) : text,
             best.empty() ? best : terminal_.paint(Paint::cyan, best));
  std::fflush(terminal_.stream);
}

void ProgressLine::on_end(train::Trainer&) { clear(); }

void ProgressLine::clear() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", terminal_.stream);
  std::fflush(terminal_.stream);
  drawn_ = false;
}

}  // namespace percept::app
