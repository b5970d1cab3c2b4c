// SPDX-License-Identifier: Apache-2.0

import GRDB
import Identity
import SansIO
import ServerCore

extension SQLiteTransaction {
  func account(_ address: Address) throws(StoreFailure) -> AccountRow? {
    try first(
      "SELECT id, manifest, manifest_hash, first_hash FROM account WHERE address = ?",
      [address.description]
    ) { row in
      AccountRow(
        id: row.id(0), manifest: row.bytes(1), manifestHash: try row.fixed(2),
        firstHash: try row.fixed(3))
    }
  }

  private static let deviceColumns =
    "d.id, d.device_id, d.inbox_head, d.inbox_entries, d.inbox_bytes"

  private static func device(_ row: Row) -> DeviceRow {
    DeviceRow(
      id: row.id(0), deviceID: DeviceID(rawValue: UInt32(clamping: row.number(1))),
      inboxHead: row.number(2), inboxEntries: row.number(3), inboxBytes: row.number(4))
  }

  func device(_ key: DeviceKey) throws(StoreFailure) -> DeviceRow? {
    try first(
      """
      SELECT \(Self.deviceColumns) FROM account AS a JOIN device AS d ON d.account = a.id
      WHERE a.address = ? AND d.device_id = ?
      """,
      [key.address.description, Int64(key.deviceID.rawValue)], Self.device)
  }

  func device(row: RowID) throws(StoreFailure) -> DeviceRow? {
    try first(
      "SELECT \(Self.deviceColumns) FROM device AS d WHERE d.id = ?", [row.rawValue], Self.device)
  }

  func devices(of account: RowID) throws(StoreFailure) -> [DeviceRow] {
    try all(
      "SELECT \(Self.deviceColumns) FROM device AS d WHERE d.account = ? ORDER BY d.device_id",
      [account.rawValue], Self.device)
  }

  func insertAccount(
    _ address: Address, manifest: [UInt8], hash: Fingerprint
  ) throws(StoreFailure) -> RowID {
    try insert(
      "INSERT INTO account (address, manifest, manifest_hash, first_hash) VALUES (?, ?, ?, ?)",
      [address.description, manifest.stored, hash.stored, hash.stored])
  }

  func replaceManifest(
    of account: RowID, by manifest: [UInt8], hash: Fingerprint
  ) throws(StoreFailure) {
    try run(
      "UPDATE account SET manifest = ?, manifest_hash = ? WHERE id = ?",
      [manifest.stored, hash.stored, account.rawValue])
  }

  func insertDevice(_ id: DeviceID, of account: RowID) throws(StoreFailure) {
    try run(
      "INSERT INTO device (account, device_id) VALUES (?, ?)",
      [account.rawValue, Int64(id.rawValue)])
  }

  func deleteDevice(_ id: RowID) throws(StoreFailure) {
    _ = try deleteInboxEntries(of: id, through: UInt64(Int64.max))
    try run("DELETE FROM key_package WHERE device = ?", [id.rawValue])
    try run("DELETE FROM spent_key_package WHERE device = ?", [id.rawValue])
    try run("DELETE FROM last_resort WHERE device = ?", [id.rawValue])
    try run("DELETE FROM device WHERE id = ?", [id.rawValue])
  }

  func updateDevice(_ device: DeviceRow) throws(StoreFailure) {
    try run(
      "UPDATE device SET inbox_head = ?, inbox_entries = ?, inbox_bytes = ? WHERE id = ?",
      [
        device.inboxHead.stored, device.inboxEntries.stored, device.inboxBytes.stored,
        device.id.rawValue,
      ])
  }

  // MARK: Key packages

  func keyPackageCount(of device: RowID) throws(StoreFailure) -> Int {
    try first("SELECT COUNT(*) FROM key_package WHERE device = ?", [device.rawValue]) { row in
      Int(clamping: row.number(0))
    } ?? 0
  }

  func lastResort(of device: RowID) throws(StoreFailure) -> [UInt8]? {
    try first("SELECT body FROM last_resort WHERE device = ?", [device.rawValue]) { row in
      row.bytes(0)
    }
  }

  func isKnownKeyPackage(
    _ hash: Fingerprint, of device: RowID
  ) throws(StoreFailure) -> Bool {
    try first(
      """
      SELECT 1 FROM key_package WHERE device = ?1 AND hash = ?2
      UNION ALL SELECT 1 FROM spent_key_package WHERE device = ?1 AND hash = ?2
      """,
      [device.rawValue, hash.stored]
    ) { _ in true } ?? false
  }

  func insertKeyPackage(
    _ body: [UInt8], hash: Fingerprint, of device: RowID
  ) throws(StoreFailure) {
    try run(
      "INSERT INTO key_package (device, hash, body) VALUES (?, ?, ?)",
      [device.rawValue, hash.stored, body.stored])
  }

  func takeKeyPackage(
    of device: RowID
  ) throws(StoreFailure) -> (body: [UInt8], hash: Fingerprint)? {
    let oldest: (id: Int64, body: [UInt8], hash: Fingerprint)? = try first(
      "SELECT id, body, hash FROM key_package WHERE device = ? ORDER BY id LIMIT 1",
      [device.rawValue]
    ) { row in (row[0], row.bytes(1), try row.fixed(2)) }
    guard let oldest else { return nil }
    try run("DELETE FROM key_package WHERE id = ?", [oldest.id])
    return (oldest.body, oldest.hash)
  }

  func rememberSpentKeyPackage(
    _ hash: Fingerprint, of device: RowID, until: Instant
  ) throws(StoreFailure) {
    try run(
      "INSERT OR REPLACE INTO spent_key_package (device, hash, until) VALUES (?, ?, ?)",
      [device.rawValue, hash.stored, until.milliseconds])
  }

  func setLastResort(_ body: [UInt8], of device: RowID) throws(StoreFailure) {
    try run(
      "INSERT OR REPLACE INTO last_resort (device, body) VALUES (?, ?)",
      [device.rawValue, body.stored])
  }

  func forgetSpentKeyPackages(at now: Instant, limit: Int) throws(StoreFailure) -> Int {
    try delete(
      """
      DELETE FROM spent_key_package WHERE (device, hash) IN (
        SELECT device, hash FROM spent_key_package WHERE until <= ?
        ORDER BY until, device, hash LIMIT ?)
      """,
      [now.milliseconds, limit])
  }
}
