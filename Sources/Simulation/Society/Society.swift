// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// People with several devices who talk in groups and with each other: who they are, what they have
/// said, and what the devices have asked their programs for.
struct Society: Sendable {
  /// One of the world's processes.
  struct Device: Sendable {
    let account: Int
    /// 0: the account is made on it; else it is linked.
    let ordinal: Int
  }

  /// A message that somebody tried to send.
  struct Said: Sendable {
    let device: Int
    let account: Int
    /// An address or a group's reference.
    let place: String
    let number: Int
    let text: String
    /// What it was given when it was sent.
    let timer: MessageTimer?
    /// `send` was answered: it is in the outbox, durable.
    var isAcknowledged = false
    /// Its writer has asked to take it back, or it has a timer: it need not be there.
    var mayBeGone = false
  }

  /// A new device comes into an account.
  struct Linking: Sendable {
    let device: Int
    let host: Int
    let since: Instant
    /// The other device was given the link.
    var isAccepted = false
  }

  private enum Question: Sendable {
    case said(Int)
    case group
    case timer
    case link
    case removal(device: Int)
    case other
  }

  private struct Asked: Hashable, Sendable {
    let device: Int
    let token: RequestToken
  }

  /// What an answer means for the society.
  enum Outcome {
    case nothing
    /// How far linking has come on this device.
    case link(LinkReport)
    /// This device cannot go on with linking.
    case linkFailed(ClientFailureCode)
  }

  let options: SocietyOptions
  let devices: [Device]
  let messagesMax: Int
  private(set) var said: [Said] = []
  private var numbers: [String: Int] = [:]
  private var edits = 0
  /// Where what is said may have a timer.
  private var timed: Set<String> = []
  /// Where somebody has set a timer before they were in a group of the two.
  private var timedEarly: Set<String> = []
  /// By account.
  var linking: [Int: Linking] = [:]
  /// Devices that are in their accounts, or were.
  private(set) var settled: Set<Int> = []
  /// Devices that were taken out, or are about to be.
  private(set) var removed: Set<Int> = []
  /// Addresses of people who were given power in some group by somebody.
  var promoted: Set<String> = []
  var rosters = RosterHistory()
  /// What has happened, counted.
  var deeds = SocietyDeeds()
  /// What has disappeared, and what has to.
  var fading = FadingHistory()
  /// What the directory's manifests list, so that each is verified once.
  var manifests: [[UInt8]: Set<UInt32>] = [:]
  private var asked: [Asked: Question] = [:]

  init(options: SocietyOptions, messages: Int) {
    self.options = options
    devices = options.members.map { Device(account: $0.account, ordinal: $0.ordinal) }
    messagesMax = messages
  }

  func address(of account: Int) -> String { World.address(SocietyOptions.names[account]) }

  func name(of device: Int) -> String {
    let device = self.devices[device]
    let person = SocietyOptions.names[device.account]
    return device.ordinal == 0 ? person : "\(person).\(device.ordinal + 1)"
  }

  /// Nothing more will be said.
  var isDone: Bool { said.count >= messagesMax }

  /// Whether nothing that the device does or shows counts.
  func isHostile(_ device: Int) -> Bool { options.hostile == devices[device].account }

  /// Devices of an account that are in it.
  func present(of account: Int) -> [Int] {
    devices.indices.filter {
      devices[$0].account == account && settled.contains($0) && !removed.contains($0)
    }
  }

  mutating func settle(_ device: Int) {
    if settled.insert(device).inserted, devices[device].ordinal > 0 { deeds.note(.deviceLinked) }
    linking = linking.filter { $0.value.device != device }
  }

  mutating func remove(_ device: Int) { removed.insert(device) }

  // MARK: Messages

  /// The next message of a device.
  ///
  /// - Parameter text: what it says beside the word that all texts contain; nil: who it is from.
  mutating func say(
    from device: Int, to place: String, timer: MessageTimer?, text: String? = nil
  ) -> Said {
    let account = devices[device].account
    let number = said.count
    let message = Said(
      device: device, account: account, place: place, number: number,
      text: "\(World.canary) " + (text ?? "\(SocietyOptions.names[account]) #\(number)#"),
      timer: timer,
      mayBeGone: timer != nil || timed.contains(timedName(device, place)))
    said.append(message)
    numbers[message.text] = number
    if timer != nil { deeds.note(.timedMessage) }
    return message
  }

  /// What an edited message says: the original can be told from it.
  mutating func edited(_ text: String) -> String {
    edits += 1
    return "\(Workload.original(of: text)) ~\(edits)"
  }

  /// The message that a line shows, in whatever version.
  func message(shownAs text: String) -> Said? {
    numbers[Workload.original(of: text)].map { said[$0] }
  }

  mutating func takeBack(_ number: Int) { said[number].mayBeGone = true }

  /// What is said in this place may have a timer from now on.
  mutating func expectTimer(from device: Int, in place: String, isEarly: Bool) {
    timed.insert(timedName(device, place))
    if isEarly { timedEarly.insert(timedName(device, place)) }
  }

  /// Whether what is said in a place may have a timer by now; early: even what was said before.
  func hasTimer(_ device: Int, _ place: String, early: Bool = false) -> Bool {
    (early ? timedEarly : timed).contains(timedName(device, place))
  }

  /// The timer is everybody's, so the place of two people is the same from both sides.
  private func timedName(_ device: Int, _ place: String) -> String {
    guard !RoomReference.isOne(place) else { return place }
    return [address(of: devices[device].account), place].sorted().joined(separator: " ")
  }

  // MARK: Answers

  mutating func asked(
    _ device: Int, _ token: RequestToken, _ request: ClientRequest, removing other: Int? = nil
  ) {
    let question: Question =
      switch request {
      case .send, .sendTimed: .said(said.count - 1)
      case .createRoom: .group
      case .setTimer: .timer
      case .beginLink, .acceptLink, .confirmLink, .linkState: .link
      case .removeDevice: other.map { .removal(device: $0) } ?? .other
      default: .other
      }
    asked[Asked(device: device, token: token)] = question
  }

  mutating func answered(
    _ device: Int, _ token: RequestToken, _ result: Result<ClientAnswer, ClientFailure>
  ) -> Outcome {
    switch (asked.removeValue(forKey: Asked(device: device, token: token)), result) {
    case (.said(let number), .success(.queued)): said[number].isAcknowledged = true
    case (.group, .success): deeds.note(.groupMade)
    case (.timer, .success): deeds.note(.timerSet)
    case (.removal(let other), .success):
      if removed.insert(other).inserted { deeds.note(.deviceRemoved) }
    case (.link, .success(.link(let report))): return .link(report)
    case (.link, .failure(let failure)): return .linkFailed(failure.code)
    default: break
    }
    return .nothing
  }

  /// The first message that somebody's program has not been answered about yet.
  var unanswered: Int? {
    asked.compactMap { place, question -> Int? in
      guard case .said(let number) = question, !isHostile(place.device) else { return nil }
      return number
    }.min()
  }

  /// The process died: nobody will answer what it was asked.
  mutating func forget(_ device: Int) { asked = asked.filter { $0.key.device != device } }
}
