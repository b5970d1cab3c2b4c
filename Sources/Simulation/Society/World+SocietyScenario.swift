// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// The steps of scenarios in which people have second devices and groups.
extension World {
  /// A device is registered, or linked, and will be known to be so.
  mutating func comeInSoon(_ device: Int) {
    queue.schedule(.act(person: device), at: now + .seconds(1))
  }

  mutating func say(_ text: String, from device: Int, to place: String) {
    guard let message = society?.say(from: device, to: place, timer: nil, text: text) else {
      return
    }
    ask(device, .send(address: place, text: message.text))
  }

  mutating func order(_ deed: SocialDeed, _ device: Int) {
    switch deed {
    case .make(let name, let others):
      let token = people[device].ask(
        .createRoom(name: name, addresses: others.map { people[$0].address }))
      script?.naming[device, default: [:]][token] = name
      schedule(device)
    case .add(let other, let group):
      change(group, by: device, .add(address: people[other].address))
    case .remove(let other, let group):
      change(group, by: device, .remove(address: people[other].address, banning: false))
    case .leave(let group):
      if let reference = reference(of: group) { ask(device, .leaveRoom(reference: reference)) }
    case .say(let text, let group):
      if let reference = reference(of: group) { say(text, from: device, to: reference) }
    case .timer(let timer, let group):
      guard let reference = reference(of: group) else { return }
      society?.expectTimer(from: device, in: reference, isEarly: false)
      ask(device, .setTimer(address: reference, timer: timer))
    case .takeOut(let other):
      if let number = deviceID(of: other) { ask(device, .removeDevice(number)) }
    case .show(let group):
      guard let reference = reference(of: group) else { return }
      show(device, reference, as: group)
    }
  }

  private mutating func change(_ group: String, by device: Int, _ change: RoomChange) {
    guard let reference = reference(of: group) else { return }
    ask(device, .changeRoom(reference: reference, change: change))
  }

  private func reference(of group: String) -> String? {
    script?.groups.first { $0.value == group }?.key
  }

  /// A group that a scenario has somebody make has a reference now.
  mutating func noteReference(
    _ device: Int, _ token: RequestToken, _ result: Result<ClientAnswer, ClientFailure>
  ) {
    guard let name = script?.naming[device]?.removeValue(forKey: token),
      case .success(.reference(let reference)) = result
    else { return }
    script?.groups[reference] = name
  }
}
