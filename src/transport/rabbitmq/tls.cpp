#include "transport/rabbitmq/tls.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "transport/rabbitmq/closed.hpp"

namespace holdfast::transport::rabbitmq {
namespace {

std::string last_error() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  char text[256] = "no reason was given";
  if (code != 0) ERR_error_string_n(code, text, sizeof text);
  return text;
}

[[noreturn]] void fail_file(const char* key, const std::string& file) {
  throw Invalid(key, file + " cannot be used as PEM file: " + last_error());
}

bool is_ip(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 || inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

}  // namespace

Tls::Tls(const Settings& settings) : place_(settings.broker.place()), context_(SSL_CTX_new(TLS_client_method())) {
  if (!context_) throw Closed("TLS cannot begin: " + last_error());
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  load(settings.options);
  session_.reset(SSL_new(context_.get()));
  if (!session_) throw Closed("TLS cannot begin: " + last_error());
  SSL_set_bio(session_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));  // the session frees them
  SSL_set_connect_state(session_.get());
  expect(settings.broker.host);
}

void Tls::load(const holdfast::rabbitmq::Options& o) {
  ERR_clear_error();
  if (o.tls_ca.empty()) SSL_CTX_set_default_verify_paths(context_.get());
  else if (SSL_CTX_load_verify_locations(context_.get(), o.tls_ca.c_str(), nullptr) != 1)
    fail_file("broker.tls_ca", o.tls_ca);
  if (o.tls_cert.empty()) return;
  if (SSL_CTX_use_certificate_chain_file(context_.get(), o.tls_cert.c_str()) != 1)
    fail_file("broker.tls_cert", o.tls_cert);
  const auto& key = o.tls_key.empty() ? o.tls_cert : o.tls_key;
  if (SSL_CTX_use_PrivateKey_file(context_.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) fail_file("broker.tls_key", key);
  if (SSL_CTX_check_private_key(context_.get()) != 1)
    throw Invalid("broker.tls_key", key + " is not the key of " + o.tls_cert);
}

void Tls::expect(const std::string& host) {
  if (is_ip(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session_.get()), host.c_str());
    return;
  }
  SSL_set_tlsext_host_name(session_.get(), host.c_str());
  SSL_set1_host(session_.get(), host.c_str());
}

bool Tls::shake_hands() {
  ERR_clear_error();
  const int result = SSL_do_handshake(session_.get());
  if (result == 1) return true;
  if (SSL_get_error(session_.get(), result) == SSL_ERROR_WANT_READ) return false;
  fail(result);
}

void Tls::fail(int result) const {
  const auto verified = SSL_get_verify_result(session_.get());
  if (verified != X509_V_OK)
    throw Invalid("broker.tls_ca",
                  "the certificate of " + place_ + " is not accepted: " + X509_verify_cert_error_string(verified) +
                      "; broker.tls_ca names the CA that signed it, broker.url the host that it is for");
  if (SSL_get_error(session_.get(), result) == SSL_ERROR_ZERO_RETURN) throw Closed("the broker ended the TLS session");
  throw Closed("TLS with " + place_ + " failed: " + last_error() +
               "; is this the broker's TLS port, and does it ask for broker.tls_cert? It is tried again");
}

void Tls::take_in(std::string_view bytes) {
  BIO_write(SSL_get_rbio(session_.get()), bytes.data(), static_cast<int>(bytes.size()));
}

void Tls::encrypt(std::string_view plain) {
  ERR_clear_error();
  if (plain.empty()) return;
  const int result = SSL_write(session_.get(), plain.data(), static_cast<int>(plain.size()));
  if (result != static_cast<int>(plain.size())) fail(result);
}

void Tls::decrypt(std::string& plain) {
  char bytes[16 << 10];
  ERR_clear_error();
  int result = 0;
  while ((result = SSL_read(session_.get(), bytes, sizeof bytes)) > 0)
    plain.append(bytes, static_cast<std::size_t>(result));
  const int why = SSL_get_error(session_.get(), result);
  if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_ZERO_RETURN) fail(result);  // ended: the socket will say so too
}

void Tls::out(std::string& bytes) {
  char* data = nullptr;
  BIO* const out = SSL_get_wbio(session_.get());
  const auto size = BIO_get_mem_data(out, &data);
  bytes.append(data, static_cast<std::size_t>(size));
  (void)BIO_reset(out);
}

}  // namespace holdfast::transport::rabbitmq
