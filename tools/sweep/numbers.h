// Numbers of sweeps as text: rounded to a few digits, so that the last bit of a machine's pow()
// decides nothing, and printed as short as they are.

#pragma once

#include <string>

#include "nlohmann/json.hpp"

namespace lockstep::sweep {

// The nearest number of so many significant digits, or so many digits behind the point.
double RoundToDigits(double number, int significant);
double RoundToDecimals(double number, int decimals);

// A whole number small enough for a double to hold its neighbours too.
bool IsWhole(double number);

// "0.001", "31.6", "1000": the shortest text that reads back as the same, never with an exponent.
std::string TextOf(double number);
// The same as JSON: whole numbers without a point.
nlohmann::json JsonOf(double number);
// "[1, 1000]" for 0.001: the decimal as it is printed, over a power of ten. For numbers from 0 to
// 1000 of at most 15 digits behind the point.
std::string RatioTextOf(double number);

}  // namespace lockstep::sweep
