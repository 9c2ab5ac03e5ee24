// Types of columns, by their number in pg_type; these never change.
#pragma once

namespace holdfast::detail {

enum Oid : unsigned {
  oid_bool = 16,
  oid_bytea = 17,
  oid_int8 = 20,
  oid_int2 = 21,
  oid_int4 = 23,
  oid_text = 25,
  oid_float4 = 700,
  oid_float8 = 701,
  oid_varchar = 1043,
  oid_timestamp = 1114,
  oid_timestamptz = 1184,
  oid_uuid = 2950
};

}  // namespace holdfast::detail
