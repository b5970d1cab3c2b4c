// SPDX-License-Identifier: Apache-2.0

import SansIO

/// The stored form of the event: a tag, the message, who, and what they did.
extension ClientEvent.Kind {
  static let keepTag: UInt8 = 95

  init(keeping input: inout Span<UInt8>) throws(DecodingFailure) {
    let messageID = try input.readVector()
    guard let sender = String(validating: try input.readVector(), as: UTF8.self) else {
      throw .invalidValue(field: "text")
    }
    let number = Int(try input.readUInt8())
    guard number < KeepChange.allCases.count else { throw .invalidValue(field: "keep change") }
    self = .keepChanged(
      messageID: messageID, sender: sender, change: KeepChange.allCases[number])
  }

  static func encodeKeeping(
    _ messageID: [UInt8], _ sender: String, _ change: KeepChange, to output: inout ByteWriter
  ) {
    output.write(keepTag)
    output.write(vector: messageID)
    output.write(vector: Array(sender.utf8))
    output.write(UInt8(KeepChange.allCases.firstIndex(of: change) ?? 0))
  }
}
