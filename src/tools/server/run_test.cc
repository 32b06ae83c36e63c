#include "tools/server/run.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace latchkey::server {
namespace {

/// Runs the program in an empty working directory, with a server that only remembers its
/// configuration.
class Run : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "run_test.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(directory_);
  }
  void TearDown() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(directory_);
  }

  void write(const std::string& name, const std::string& text) { std::ofstream(name) << text; }

  int run(std::vector<std::string> arguments, std::vector<std::string> variables = {}) {
    out_.str("");
    err_.str("");
    const Machine machine = {std::uint64_t{8} << 30, 4};
    return server::run(arguments, variables,
                       {*env::posix().files, machine, out_, err_,
                        [this](const Configuration& configuration) -> Result<void> {
                          served_ = configuration.config;
                          return std::move(outcome_);
                        }});
  }

  std::filesystem::path directory_;
  std::filesystem::path before_;
  std::ostringstream out_;
  std::ostringstream err_;
  std::optional<Config> served_;
  Result<void> outcome_;
};

TEST_F(Run, ServesWithWhatWasGiven) {
  write("latchkey.toml", "[server]\nworkers = 3\nclients_max = 50\n");

  EXPECT_EQ(run({"serve", "--resp-port", "7000"}, {"LATCHKEY_WORKERS=2"}), 0);

  ASSERT_TRUE(served_.has_value());
  EXPECT_EQ(served_->resp_port, 7000u);
  EXPECT_EQ(served_->worker_count, 2u);
  EXPECT_EQ(served_->client_count_max, 50u);
}

TEST_F(Run, AnErrorOfTheServerIsPrintedAndFails) {
  outcome_ = Error(ErrorCode::DirectoryInUse, "./data is in use");
  EXPECT_EQ(run({"serve"}), 1);
  EXPECT_EQ(err_.str(), "latchkey: ./data is in use\n");
}

TEST_F(Run, ReadsTheFileThatIsNamed) {
  write("latchkey.toml", "not TOML");
  write("other.toml", "[log]\nlevel = \"debug\"\n");
  write("third.toml", "[log]\nlevel = \"error\"\n");

  EXPECT_EQ(run({"config", "check"}), 1);
  EXPECT_EQ(run({"config", "show", "--origin", "--config", "other.toml"}), 0);
  EXPECT_NE(out_.str().find("# other.toml:2"), std::string::npos) << out_.str();
  EXPECT_EQ(run({"config", "show", "--origin"}, {"LATCHKEY_CONFIG=third.toml"}), 0);
  EXPECT_NE(out_.str().find("# third.toml:2"), std::string::npos) << out_.str();
  EXPECT_EQ(run({"config", "check", "--config", "missing.toml"}), 1);
  EXPECT_NE(err_.str().find("missing.toml"), std::string::npos);
}

TEST_F(Run, ChecksWithoutServing) {
  EXPECT_EQ(run({"config", "check"}), 0);
  EXPECT_EQ(out_.str(), "the configuration is valid\n");
  EXPECT_EQ(run({"config", "check", "--http-port", "80"}), 1);
  EXPECT_EQ(run({"serve", "--workers", "0x"}), 1);
  EXPECT_EQ(run({"serve"}, {"LATCHKEY_UNKNOWN=1"}), 1);
  EXPECT_FALSE(served_.has_value());
}

TEST_F(Run, PrintsTheVersionWhateverTheConfiguration) {
  EXPECT_EQ(run({"version"}, {"LATCHKEY_UNKNOWN=1"}), 0);
  EXPECT_TRUE(out_.str().starts_with("latchkey "));
}

TEST_F(Run, AUsageErrorGoesToStderr) {
  EXPECT_EQ(run({"serv"}), 2);
  EXPECT_EQ(out_.str(), "");
  EXPECT_NE(err_.str(), "");
}

}  // namespace
}  // namespace latchkey::server
