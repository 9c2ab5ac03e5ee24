// The database is there and says no: a wrong password, no such database, a pooler that was not announced. Waiting helps only
// if a person does something first, so a program that starts ends with this; one that runs waits as for any Unavailable.
#pragma once
#include "holdfast/errors.hpp"

namespace holdfast::sql {

struct Refused : Unavailable {
  using Unavailable::Unavailable;
};

}  // namespace holdfast::sql
