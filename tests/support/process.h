// Runs a program and catches what it writes.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace percept::testing {

struct ProcessResult {
  int code = -1;  ///< exit code; -1 when a signal ended it
  int signal = 0;
  std::string out, err;
};

struct ProcessOptions {
  std::string folder = ".";  ///< it works there; its files "stdout" and "stderr" are beside it
  /// All it has beside PATH, HOME and the sanitizers' options.
  std::map<std::string, std::string> environment = {};
  std::string input = {};  ///< on its standard input
  /// Asked again and again while it runs, with what it has written to stdout: true sends `signal`.
  std::function<bool(const std::string& out)> interrupt_when = {};
  int signal = SIGINT;
};

inline std::string file_text(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

inline ProcessResult run_process(const std::string& program,
                                 const std::vector<std::string>& arguments,
                                 const ProcessOptions& options = {}) {
  char name[] = "/tmp/percept-process-XXXXXX";
  const std::string scratch = ::mkdtemp(name);
  const std::string in = scratch + "/in", out = scratch + "/out", err = scratch + "/err";
  std::ofstream(in, std::ios::binary) << options.input;

  std::vector<std::string> words{program}, variables;
  words.insert(words.end(), arguments.begin(), arguments.end());
  auto environment = options.environment;
  // The sanitizers' options go through to a program that is built with them.
  for (const char* name : {"PATH", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"})
    if (const char* value = std::getenv(name)) environment.emplace(name, value);
  environment.emplace("HOME", scratch);
  for (const auto& [key, value] : environment) variables.push_back(key + "=" + value);
  const auto pointers = [](std::vector<std::string>& list) {
    std::vector<char*> result;
    for (std::string& text : list) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
  };
  const std::vector<char*> argv = pointers(words), envp = pointers(variables);

  const pid_t child = ::fork();
  if (child == 0) {
    const auto redirect = [](const std::string& file, int flags, int to) {
      const int fd = ::open(file.c_str(), flags, 0600);
      return fd >= 0 && ::dup2(fd, to) == to;
    };
    constexpr int kWrite = O_WRONLY | O_CREAT | O_TRUNC;
    if (redirect(in, O_RDONLY, 0) && redirect(out, kWrite, 1) && redirect(err, kWrite, 2) &&
        ::chdir(options.folder.c_str()) == 0)
      ::execve(program.c_str(), argv.data(), envp.data());
    ::_exit(127);
  }
  int status = 0;
  bool interrupted = false;
  if (options.interrupt_when)
    while (::waitpid(child, &status, WNOHANG) == 0) {
      if (!interrupted && options.interrupt_when(file_text(out))) {
        interrupted = true;
        ::kill(child, options.signal);
      }
      ::usleep(1000);
    }
  else
    ::waitpid(child, &status, 0);

  ProcessResult result;
  if (WIFEXITED(status)) result.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  result.out = file_text(out);
  result.err = file_text(err);
  for (const std::string& file : {in, out, err}) ::unlink(file.c_str());
  ::rmdir(scratch.c_str());
  return result;
}

}  // namespace percept::testing
