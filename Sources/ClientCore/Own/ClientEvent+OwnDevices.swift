// SPDX-License-Identifier: Apache-2.0

import SansIO

/// What has become of another device of this account.
public enum OwnDeviceChange: String, CaseIterable, Hashable, Sendable {
  /// It was linked. Its name is told when it has said it.
  case linked
  /// It is called something, or something else than before.
  case named
  /// It was taken out.
  case removed
}

/// The stored form of the event: a tag, the number, what became of it, and the name or nothing.
extension ClientEvent.Kind {
  static let ownDeviceTag: UInt8 = 96

  init(ownDevice input: inout Span<UInt8>) throws(DecodingFailure) {
    let deviceID = try input.readUInt32()
    let number = Int(try input.readUInt8())
    guard number < OwnDeviceChange.allCases.count else {
      throw .invalidValue(field: "device change")
    }
    guard
      let name = String(
        validating: try input.readVector(maximum: OwnKey.nameBytesMax), as: UTF8.self)
    else { throw .invalidValue(field: "text") }
    self = .ownDeviceChanged(
      deviceID: deviceID, change: OwnDeviceChange.allCases[number],
      name: name.isEmpty ? nil : name)
  }

  static func encodeOwnDevice(
    _ deviceID: UInt32, _ change: OwnDeviceChange, _ name: String?, to output: inout ByteWriter
  ) {
    output.write(ownDeviceTag)
    output.write(deviceID)
    output.write(UInt8(OwnDeviceChange.allCases.firstIndex(of: change) ?? 0))
    output.write(vector: Array((name ?? "").utf8))
  }
}
