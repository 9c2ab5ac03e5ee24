#include "rabbitmq_server/brokers.hpp"

namespace holdfast::rabbit_test {
namespace {

constexpr int at_once = 32;  // rabbitmqctl takes a second to start

std::string name_of(int number) { return "t" + std::to_string(number); }

void make_some(int first) {
  const std::string range = std::to_string(first) + "," + std::to_string(first + at_once - 1);
  server().ctl({"eval",
                "[begin V = list_to_binary(\"t\" ++ integer_to_list(N)), rabbit_vhost:add(V, <<\"test\">>), "
                "rabbit_auth_backend_internal:set_permissions(<<\"holdfast\">>, V, <<\".*\">>, <<\".*\">>, <<\".*\">>, "
                "<<\"test\">>) end || N <- lists:seq(" +
                    range + ")]."});
}

}  // namespace

servers::Rabbit& server() {
  static servers::Rabbit rabbit;
  return rabbit;
}

Vhost::Vhost() {
  static int number = 0, made = 0;
  if (++number > made) make_some(number), made += at_once;
  name_ = name_of(number);
}

std::string Vhost::url_as(const std::string& user, const std::string& configure, const std::string& write,
                          const std::string& read) const {
  const std::string own = user + "-" + name_, own_words = "<<\"" + own + "\">>";
  server().ctl({"eval", "rabbit_auth_backend_internal:add_user(" + own_words +
                            ", <<\"secret\">>, <<\"test\">>), rabbit_auth_backend_internal:set_permissions(" +
                            own_words + ", <<\"" + name_ + "\">>, <<\"" + configure + "\">>, <<\"" + write +
                            "\">>, <<\"" + read + "\">>, <<\"test\">>)."});
  return "amqp://" + own + ":secret@127.0.0.1:" + std::to_string(server().port()) + "/" + name_;
}

}  // namespace holdfast::rabbit_test
