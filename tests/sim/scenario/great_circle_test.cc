// Distances on a sphere, against numbers worked out elsewhere.

#include "sim/scenario/great_circle.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using sim::LightTime;
using sim::Place;

// From degrees times 1e5, as maps give them.
Place At(std::int64_t latitude, std::int64_t longitude) {
  return {latitude * 100, longitude * 100};
}

constexpr std::int64_t kNanosecond = 1'000;  // picoseconds: what the formula is good to

bool IsWithin(std::int64_t ps, std::int64_t wanted, std::int64_t off = kNanosecond) {
  CAPTURE(ps);
  CAPTURE(wanted);
  return ps >= wanted - off && ps <= wanted + off;
}

}  // namespace

TEST_CASE("great circle: a quarter and a half of the Earth take what the formula says") {
  // 6371008.8 m * pi / 2 * 3 / (2 * 299792458 m/s) = 50.0724265 ms.
  const std::int64_t quarter = 50'072'426'544;
  CHECK(IsWithin(LightTime(At(0, 0), At(0, 9'000'000)).ps(), quarter));
  CHECK(IsWithin(LightTime(At(0, 0), At(9'000'000, 1'234'500)).ps(), quarter));
  CHECK(IsWithin(LightTime(At(0, 0), At(0, 18'000'000)).ps(), 2 * quarter));
  CHECK(IsWithin(LightTime(At(-9'000'000, 0), At(9'000'000, 0)).ps(), 2 * quarter));
}

TEST_CASE("great circle: cities are as far apart as double precision says") {
  const Place seattle = At(4'760'621, -12'233'207);
  const Place chicago = At(4'185'003, -8'765'005);
  const Place london = At(5'150'853, -12'574);
  const Place tokyo = At(3'568'950, 13'969'171);
  const Place honolulu = At(2'130'694, -15'785'833);
  // haversine(a, b) / (2/3 c), in Python.
  CHECK(IsWithin(LightTime(seattle, chicago).ps(), 13'952'985'227));
  CHECK(IsWithin(LightTime(london, tokyo).ps(), 47'825'813'463));
  CHECK(IsWithin(LightTime(honolulu, tokyo).ps(), 31'049'524'275));  // Across the date line.
}

TEST_CASE("great circle: the way back is as long, and no way takes no time") {
  const Place a = At(-3'386'785, 15'120'732);
  const Place b = At(4'076'083, -7'398'793);
  CHECK(LightTime(a, b) == LightTime(b, a));
  CHECK(LightTime(a, a).ps() == 0);
}

TEST_CASE("great circle: a hundred metres are a hundred metres") {
  // 0.0009 degrees of latitude are 100.0756 m, which take 500.724757 ns.
  const Place here = At(4'737'000, 854'000);
  Place there = here;
  there.latitude += 9'000;
  CHECK(IsWithin(LightTime(here, there).ps(), 500'724));
}

}  // namespace lockstep::tests
