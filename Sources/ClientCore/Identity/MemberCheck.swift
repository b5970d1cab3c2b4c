// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// What the look at a group's members came to.
enum MemberCheck: Hashable {
  /// Every leaf is a device of this account or of one peer, certified, in the manifest, and its
  /// account the pinned one.
  case trusted(peer: String)
  /// The newest manifest of this address is needed to say.
  case needsManifest(of: String)
  /// A leaf is not what it says it is.
  case refused(ClientFailureCode, address: String)
}

/// Who a leaf says it is, its certificate's signatures checked.
struct LeafClaim {
  let certificate: VerifiedDeviceCertificate
  var address: String { certificate.address.description }

  /// Reads and checks the leaf's credential: the certificate's own signatures, and that it is for
  /// the key that signs in MLS.
  init(_ leaf: LeafNode) throws(ClientFailure) {
    guard case .basic(let identity) = leaf.credential,
      let claimed = try? DeviceCertificate(decoding: identity)
    else {
      throw ClientFailure(.welcomeInvalid, "A member has no device certificate.")
    }
    do {
      certificate = try claimed.verified()
    } catch {
      throw ClientFailure(.ghostDevice, "A member's device certificate does not verify.")
    }
    guard certificate.signatureKey.bytes == leaf.signatureKey else {
      throw ClientFailure(.ghostDevice, "A member's certificate is for another key.")
    }
  }
}

/// Looking at every leaf, at each Welcome and commit (identity.md, device certificate).
extension ClientStep {
  /// Whether the group is one of this account and one peer, or of this account alone, all of them
  /// who they say they are.
  ///
  /// - Parameter coming: the signature keys of those who were no members before.
  mutating func check(
    members: [Member], coming: Set<[UInt8]>
  ) throws(ClientStoreFailure) -> MemberCheck {
    guard let device = state.device else { return .refused(.internalFailure, address: "") }
    let own = device.address.description
    var peer: String?
    var seen: [SignaturePublicKey] = []
    for member in members {
      let claim: LeafClaim
      do {
        claim = try LeafClaim(member.leafNode)
      } catch {
        return .refused(error.code, address: peer ?? "")
      }
      let address = claim.address
      if address != own {
        guard peer == nil || peer == address else {
          return .refused(.welcomeInvalid, address: address)
        }
        peer = address
      }
      guard !seen.contains(claim.certificate.signatureKey) else {
        return .refused(.ghostDevice, address: address)
      }
      seen.append(claim.certificate.signatureKey)
      let comes = coming.contains(member.leafNode.signatureKey)
      switch try check(claim.certificate, of: address, comes: comes) {
      case .trusted: continue
      case .needsManifest(let address): return .needsManifest(of: address)
      case .refused(let code, let address): return .refused(code, address: address)
      }
    }
    // The own devices alone: what the group says it is has to be just that.
    return .trusted(peer: peer ?? own)
  }

  /// A certificate against the manifest that is known of its account.
  ///
  /// - Parameter comes: whether the device wants to come in. One that was taken out of its account
  ///   cannot; one that is a member still is so until a commit removes it, and not all learn of it
  ///   at the same time.
  mutating func check(
    _ certificate: VerifiedDeviceCertificate, of address: String, comes: Bool = true
  ) throws(ClientStoreFailure) -> MemberCheck {
    let isOwn = state.device?.address.description == address
    // This very device needs no manifest to know itself, even when its entry has lapsed.
    if isOwn, let device = state.device,
      certificate.signatureKey == device.device.key.publicKey,
      certificate.accountID == device.accountID
    {
      return .trusted(peer: address)
    }
    let manifest: VerifiedManifest
    if isOwn {
      guard let known = state.manifests[address] else {
        return .refused(.internalFailure, address: address)
      }
      manifest = known
    } else {
      guard let row = try transaction.peer(address: address) else {
        return isFresh(address)
          ? .refused(.unknownAddress, address: address) : .needsManifest(of: address)
      }
      if row.standing == .identityChanged {
        return .refused(.identityChanged, address: address)
      }
      manifest = try verifiedManifest(of: row)
    }
    do throws(IdentityFailure) {
      try certificate.check(against: manifest, at: now)
      return .trusted(peer: address)
    } catch {
      switch error {
      case .accountMismatch, .accountKeyChanged:
        return .refused(.identityChanged, address: address)
      case .deviceExpired:
        // A lapsed entry keeps a device from being added, and not from what it is part of: it comes
        // back by refreshing. Its key must still be the listed one.
        let listed = manifest.manifest.device(certificate.deviceID)
        guard listed?.signatureKey == certificate.signatureKey else {
          return .refused(.ghostDevice, address: address)
        }
        return .trusted(peer: address)
      case .deviceRevoked where !comes: return .trusted(peer: address)
      case .deviceUnknown, .signingKeyMismatch:
        // A newer manifest may say otherwise; the directory is asked once, then this is the answer.
        return isAnswered(certificate, of: address, version: manifest.version)
          ? .refused(.ghostDevice, address: address) : .needsManifest(of: address)
      default:
        return .refused(.ghostDevice, address: address)
      }
    }
  }
}

/// A device that a manifest does not hold.
struct Sighting: Hashable {
  let address: String
  let key: SignaturePublicKey
  let version: UInt32
}

extension ClientStep {
  /// Whether the directory was asked, and has answered, since this device was first seen beside
  /// this manifest: a device may have been linked a moment ago. An answer that was on its way
  /// already does not count.
  private mutating func isAnswered(
    _ certificate: VerifiedDeviceCertificate, of address: String, version: UInt32
  ) -> Bool {
    let sighting = Sighting(address: address, key: certificate.signatureKey, version: version)
    let needed = state.sightings[sighting] ?? answersNeeded(about: address)
    state.sightings[sighting] = needed
    guard state.manifestAnswers[address, default: 0] < needed else { return true }
    state.wantedManifests[address] = now
    return false
  }
}
