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

}  // namespace holdfast::rabbit_test
