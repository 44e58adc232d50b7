// The parameters of Kafka's channel and brokers.

#pragma once

#include "protocols/core/keys.h"
#include "protocols/kafka/config.h"

namespace lockstep::kafka {

// All that may be set, where topics stand there before.
void Describe(core::Keys& keys, ChannelConfig& config);
void Describe(core::Keys& keys, BrokerConfig& config);

}  // namespace lockstep::kafka
