// SPDX-License-Identifier: Apache-2.0

package import Identity
package import SansIO

extension InMemoryStore: StoreTransaction {
  package func account(_ address: Address) -> AccountRow? { accounts[address]?.row }

  package func device(_ key: DeviceKey) -> DeviceRow? {
    guard let id = accounts[key.address]?.devices[key.deviceID] else { return nil }
    return devices[id]?.row
  }

  package func device(row: RowID) -> DeviceRow? { devices[row]?.row }

  package func devices(of account: RowID) -> [DeviceRow] {
    guard let account = accounts.values.first(where: { $0.row.id == account }) else { return [] }
    return account.devices.values.compactMap { id in devices[id]?.row }
      .sorted { left, right in left.deviceID < right.deviceID }
  }

  package mutating func insertAccount(
    _ address: Address, manifest: [UInt8], hash: Fingerprint
  ) -> RowID {
    let id = newID()
    accounts[address] = Account(
      row: AccountRow(id: id, manifest: manifest, manifestHash: hash, firstHash: hash))
    return id
  }

  package mutating func replaceManifest(
    of account: RowID, by manifest: [UInt8], hash: Fingerprint
  ) {
    guard let address = address(of: account), let old = accounts[address]?.row else { return }
    accounts[address]?.row = AccountRow(
      id: account, manifest: manifest, manifestHash: hash, firstHash: old.firstHash)
  }

  package mutating func insertDevice(_ id: DeviceID, of account: RowID) {
    guard let address = address(of: account) else { return }
    let row = newID()
    accounts[address]?.devices[id] = row
    devices[row] = Device(
      row: DeviceRow(id: row, deviceID: id, inboxHead: 0, inboxEntries: 0, inboxBytes: 0),
      address: address)
  }

  package mutating func deleteDevice(_ id: RowID) {
    guard let device = devices[id] else { return }
    for entry in device.inbox { release(entry.body) }
    accounts[device.address]?.devices[device.row.deviceID] = nil
    devices[id] = nil
  }

  package mutating func updateDevice(_ device: DeviceRow) { devices[device.id]?.row = device }

  private func address(of account: RowID) -> Address? {
    accounts.first { _, value in value.row.id == account }?.key
  }

  // MARK: Key packages

  package func keyPackageCount(of device: RowID) -> Int { devices[device]?.keyPackages.count ?? 0 }

  package func lastResort(of device: RowID) -> [UInt8]? { devices[device]?.lastResort }

  package func isKnownKeyPackage(_ hash: Fingerprint, of device: RowID) -> Bool {
    guard let device = devices[device] else { return false }
    return device.spent[hash] != nil || device.keyPackages.contains { $0.hash == hash }
  }

  package mutating func insertKeyPackage(
    _ body: [UInt8], hash: Fingerprint, of device: RowID
  ) {
    devices[device]?.keyPackages.append(KeyPackage(body: body, hash: hash))
  }

  package mutating func takeKeyPackage(
    of device: RowID
  ) -> (body: [UInt8], hash: Fingerprint)? {
    guard devices[device]?.keyPackages.isEmpty == false else { return nil }
    guard let taken = devices[device]?.keyPackages.removeFirst() else { return nil }
    return (taken.body, taken.hash)
  }

  package mutating func rememberSpentKeyPackage(
    _ hash: Fingerprint, of device: RowID, until: Instant
  ) {
    devices[device]?.spent[hash] = until
  }

  package mutating func setLastResort(_ body: [UInt8], of device: RowID) {
    devices[device]?.lastResort = body
  }

  package mutating func forgetSpentKeyPackages(at now: Instant, limit: Int) -> Int {
    var lapsed: [(until: Instant, device: RowID, hash: Fingerprint)] = []
    for (id, device) in devices {
      for (hash, until) in device.spent where until <= now { lapsed.append((until, id, hash)) }
    }
    lapsed.sort { ($0.until, $0.device, $0.hash) < ($1.until, $1.device, $1.hash) }
    for row in lapsed.prefix(limit) { devices[row.device]?.spent[row.hash] = nil }
    return min(lapsed.count, limit)
  }

  // MARK: Inboxes

  package func inboxPage(of device: RowID, after seq: UInt64, limit: PageLimit) -> InboxPage {
    var entries: [InboxPage.Entry] = []
    var bytes = 0
    for row in devices[device]?.inbox ?? [] where row.seq > seq {
      let size = Int(row.byteCount)
      let fits = entries.count < limit.entries && bytes + size <= limit.bytes
      guard fits || entries.isEmpty else { return InboxPage(entries: entries, hasMore: true) }
      entries.append(
        InboxPage.Entry(
          seq: row.seq, body: bodies[row.body]?.bytes ?? [], accepted: row.accepted))
      bytes += size
    }
    return InboxPage(entries: entries, hasMore: false)
  }

  package mutating func insertInboxBody(_ body: [UInt8]) -> RowID {
    let id = newID()
    bodies[id] = Body(bytes: body, references: 0)
    return id
  }

  package mutating func insertInboxEntry(_ entry: InboxRow) {
    devices[entry.device]?.inbox.append(entry)
    bodies[entry.body]?.references += 1
  }

  package mutating func deleteInboxEntries(
    of device: RowID, through seq: UInt64
  ) -> InboxDeletion {
    let gone = devices[device]?.inbox.filter { $0.seq <= seq } ?? []
    devices[device]?.inbox.removeAll { $0.seq <= seq }
    for entry in gone { release(entry.body) }
    return InboxDeletion(
      entries: UInt64(gone.count), bytes: gone.reduce(0) { $0 + $1.byteCount })
  }

  package func lapsedInboxEntries(at now: Instant, limit: Int) -> [InboxRow] {
    let lapsed = devices.values.flatMap { device in device.inbox.filter { $0.expires <= now } }
    let sorted = lapsed.sorted {
      ($0.expires, $0.device, $0.seq) < ($1.expires, $1.device, $1.seq)
    }
    return Array(sorted.prefix(limit))
  }

  package mutating func deleteInboxEntry(_ entry: InboxRow) {
    devices[entry.device]?.inbox.removeAll { $0.seq == entry.seq }
    release(entry.body)
  }

  private mutating func release(_ body: RowID) {
    bodies[body]?.references -= 1
    if bodies[body]?.references == 0 { bodies[body] = nil }
  }
}
