// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

// The account, its key packages, peers and conversations, column by column.

extension AccountRow: StoredRow {
  static let sql = RowSQL(
    "account", key: ["slot"],
    columns: [
      "slot", "address", "account_id", "device_id", "phase", "invite", "secrets", "manifest",
      "inbox_cursor", "created_at",
    ])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    reader.skip()
    self.init(
      address: try reader.text(), accountID: try reader.bytes(), deviceID: try reader.small(),
      phase: try reader.word(), invite: try reader.text(), secrets: try reader.secret(),
      manifest: try reader.bytes(), inboxCursor: try reader.number(),
      createdAt: try reader.instant())
  }

  func write(to writer: inout RowWriter) {
    writer.ordinal(1)
    writer.text(address)
    writer.bytes(accountID)
    writer.small(deviceID)
    writer.word(phase)
    writer.text(invite)
    writer.secret(secrets)
    writer.bytes(manifest)
    writer.number(inboxCursor)
    writer.instant(createdAt)
  }
}

extension KeyPackageRow: StoredRow {
  static let sql = RowSQL(
    "key_package", key: ["reference"],
    columns: [
      "reference", "bundle", "last_resort", "created_at", "expires_at",
    ])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      reference: try reader.bytes(), bundle: try reader.secret(), lastResort: try reader.flag(),
      createdAt: try reader.instant(), expiresAt: try reader.instant())
  }

  func write(to writer: inout RowWriter) {
    writer.bytes(reference)
    writer.secret(bundle)
    writer.flag(lastResort)
    writer.instant(createdAt)
    writer.instant(expiresAt)
  }
}

extension PeerRow: StoredRow {
  static let sql = RowSQL(
    "peer", key: ["address"],
    columns: [
      "address", "account_id", "identity_key", "manifest", "manifest_version", "standing",
      "offered_identity_key", "manifest_wanted", "first_seen_at", "verified_at",
    ])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      address: try reader.text(), accountID: try reader.bytes(), identityKey: try reader.bytes(),
      manifest: try reader.bytes(), manifestVersion: try reader.small(),
      standing: try reader.word(), offeredIdentityKey: try reader.bytes(),
      manifestWanted: try reader.flag(), firstSeenAt: try reader.instant(),
      verifiedAt: try reader.optionalInstant())
  }

  func write(to writer: inout RowWriter) {
    writer.text(address)
    writer.bytes(accountID)
    writer.bytes(identityKey)
    writer.bytes(manifest)
    writer.small(manifestVersion)
    writer.word(standing)
    writer.bytes(offeredIdentityKey)
    writer.flag(manifestWanted)
    writer.instant(firstSeenAt)
    writer.instant(verifiedAt)
  }
}

extension WelcomeRow: StoredRow {
  static let sql = RowSQL(
    "welcome", key: ["inbox_seq"],
    columns: [
      "inbox_seq", "body", "accepted_at", "attempts",
    ])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      inboxSeq: try reader.number(), body: try reader.bytes(), acceptedAt: try reader.instant(),
      attempts: try reader.small())
  }

  func write(to writer: inout RowWriter) {
    writer.number(inboxSeq)
    writer.bytes(body)
    writer.instant(acceptedAt)
    writer.small(attempts)
  }
}

extension ConversationRow: StoredRow {
  static let sql = RowSQL(
    "conversation", key: ["id"],
    columns: [
      "id", "address", "phase", "generation", "restarts", "restarts_since", "created_at",
      "last_activity_at",
    ])

  init(reading reader: inout RowReader) throws(ClientStoreFailure) {
    self.init(
      id: try reader.bytes(), address: try reader.text(), phase: try reader.word(),
      generation: try reader.small(), restarts: try reader.small(),
      restartsSince: try reader.instant(), createdAt: try reader.instant(),
      lastActivityAt: try reader.instant())
  }

  func write(to writer: inout RowWriter) {
    writer.bytes(id)
    writer.text(address)
    writer.word(phase)
    writer.small(generation)
    writer.small(restarts)
    writer.instant(restartsSince)
    writer.instant(createdAt)
    writer.instant(lastActivityAt)
  }
}
