# SPDX-License-Identifier: Apache-2.0
"""What is tried, one function each. `world.make(kind)` makes a client; kinds are o, u, r.

A scenario raises `Unsupported` where an implementation's interface lacks the operation: such a
cell is reported as absent, and which ones may be is fixed in `ABSENT`.
"""

from conversation import Conversation, expect
from member import Refused


def start(world, *kinds, **how):
    """A group of these kinds, the first of whom has added the others one by one."""
    group = Conversation(world.make(kinds[0]))
    group.settle()
    for kind in kinds[1:]:
        group.add(group.members[0], [world.make(kind)], **how)
    return group


def add(world, first, second):
    """Create, add one, add many, each by each; everybody writes after each epoch."""
    group = start(world, first, second)
    group.talk()
    group.add(group.members[1], [world.make(k) for k in (first, second, first)])
    group.talk()
    group.add(group.members[0], [world.make(k) for k in (second, first, second, first)])
    group.talk()
    return group


def add_without_path(world, first, second):
    """An add that renews nothing: new members are unmerged leaves, and then commit."""
    group = start(world, first, second, path=False)
    group.add(group.members[0], [world.make(k) for k in (first, second) * 2], path=False)
    group.talk()
    for member in list(group.members):
        if member.kind != "rine-mls":
            group.update(member)
    group.talk()
    return group


def tree_out_of_band(world, first, second):
    """The Welcome carries no tree; the joiner is handed it."""
    creator = world.make(first, tree_in_welcome=False)
    group = Conversation(creator)
    group.add(
        creator, [world.make(second), world.make(first, tree_in_welcome=False)],
        tree_out_of_band=True, tree=False)
    group.talk()
    return group


def empty_commit_private(world, first, second):
    """Commits without proposals by each side; ours as PrivateMessage."""
    return _empty_commits(world, first, second, "private")


def empty_commit_public(world, first, second):
    """Commits without proposals by each side, as PublicMessage."""
    return _empty_commits(world, first, second, "public")


def _empty_commits(world, first, second, wire):
    group = start(world, first, second, first, second)
    for _ in range(2):
        for member in list(group.members):
            group.update(member, wire=wire)
            group.say(member, b"new keys")
    return group


def remove(world, first, second):
    """Each side removes each; the tree is truncated, has blanks, and its blanks are filled."""
    group = start(world, first, second)
    one, two = group.members
    group.add(one, [world.make(k) for k in (first, second) * 4])
    group.talk()
    group.remove(two, [group.members[9]])  # the rightmost leaf: the tree shrinks
    group.remove(one, [group.members[8]])
    group.talk()
    group.remove(one, [group.members[3]])  # blanks in the middle
    group.remove(two, [group.members[4]])
    group.talk()
    group.add(two, [world.make(first)])  # fills the first blank
    group.talk()
    group.remove(two, [one])  # its creator
    group.talk()
    return group


def remove_many(world, first, second):
    """Several members in one commit, half of the tree with them."""
    group = start(world, first, second)
    one, two = group.members
    group.add(one, [world.make(k) for k in (first, second) * 3])
    group.talk()
    group.remove(two, group.members[4:8])
    group.talk()
    return group


def proposals_private(world, first, second):
    """Add, Remove and Update by reference; ours as PrivateMessage."""
    return _proposals(world, first, second, "private")


def proposals_public(world, first, second):
    """Add, Remove and Update by reference, as PublicMessage."""
    return _proposals(world, first, second, "public")


def _proposals(world, first, second, wire):
    group = start(world, first, second, first, second)
    one, two, three, _ = group.members
    group.talk()
    newcomer = world.make(first)
    group.propose(one, one.propose_add(newcomer.key_package(), wire=wire))
    commit = two.commit_pending(wire=wire)
    two.confirm(commit)
    group.deliver(commit, two)
    newcomer.join(commit.welcome(0))
    group.members.append(newcomer)
    group.settle()
    group.talk()

    group.propose(two, two.propose_remove(three, wire=wire))
    commit = one.commit_pending(wire=wire)
    one.confirm(commit)
    group.deliver(commit, one, removed=[three])
    group.settle()
    group.talk()
    return group


