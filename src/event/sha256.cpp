#include "event/sha256.hpp"

#include <openssl/evp.h>

#include <memory>

#include "holdfast/errors.hpp"

namespace holdfast::event {
namespace {

void must(int result) {
  if (result != 1) throw Error("OpenSSL cannot compute SHA-256");
}

// Fetched once: EVP_sha256() would look the algorithm up again for every digest.
const EVP_MD* algorithm() {
  static EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (fetched == nullptr) throw Error("OpenSSL has no SHA-256");
  return fetched;
}

EVP_MD_CTX* context() {
  struct Free {
    void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
  };
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> own(EVP_MD_CTX_new());
  return own.get();
}

}  // namespace

Digest sha256(std::initializer_list<std::string_view> parts) {
  EVP_MD_CTX* const c = context();
  must(EVP_DigestInit_ex2(c, algorithm(), nullptr));
  for (const std::string_view part : parts) must(EVP_DigestUpdate(c, part.data(), part.size()));
  Digest digest{};
  must(EVP_DigestFinal_ex(c, digest.data(), nullptr));
  return digest;
}

std::string big_endian(std::uint64_t value) {
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(value >> (56 - 8 * i) & 0xFF);
  return bytes;
}

}  // namespace holdfast::event
