// Figures beside their limits, from one run: printed, and written as JSON.
#pragma once
#include <string>
#include <vector>

namespace holdfast::bench {

struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  double limit = 0;      // measured in the same run; 0: none
  std::string limit_is;
  double goal = 0;       // of the ratio where there is a limit, else of the value
  bool at_most = false;  // the goal is a bound from above
  double ratio() const { return limit > 0 ? value / limit : value; }
  bool met() const { return goal == 0 || (at_most ? ratio() <= goal : ratio() >= goal); }
};

/// A figure and its limit are measured in turn, so often, and their medians compared: the machine's mood is shared.
constexpr int rounds_in_turn = 3;
double median(std::vector<double> values);

class Report {
 public:
  void add(Figure figure);          // printed at once
  bool all_met() const;
  void write(const std::string& file) const;

 private:
  std::vector<Figure> figures_;
};

}  // namespace holdfast::bench
