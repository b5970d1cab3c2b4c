// SPDX-License-Identifier: Apache-2.0

extension Group {
  /// Which of its sender's keys a private message of the present epoch uses, for a checker that
  /// looks for keys used twice.
  ///
  /// - Throws: `wrongGroup`, `pastEpoch` for any other epoch, `decryptionFailed`, `decoding`.
  package func senderData(of message: PrivateMessage) throws(MLSFailure) -> SenderData {
    guard message.groupID == groupID else { throw .wrongGroup }
    guard message.epoch == epoch else { throw .pastEpoch }
    return try message.senderData(
      suite: suite, senderDataSecret: state.secrets.senderDataSecret)
  }
}
