#pragma once

#include "base/bytes.h"
#include "base/date_time_values.h"
#include "base/interval_builder.h"

namespace latchkey {

/// Reads a period of ISO 8601 into `builder`, with designators, "P1Y2M3DT4H5M6S", or in the form of
/// a date and a time, "P0001-02-03T04:05:06" and "P00010203T040506". Any part may have a sign, a
/// fraction or an exponent.
///
/// Source: ISO 8601:2004, 4.4.3.2 and 4.4.3.3, as PostgreSQL 15 reads it.
DecodeOutcome decode_iso8601_interval(Bytes text, IntervalBuilder& builder);

}  // namespace latchkey
