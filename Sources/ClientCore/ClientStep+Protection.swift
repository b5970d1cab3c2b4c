// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// `protect show`: what each party can learn, from live state (DESIGN §8, §10).
extension ClientStep {
  mutating func reportProtection(
    of address: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try registered(token) != nil else { return }
    guard let conversation = try transaction.conversation(address: address) else {
      return refuse(token, .unknownConversation, "There is no conversation with this address.")
    }
    let peer = try transaction.peer(address: address)
    let row = try sendingGroup(of: conversation)
    let group = try row.map { (row) throws(ClientStoreFailure) in try self.group(row) }
    var devices: [ProtectionReport.Device] = []
    for member in group?.members ?? [] {
      devices.append(try describe(member, ownLeaf: group?.ownLeafIndex))
    }
    let server = try serverView(of: conversation)
    respond(
      token,
      .protection(
        ProtectionReport(
          address: address, suite: group.map { _ in ProductGroup.suiteName },
          postQuantum: group != nil, epoch: row?.epoch, lastOwnPathAt: row?.lastPathAt,
          devices: devices, verifiedAt: peer?.comparedAt,
          pinnedIdentity: peer.map {
            Hex.encode(Fingerprint(hashing: $0.identityKey).bytes)
          },
          standing: peer?.standing.rawValue ?? PeerRow.Standing.trusted.rawValue,
          server: server, parties: parties(server, devices: devices),
          unprotected: unprotected(peer))))
  }

  private mutating func describe(
    _ member: Member, ownLeaf: LeafIndex?
  ) throws(ClientStoreFailure) -> ProtectionReport.Device {
    guard let claim = try? LeafClaim(member.leafNode) else {
      return ProtectionReport.Device(address: "", deviceID: 0, own: false, certified: false)
    }
    let verdict = try check(claim.certificate, of: claim.address)
    return ProtectionReport.Device(
      address: claim.address, deviceID: claim.certificate.deviceID.rawValue,
      own: member.leafIndex == ownLeaf, certified: verdict == .trusted(peer: claim.address))
  }

  private func serverView(
    of conversation: ConversationRow
  ) throws(ClientStoreFailure) -> ProtectionReport.ServerView {
    let groups = try transaction.groups(conversationID: conversation.id)
    let outbox = try transaction.outboxRows(
      conversationID: conversation.id, phases: [.protected], limit: ClientLimits.pageMax)
    return ProtectionReport.ServerView(
      logs: groups.count { $0.phase != .creating },
      entries: groups.reduce(0) { $0 + ($1.cursor ?? 0) },
      waitingBytes: outbox.reduce(0) { $0 + $1.body.count })
  }

  private func parties(
    _ server: ProtectionReport.ServerView, devices: [ProtectionReport.Device]
  ) -> [ProtectionReport.Party] {
    [
      ProtectionReport.Party(
        name: "server",
        learns: "Stores \(server.entries) sealed entries in \(server.logs) log(s) under random "
          + "names: their padded sizes and times. It stores no sender, no member and no content. "
          + "While it runs it also sees which network address reads and writes which log."),
      ProtectionReport.Party(
        name: "directory",
        learns: "Knows both addresses, their device lists, and that somebody asked for key "
          + "packages; the Welcome told it which device was invited, and not by whom."),
      ProtectionReport.Party(
        name: "network",
        learns: "Sees that this machine talks to the service, when and how much."),
      ProtectionReport.Party(
        name: "members",
        learns: "The \(devices.count) device(s) listed read everything that is sent while they "
          + "are listed, and know who sent it."),
      ProtectionReport.Party(
        name: "this-device",
        learns: "Keeps messages and keys in a store that is encrypted while it is locked."),
    ]
  }

  private func unprotected(_ peer: PeerRow?) -> [String] {
    var lines = [
      "Messages are signed: their sender cannot deny them to those who received them.",
      "The times of messages, and who connects from where, are not hidden from a live server.",
      "Whoever controls an unlocked device reads what it shows.",
      "Signatures are classical: only what is encrypted resists a later quantum computer.",
    ]
    if peer?.comparedAt == nil {
      lines.append(
        "The safety number was not compared: the first key was taken on the directory's word.")
    }
    return lines
  }
}
