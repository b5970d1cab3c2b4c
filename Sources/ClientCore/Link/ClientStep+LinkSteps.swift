// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// What each side of linking does with what the other said.
extension ClientStep {
  /// The new device: which account, then the grant.
  mutating func take(
    _ body: [UInt8], _ joiner: inout LinkSession.Joiner, _ session: inout LinkSession
  ) throws(ClientStoreFailure) {
    if joiner.account == nil, let account: LinkAccount = session.offer.open(body, .account) {
      let device = DeviceSecrets(deviceID: account.deviceID, key: joiner.signing)
      let proof = LinkProof(
        nonce: joiner.nonce,
        selfSignature: device.selfSignature(
          account: account.accountID, aik: account.aik, dsk: account.dsk))
      joiner.account = account
      session.role = .joiner(joiner)
      session.code = session.offer.code(hello(of: joiner), account, proof)
      session.phase = .compare
      say(proof, .proof, in: &session)
    } else if let account = joiner.account,
      let grant: LinkGrant = session.offer.open(body, .grant)
    {
      guard let row = accountRow(of: grant, joiner, account, session.offer) else {
        session.phase = .failed
        session.failure = .manifestInvalid
        return
      }
      try transaction.put(row)
      // Below this is place for what was said before.
      try transaction.leaveOutLines(upTo: ClientLimits.linkedLinesBase)
      if let content = try? grant.opened(joiner.encryption, in: session.offer) {
        try keepHistoryChannel(
          HistoryChannel(grant: content, offer: session.offer), .taker, deviceID: 0)
      }
      session.phase = .done
      state.device = nil
      state.manifests = [:]
      state.allDirty = true
    }
  }

  /// The account as the grant gives it; nil unless all of it fits what was compared.
  private func accountRow(
    of grant: LinkGrant, _ joiner: LinkSession.Joiner, _ account: LinkAccount, _ offer: LinkOffer
  ) -> AccountRow? {
    guard let content = try? grant.open(joiner.encryption, in: offer),
      content.signer.accountID == account.accountID, content.signer.address == account.address,
      content.signer.aik == account.aik, content.signer.dsk.publicKey == account.dsk,
      let manifest = try? SignedManifest(decoding: content.manifest)
        .verified(account: account.accountID, pinned: account.aik),
      manifest.manifest.dsk.key == content.signer.dsk.publicKey,
      manifest.manifest.device(account.deviceID)?.signatureKey == joiner.signing.publicKey,
      let certificate = try? DeviceCertificate(decoding: content.certificate),
      let verified = try? certificate.verified(),
      verified.signatureKey == joiner.signing.publicKey,
      (try? verified.check(against: manifest, at: now)) != nil
    else { return nil }
    let device = LocalDevice(
      signer: content.signer,
      device: DeviceSecrets(deviceID: account.deviceID, key: joiner.signing),
      certificate: certificate)
    return AccountRow(
      address: account.address.description, accountID: account.accountID.bytes,
      deviceID: account.deviceID.rawValue, phase: .registered, invite: joiner.invite,
      secrets: device.encodedForStore, manifest: content.manifest, inboxCursor: 0,
      createdAt: now)
  }

  /// The device with the account: the hello, then the proof.
  mutating func take(
    _ body: [UInt8], _ host: inout LinkSession.Host, _ session: inout LinkSession
  ) throws(ClientStoreFailure) {
    guard let device = state.device,
      let manifest = state.manifests[device.address.description]?.manifest
    else { return }
    if host.hello == nil, let hello: LinkHello = session.offer.open(body, .hello) {
      // Only the device that showed the offer can have said this.
      guard Fingerprint(hashing: hello.encoded) == session.offer.helloHash else { return }
      let used = manifest.devices.map(\.id) + manifest.revoked
      let next = (used.map(\.rawValue).max() ?? 0) &+ 1
      guard let nonce = Fingerprint(entropy.bytes(Fingerprint.byteCount)) else { return }
      let account = LinkAccount(
        nonce: nonce, accountID: device.accountID, address: device.address,
        aik: device.signer.aik, dsk: device.signer.dsk.publicKey,
        deviceID: DeviceID(rawValue: next))
      host.hello = hello
      host.account = account
      session.role = .host(host)
      say(account, .account, in: &session)
    } else if host.proof == nil, let hello = host.hello, let account = host.account,
      let proof: LinkProof = session.offer.open(body, .proof)
    {
      guard Fingerprint(hashing: proof.nonce) == hello.commitment else { return }
      host.proof = proof
      session.role = .host(host)
      session.code = session.offer.code(hello, account, proof)
      session.phase = .compare
    }
  }

  /// Once the codes were compared: lists the new device in the manifest, and grants it what it
  /// needs when the server has that.
  mutating func publishLinked() throws(ClientStoreFailure) {
    guard var session = state.link, case .host(var host) = session.role, host.isConfirmed,
      !host.isPublished, state.inbox.phase == .ready, let device = state.device,
      let hello = host.hello, let proof = host.proof, let account = host.account,
      let current = state.manifests[device.address.description]
    else { return }
    if let listed = current.manifest.device(account.deviceID) {
      guard listed.signatureKey == hello.signatureKey else { return failLink(.manifestInvalid) }
      let certificate = device.signer.issueCertificate(
        deviceID: account.deviceID, key: hello.signatureKey,
        expires: now + LocalDevice.certificateValidity)
      let content = LinkGrant.content(
        signer: device.signer, manifest: current.signed.encoded, certificate: certificate.encoded)
      guard let grant = try? LinkGrant(content, to: hello, in: session.offer) else {
        return failLink(.internalFailure)
      }
      try keepHistoryChannel(
        HistoryChannel(grant: content, offer: session.offer), .giver,
        deviceID: account.deviceID.rawValue)
      host.isPublished = true
      session.role = .host(host)
      say(grant, .grant, in: &session)
      state.link = session
      try emit(.identityNotice(.devicesChanged), address: device.address.description)
      return try pumpLink()
    }
    guard try mayPublish(after: current) else { return }
    guard
      let entry = try? device.signer.entry(
        of: account.deviceID, key: hello.signatureKey, selfSignature: proof.selfSignature,
        at: now),
      let next = try? device.signer.manifest(adding: entry, after: current, at: now)
    else { return failLink(.manifestInvalid) }
    try publish(next)
  }
}
