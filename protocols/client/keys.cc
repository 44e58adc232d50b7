// The parameters of clients: see keys.h.

#include "protocols/client/keys.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace lockstep::client {
namespace {

constexpr std::uint64_t kRequestBytesMax = 1U << 30;
constexpr std::uint64_t kRateMax = 1'000'000'000;  // of all clients of a host

void DescribeMix(core::Keys& keys, core::OperationMix& mix) {
  keys.Integer({"keys", "Different keys, equally likely."}, mix.keys, {1, 1U << 20});
  keys.Integer({"gets", "Per cent of the requests that read."}, mix.get_percent, {0, 100});
  keys.Integer({"appends", "Per cent that add to a value; the rest put a new one."},
               mix.append_percent, {0, 99});
  keys.Integer({"value_bytes", "Of what is put or appended, in bytes."}, mix.value_bytes,
               {core::OperationMix::kValueBytesMin, kRequestBytesMax / 2});
  const std::uint64_t share = mix.get_percent + mix.append_percent;
  // Puts end what appends make longer.
  if (share <= (mix.append_percent > 0 ? 99 : 100)) return;
  keys.Fail("", absl::StrCat("want gets and appends of at most ", mix.append_percent > 0 ? 99 : 100,
                             " per cent together, the rest are puts; got ", share));
}

void DescribeRequests(core::Keys& keys, bool is_store, Config& config) {
  core::OperationMix mix;
  keys.Only(is_store, {"", "", "of clients of a cluster whose machine is key_value"},
            [&](core::Keys& of_store) {
              of_store.Object({"operations", "What they ask for."},
                              [&](core::Keys& operations) { DescribeMix(operations, mix); });
            });
  if (is_store) {
    config.operations = mix;
    config.request_bytes = mix.RequestBytes();
  }
  keys.Only(!is_store, {"", "", "of clients of other machines than key_value"},
            [&](core::Keys& of_others) {
              of_others.Integer(core::Required("request_bytes", "Size of each request, in bytes."),
                                config.request_bytes, {0, kRequestBytesMax});
            });
}

}  // namespace

void Describe(core::Keys& keys, const Asking& asking, Config& config) {
  constexpr std::uint64_t kClientsMax = 1U << 20;
  constexpr std::uint64_t kWindowMax = 1U << 16;
  constexpr std::uint64_t kRequestsMax = std::uint64_t{1} << 39;
  keys.Integer({"clients", "Clients of each host."}, config.count, {1, kClientsMax});
  keys.Integer({"window",
                "Requests of one client that may be open at a time, from the oldest to the newest. "
                "In an open loop a request that finds it full is turned away, and counted."},
               config.window, {1, kWindowMax});
  keys.Integer({"requests", "That each client makes in all, anew after each restart.", false,
                "0, it never ends"},
               config.requests, {0, kRequestsMax});
  config.retry = core::Duration::Seconds(1);
  keys.Period(
      {"retry", "A request that is not answered for so long is sent again, to the next replica."},
      config.retry);
  DescribeRequests(keys, asking.is_store, config);
  keys.Only(!asking.is_open, {"client", "closed"}, [&](core::Keys& closed) {
    closed.Time({"think", "Between an answer and the next request."}, config.think);
  });
  keys.Only(asking.is_open, {"client", "open"}, [&](core::Keys& open) {
    open.Integer(core::Required("rate", "Requests per second of each client, on average."),
                 config.rate_per_s, {1, kRateMax});
    if (open.ok() && config.rate_per_s * config.count > kRateMax) {
      open.Fail("rate", absl::StrCat("want at most ", kRateMax, " requests per second of a host's ",
                                     config.count, " clients together"));
    }
  });
}

}  // namespace lockstep::client
