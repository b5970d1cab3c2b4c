// SPDX-License-Identifier: Apache-2.0
import SansIO
extension RatchetTree {
  func validateMembers(_ requirements: LeafRequirements) throws(MLSFailure) {}
  func validateAsJoiner(groupID: [UInt8], requirements: LeafRequirements, now: Instant) throws(MLSFailure) {}
}
