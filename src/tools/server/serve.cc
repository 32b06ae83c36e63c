#include "tools/server/serve.h"

#include "base/log.h"

namespace latchkey::server {

Result<void> serve(const Configuration& configuration) {
  set_log_level(configuration.config.log_level);
  return Error(ErrorCode::NotSupported, "this build has no door to serve yet");
}

}  // namespace latchkey::server
