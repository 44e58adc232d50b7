// Keys that are read: they fill what is described from JSON.

#pragma once

#include "protocols/core/keys.h"
#include "protocols/parameters/parameters.h"

namespace lockstep {

// Fills fields from `parameters`, which outlives this; the first error stands there, and so does
// what was asked for: see Parameters::Done.
class KeyReader final : public core::Keys {
 public:
  explicit KeyReader(Parameters& parameters) : parameters_(parameters) {}

  void Fail(std::string_view key, std::string_view what) override { parameters_.Fail(key, what); }
  void FailWanted(std::string_view key, std::string_view wanted) override {
    parameters_.FailWanted(key, wanted);
  }
  bool IsSaid(std::string_view key) const override { return parameters_.Has(key); }
  bool ok() const override { return parameters_.ok(); }
  Parameters& parameters() { return parameters_; }

 private:
  void OnInteger(const core::Key& key, std::uint64_t& value, core::Numbers range) override;
  void OnBool(const core::Key& key, bool& value) override;
  void OnText(const core::Key& key, std::string& value) override;
  void OnChoice(const core::Key& key, std::size_t& value,
                std::span<const core::Option> options) override;
  void OnTime(const core::Key& key, core::Duration& value, core::Duration min,
              core::Duration max) override;
  void OnRate(const core::Key& key, std::int64_t& value) override;
  void OnSize(const core::Key& key, core::ByteCount& value, core::Numbers range) override;
  void OnProbability(const core::Key& key, std::uint64_t& numerator,
                     std::uint64_t& denominator) override;
  void OnFactor(const core::Key& key, std::uint64_t& numerator, std::uint64_t& denominator,
                std::uint64_t max) override;
  void OnOther(const core::Key& key, std::string_view kind, std::string_view unit,
               const std::function<void()>& read) override;
  void OnObject(const core::Key& key, const Walk& walk) override;
  void OnOnly(bool applies, const core::Where& where, const Walk& walk) override;

  Parameters& parameters_;
};

}  // namespace lockstep
