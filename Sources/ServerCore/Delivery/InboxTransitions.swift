// SPDX-License-Identifier: Apache-2.0

import SansIO

extension StoreTransaction {
  /// Deletes what the device says it has stored. Only its own inbox can be meant.
  mutating func acknowledgeInbox(
    of key: DeviceKey, upTo seq: UInt64
  ) throws(StoreFailure) -> StoreAnswer {
    guard var device = try device(key) else { return .refused(.notADevice) }
    let deleted = try deleteInboxEntries(of: device.id, through: seq)
    guard deleted.entries > 0 else { return .done }
    device.inboxEntries -= deleted.entries
    device.inboxBytes -= deleted.bytes
    try updateDevice(device)
    return .done
  }

  /// Whether an inbox has room for one more body of this size.
  func hasRoom(in device: DeviceRow, forBytes count: Int) -> Bool {
    device.inboxEntries < ServerLimits.inboxEntriesMax
      && device.inboxBytes + UInt64(count) <= ServerLimits.inboxBytesMax
  }

  /// Puts one body into the inboxes of some devices; the body is stored once.
  mutating func deliver(
    _ body: [UInt8], to devices: [DeviceRow], accepted: Instant
  ) throws(StoreFailure) {
    guard !devices.isEmpty else { return }
    let bodyID = try insertInboxBody(body)
    for row in devices {
      // Read again: one commit may hold several bodies for one device.
      guard var device = try device(row: row.id) else { throw .corrupt }
      device.inboxHead += 1
      device.inboxEntries += 1
      device.inboxBytes += UInt64(body.count)
      try insertInboxEntry(
        InboxRow(
          device: device.id, seq: device.inboxHead, body: bodyID, byteCount: UInt64(body.count),
          accepted: accepted, expires: accepted + ServerLimits.entryRetention))
      try updateDevice(device)
    }
  }
}

extension StoreReading {
  func readInbox(
    of key: DeviceKey, after seq: UInt64, limit: PageLimit
  ) throws(StoreFailure) -> ReadAnswer {
    guard let device = try device(key) else { return .refused(.notADevice) }
    return .inbox(try inboxPage(of: device.id, after: seq, limit: limit))
  }
}
