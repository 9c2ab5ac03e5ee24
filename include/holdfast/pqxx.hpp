// Enlists a libpqxx transaction (6.4 to 8). Header-only: it is compiled against your libpqxx. Link holdfast::postgres.
//
//   pqxx::work tx{connection};
//   outbox.publish(holdfast::enlist(tx), OrderCreated{...});
//   tx.commit();
//
// Threads: one. Errors: what libpqxx throws; std::logic_error is its own.
#pragma once
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "holdfast/transaction.hpp"

namespace holdfast {
namespace detail {
/// A value as PostgreSQL reads it in text; nothing: NULL. Throws SqlError where it has no such form.
std::optional<std::string> postgres_text(const SqlValue& value);
/// A field of this type (its OID), as PostgreSQL writes it in text.
SqlValue postgres_field(unsigned type, std::string_view text);

inline TransactionRef::Answer run_pqxx(void* session, std::string_view sql, std::span<const SqlValue> params) {
  auto& tx = *static_cast<pqxx::transaction_base*>(session);
  std::vector<std::optional<std::string>> texts;
  for (const auto& param : params) texts.push_back(postgres_text(param));
#if defined(PQXX_VERSION_MAJOR) && PQXX_VERSION_MAJOR >= 7
  pqxx::params bound;
  for (const auto& text : texts) bound.append(text);
  const pqxx::result result = tx.exec_params(std::string(sql), bound);
#else
  std::vector<const char*> bound;
  for (const auto& text : texts) bound.push_back(text ? text->c_str() : nullptr);
  const pqxx::result result = tx.exec_params(std::string(sql), pqxx::prepare::make_dynamic_params(bound));
#endif
  TransactionRef::Answer answer;
  answer.changed = static_cast<std::int64_t>(result.affected_rows());
  for (const auto& row : result) {
    auto& out = answer.rows.emplace_back();
    for (const auto& field : row)
      out.push_back(field.is_null() ? SqlValue{}
                                    : postgres_field(static_cast<unsigned>(field.type()),
                                                     std::string_view(field.c_str(), field.size())));
  }
  return answer;
}
}  // namespace detail

inline TransactionRef enlist(pqxx::transaction_base& tx) {
  return TransactionRef(Dialect::postgres, &tx, &detail::run_pqxx);
}

}  // namespace holdfast
