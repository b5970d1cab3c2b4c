// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

extension PeerRow {
  /// When the user compared the number of the key that is pinned; `nil` as well while the directory
  /// or a group says that the key is another one.
  var comparedAt: Instant? { standing == .trusted ? verifiedAt : nil }
}

/// Safety numbers, and the mark of those that were compared (identity.md, safety number).
extension ClientStep {
  mutating func reportSafetyNumber(
    with address: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let peer = try contact(address, token) else { return }
    var report = report(of: peer, try safetyNumber(with: peer))
    report.offeredDigits = try offeredNumber(of: peer)?.digits
    respond(token, .safetyNumber(report))
  }

  /// Sets the mark, if what the peer's screen shows is what this one does. A comparison that fails
  /// changes nothing.
  mutating func verify(
    _ address: String, by proof: SafetyProof, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard var peer = try contact(address, token) else { return }
    // While the key is in doubt, the number shown is not the one that the others have.
    switch peer.standing {
    case .trusted: break
    case .identityChanged:
      return refuse(token, .identityChanged, "The identity key of this address has changed.")
    case .contradicted:
      return refuse(
        token, .manifestInvalid, "The device list of this address is contradicted.")
    }
    let number = try safetyNumber(with: peer)
    guard agrees(proof, with: number, token) else { return }
    peer.verifiedAt = now
    try transaction.put(peer)
    try shareMark(of: peer)
    respond(token, .safetyNumber(report(of: peer, number)))
  }

  /// Takes the mark off.
  mutating func unverify(
    _ address: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard var peer = try contact(address, token) else { return }
    peer.verifiedAt = nil
    try transaction.put(peer)
    try shareMark(of: peer)
    respond(token, .safetyNumber(report(of: peer, try safetyNumber(with: peer))))
  }

  /// Somebody whose key is pinned; answers the request when there is none.
  private mutating func contact(
    _ address: String, _ token: RequestToken
  ) throws(ClientStoreFailure) -> PeerRow? {
    guard try registered(token) != nil else { return nil }
    guard let peer = try transaction.peer(address: address) else {
      refuse(token, .unknownConversation, "There was no contact with this address yet.")
      return nil
    }
    return peer
  }

  /// Made of the own key and of the pinned one.
  private func safetyNumber(with peer: PeerRow) throws(ClientStoreFailure) -> SafetyNumber {
    guard let device = state.device, let accountID = AccountID(peer.accountID),
      let key = SignaturePublicKey(peer.identityKey)
    else { throw .corrupt("peer") }
    return SafetyNumber(
      own: IdentityFingerprint(accountID: device.accountID, aik: device.signer.aik),
      peer: IdentityFingerprint(accountID: accountID, aik: key))
  }

  func report(of peer: PeerRow, _ number: SafetyNumber) -> SafetyNumberReport {
    SafetyNumberReport(
      address: peer.address, digits: number.digits, code: SafetyCode(number: number).text,
      verifiedAt: peer.comparedAt, identityChanged: peer.standing == .identityChanged)
  }

  /// Whether both screens show the same; answers the request when they do not.
  mutating func agrees(
    _ proof: SafetyProof, with number: SafetyNumber, _ token: RequestToken
  ) -> Bool {
    switch proof {
    case .compared: return true
    case .number(let text):
      let digits = text.utf8.filter { !Self.isWhiteSpace($0) }
      let own = Array(number.digits.utf8)
      guard digits.count == own.count, !digits.contains(where: { !(0x30...0x39).contains($0) })
      else {
        refuse(token, .badRequest, "A safety number has 60 digits.")
        return false
      }
      if constantTimeEquals(digits, own) { return true }
    case .code(let text):
      let trimmed = text.utf8.filter { !Self.isWhiteSpace($0) }
      guard let scanned = try? SafetyCode(text: String(decoding: trimmed, as: UTF8.self)) else {
        refuse(token, .badRequest, "This is no safety code.")
        return false
      }
      switch SafetyCode(number: number).compare(scanned: scanned) {
      case .match: return true
      case .mismatch: break
      case .otherAccounts:
        refuse(
          token, .safetyNumberMismatch, "This is the code of two other accounts, or your own.")
        return false
      }
    }
    refuse(
      token, .safetyNumberMismatch,
      "The numbers differ: somebody may stand between, or a key has changed.")
    return false
  }

  /// What people write between groups of digits, and what a terminal puts into a long line.
  private static func isWhiteSpace(_ unit: UInt8) -> Bool {
    unit == 0x20 || (0x09...0x0d).contains(unit)
  }
}
