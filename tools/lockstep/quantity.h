// Quantities for people: three digits, in the unit that leaves them before the point.
//
// Programs read whole numbers in the units that their names say; these texts are for eyes.

#pragma once

#include <string>
#include <string_view>

namespace lockstep::cli {

// 5691941 as "5.69 M", 1432.4 as "1432", 0.25 as "0.25".
std::string ShortNumber(double value);
// Of microseconds: "168 us", "16.3 ms", "1.2 s", "37.5 ns".
std::string TimeText(double us);
// Of megabits per second: "405 Mbit/s", "14.4 Gbit/s", "80 kbit/s".
std::string RateText(double mbps);
// Of bytes: "43.8 MB".
std::string SizeText(double bytes);

// A value whose unit is that of a metric ("us", "Mbit/s", "B"); of all others the number alone.
std::string QuantityText(double value, std::string_view unit);

// The unit of a metric by its name, such as "messages/s"; empty where none is known.
std::string UnitOfMetric(const std::string& name);

}  // namespace lockstep::cli