def update_proposal(world, first, second):
    """An Update of the one, committed by the other."""
    group = start(world, first, second, first)
    one, two, _ = group.members
    for wire in ("private", "public"):
        group.propose(one, one.propose_update(wire=wire))
        commit = two.commit_pending()
        two.confirm(commit)
        group.deliver(commit, two)
        group.settle()
        group.talk()
    return group


def external_join(world, first, second):
    """The second comes in by external commit, through the first's GroupInfo; all kinds follow."""
    group = start(world, first, second, "o", "u", "r")
    newcomer = world.make(second)
    group.join_externally(newcomer, group.members[0])
    group.talk()
    group.add(newcomer, [world.make(first)])
    group.remove(newcomer, [group.members[1]])
    group.join_externally(world.make(second), group.members[0])
    group.talk()
    return group


def resync(world, first, second):
    """The second has lost its state and comes back in place of its old leaf; all kinds follow."""
    group = start(world, first, "o", second, "u", "r")
    member = group.members[2]
    group.talk()
    group.resync(member, group.members[0])
    group.talk()
    group.remove(member, [group.members[3]])
    group.talk()
    return group


def late_message(world, first, second):
    """A message of the epoch before, and messages out of order."""
    group = start(world, first, second)
    one, two = group.members
    late = [(sender, sender.send(b"late")) for sender in (one, two)]
    group.add(one, [world.make(first)])
    for sender, message in late:
        for reader in (one, two):
            if reader is not sender:
                expect(reader.receive(message, sender).data == b"late", "a late message")
                group.checks += 1
    messages = [one.send(b"%d" % n) for n in range(5)]
    for reader in group.others(one):
        for n in (4, 0, 2, 1, 3):
            expect(reader.receive(messages[n], one).data == b"%d" % n, "a message out of order")
            group.checks += 1
    return group


def race(world, first, second):
    """Both commit in one epoch: the one's wins, the other withdraws and takes it."""
    group = start(world, first, second)
    for winner, loser in (group.members, group.members[::-1]):
        newcomer, unlucky = world.make(first), world.make(second)
        won = winner.add([newcomer.key_package()])
        loser.add([unlucky.key_package()])
        winner.confirm(won)
        loser.withdraw()
        group.deliver(won, winner)
        newcomer.join(won.welcome(0))
        group.members.append(newcomer)
        group.settle()
        group.talk()
    return group


def tampered(world, first, second):
    """One bit of a commit or message is changed: it is refused, and the true one is taken.

    After a changed application message mls-rs has lost the key of the true one, though by RFC 9420
    §9.2 a key is consumed when it has decrypted successfully.
    """
    group = start(world, first, second, second)
    one = group.members[0]
    newcomer = world.make(first)
    commit = one.add([newcomer.key_package()], wire="public")
    for member in group.others(one):
        for position in (40, len(commit.message) // 2, len(commit.message) - 1):
            _expect_refusal(member, _flipped(commit.message, position), one)
            group.checks += 1
    one.confirm(commit)
    group.deliver(commit, one)
    newcomer.join(commit.welcome(0))
    group.members.append(newcomer)
    group.settle()
    message = one.send(b"once")
    for member in group.others(one):
        _expect_refusal(member, _flipped(message, len(message) - 1), one)
        if member.burns_keys:
            _expect_refusal(member, message, one)
        else:
            expect(member.receive(message, one).data == b"once", "the true message")
        _expect_refusal(member, message, one)  # a second time
        group.checks += 3
    return group


def _flipped(message, position):
    changed = bytearray(message)
    changed[position] ^= 1
    return bytes(changed)


def _expect_refusal(member, message, sender):
    try:
        received = member.receive(message, sender)
    except Refused:
        return
    expect(False, f"{member.label} takes a changed or repeated message for {received.kind}")


def fifty(world, first, second):
    """50 members of both kinds by one commit, and changes by both."""
    group = start(world, first)
    one = group.members[0]
    group.add(one, [world.make((second, first)[n % 2]) for n in range(49)])
    for sender in (group.members[0], group.members[1], group.members[48], group.members[49]):
        group.say(sender, b"fifty")
    group.remove(group.members[1], [group.members[49]])
    group.add(group.members[1], [world.make(second)])
    group.talk()
    return group


ALL = [
    add, add_without_path, tree_out_of_band, empty_commit_private, empty_commit_public, remove,
    remove_many, proposals_private, proposals_public, update_proposal, external_join, resync,
    late_message, race, tampered, fifty,
]
