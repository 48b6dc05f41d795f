// The program on a terminal of 80 x 24, with a reader who types.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "support/places.h"

namespace percept::testing {

class TerminalSession {
 public:
  /// The environment is all it has beside PATH.
  TerminalSession(std::vector<std::string> words, const std::map<std::string, std::string>& more,
                  const std::string& folder) {
    words.insert(words.begin(), program_path());
    std::map<std::string, std::string> environment = more;
    for (const char* name : {"PATH", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"})
      if (const char* value = std::getenv(name)) environment.emplace(name, value);
    std::vector<std::string> variables;
    for (const auto& [key, value] : environment) variables.push_back(key + "=" + value);
    const auto pointers = [](std::vector<std::string>& list) {
      std::vector<char*> result;
      for (std::string& text : list) result.push_back(text.data());
      result.push_back(nullptr);
      return result;
    };
    const auto arguments = pointers(words), settings = pointers(variables);
    winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
    process_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
    if (process_ != 0) return;
    ::signal(SIGINT, SIG_DFL);  // what a script starts in the background ignores it
    if (::chdir(folder.c_str()) == 0) ::execve(arguments[0], arguments.data(), settings.data());
    ::_exit(127);
  }
  ~TerminalSession() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
    ::close(terminal_);
  }
  TerminalSession(const TerminalSession&) = delete;
  TerminalSession& operator=(const TerminalSession&) = delete;

  void type(const std::string& keys) {
    ASSERT_EQ(::write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  /// What it shows until that ends in `prompt`, or until the program ends; line ends are \n.
  std::string shows(const std::string& prompt) {
    std::string shown;
    while (!shown.ends_with(prompt)) {
      pollfd wait{.fd = terminal_, .events = POLLIN, .revents = 0};
      if (::poll(&wait, 1, 60'000) <= 0) break;
      char bytes[4096];
      const ssize_t count = ::read(terminal_, bytes, sizeof bytes);
      if (count <= 0) break;
      for (ssize_t i = 0; i < count; ++i)
        if (bytes[i] != '\r') shown += bytes[i];
    }
    return shown;
  }
  /// Exit code, or minus the signal that ended it.
  int ends() {
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  int terminal_ = -1;
  pid_t process_ = -1;
};

}  // namespace percept::testing
