// The smallest protocol: see pingpong.h.

#include "protocols/pingpong/pingpong.h"

#include "protocols/core/wire.h"

namespace lockstep::pingpong {
using namespace core;  // One room below: the example reads better without the prefix.
static constexpr FieldSpec kLap[] = {{"lap", Role::kRound}};
static constexpr TypeSpec kTypes[] = {{"pingpong.ball", kLap}};
static Bytes Ball(std::uint64_t lap) {
  Encoder encoder;
  encoder.U8(0);  // the type
  encoder.U64(lap);
  return encoder.Take();
}

void Describe(Keys& keys, Config& config) {
  keys.Period({"retry", "How long replica 0 waits for the ball before it serves again."},
              config.retry);
}

void Player::OnStart(const Now& now, std::span<const Bytes>, Effects& out) {
  if (index_ == 0) OnTimer(now, TimerId(0), out);
}
void Player::OnTimer(const Now& now, TimerId timer, Effects& out) {
  out.Send(cluster_.Replica(index_ + 1), Ball(++lap_));
  if (index_ == 0) out.SetTimer(timer, now.monotonic() + retry_);
}
void Player::OnMessage(const Now& now, NodeId from, const Bytes& payload, Effects& out) {
  FieldedMessage ball;
  const bool is_ball = Fields().Read(payload, ball);
  const std::uint64_t lap = is_ball ? ball.fields[0].values.first : 0;
  if (!is_ball) out.Note({NoteKind::kMalformed, from, {}, {}, 0, 0});
  if (lap < lap_ + (index_ == 0 ? 0 : 1)) return;  // Lost once, and served again meanwhile.
  if (index_ == 0) out.Note({NoteKind::kState, from, {}, {lap, 1, 1}, 0, 0});
  lap_ = index_ == 0 ? lap : lap - 1;
  OnTimer(now, TimerId(0), out);
}

std::span<const TypeSpec> Fields::types() const { return kTypes; }
bool Fields::Read(const Bytes& payload, FieldedMessage& out) const {
  Decoder decoder(payload);
  const bool is_ball = decoder.U8() == 0;
  out = {0, {Field::Number(0, decoder.U64())}};
  return is_ball && decoder.ok() && decoder.remaining() == 0;
}
Bytes Fields::Build(const FieldedMessage& ball, const Signer&, Identity) const {
  return Ball(ball.fields[0].values.first);
}
}  // namespace lockstep::pingpong
