// Certificates for tests, made by the openssl command.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace holdfast::tls_test {

namespace fs = std::filesystem;

/// A CA, a certificate of the broker for "localhost" alone, one of a client; another CA.
class Certificates {
 public:
  Certificates() {
    std::string pattern = (fs::temp_directory_path() / "holdfast-tls-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    fs::permissions(folder_, fs::perms(0755));
    std::ofstream(folder_ / "names") << "subjectAltName=DNS:localhost\n";
    authority("ca"), authority("other");
    sign("broker"), sign("client");
    join("client", "both.pem"), join("broker", "broker-both.pem");
  }
  ~Certificates() { fs::remove_all(folder_); }
  fs::path operator/(const std::string& file) const { return folder_ / file; }

 private:
  void run(const std::string& words) const {
    const auto command = "cd " + folder_.string() + " && openssl " + words + " 2>log";
    if (std::system(command.c_str()) != 0) throw std::runtime_error(command);
  }
  void authority(const std::string& name) const {
    run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" + name + " -keyout " + name +
        ".key -out " + name + ".pem");
  }
  void sign(const std::string& name) const {
    run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name + " -keyout " + name + ".key -out " +
        name + ".csr");
    run("x509 -req -days 2 -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -in " + name + ".csr -out " + name +
        ".pem");
    fs::permissions(folder_ / (name + ".key"), fs::perms(0644));
  }
  void join(const std::string& name, const std::string& file) const {
    std::ofstream both(folder_ / file);
    both << std::ifstream(folder_ / (name + ".pem")).rdbuf() << std::ifstream(folder_ / (name + ".key")).rdbuf();
  }
  fs::path folder_;
};

}  // namespace holdfast::tls_test
