// Everybody the simulator knows: contacts, groups, and accounts with their linked companions. A phone number is one person for ever.
import { type BinaryNode, jidDecode } from '@whiskeysockets/baileys'
import { secondsNow, server } from '../connection/stanza.ts'
import { newAppState } from './app-state/state.ts'
import { createPeer, type KeyBundle, type Peer } from './peer.ts'
import type { Profile } from './profile.ts'
import type { Account, Companion } from './world.ts'

export type Contact = {
  /** Digits. */
  readonly pn: string
  readonly pnJid: string
  readonly lidJid: string
  /** The push name. */
  readonly name: string
}
export type Group = {
  readonly id: string
  readonly subject: string
  readonly members: readonly Contact[]
  /** By LID. */
  readonly admins: readonly string[]
  /** Epoch seconds. */
  readonly createdAt: string
  /** What else it is: the nodes that it has in WhatsApp's list of groups, by tag. */
  readonly settings: Readonly<Record<string, BinaryNode>>
  /** By LID; null: not said. */
  readonly creator: string | null
  /** Of its link; null: nobody asked for it yet. */
  readonly inviteCode: string | null
  /** Who asks to be let in. */
  readonly asking: readonly Contact[]
  /** By phone number: who cannot be added, and with which error. */
  readonly refuses: Readonly<Record<string, string>>
}
/** What a group is of which nothing else is said. */
export const emptyGroup = { admins: [], settings: {}, creator: null, inviteCode: null, asking: [], refuses: {} } as const
/** `id`: the whole of it, or less @g.us; left out: the next one. */
export type NewGroup = Pick<Group, 'subject' | 'members'> &
  Partial<Pick<Group, 'admins' | 'creator' | 'refuses'>> & { id?: string }
export type Person = { contact: Contact; peer: Peer; senderKeySentTo: Set<string> }
export type Picture = { id: string; path: string }

export type AccountsState = {
  /** By phone number. */
  people: Map<string, Person>
  accounts: Map<string, Account>
  groups: Map<string, Group>
  /** By LID or group. */
  pictures: Map<string, Picture>
  /** By LID. */
  profiles: Map<string, Profile>
  nextGroup: number
}
export type Accounts = ReturnType<typeof createAccounts>

export const noAccounts = (): AccountsState => ({
  people: new Map(),
  accounts: new Map(),
  groups: new Map(),
  pictures: new Map(),
  profiles: new Map(),
  nextGroup: 1,
})

export function createAccounts(state: AccountsState = noAccounts()) {
  const { people, accounts, groups, pictures } = state
  const usersByLid = new Map([...people].map(([pn, { contact }]) => [contact.lidJid.replace('@lid', ''), pn]))

  /** Creates on first sight; a new name replaces the old one, another LID for the same number is refused. */
  function person({ pn, lid, name }: { pn: string; lid?: string; name?: string }): Person {
    if (!/^\d{6,15}$/.test(pn)) throw new Error(`adding a contact: expected 6 to 15 digits, received ${pn}`)
    const known = people.get(pn)
    if (known === undefined) return addPerson({ pn, lidUser: lid ?? `2${pn.padStart(14, '0')}`, name: name ?? `Contact ${pn}` })
    if (lid !== undefined && known.contact.lidJid !== `${lid}@lid`)
      throw new Error(`adding contact ${pn}: it already has LID ${known.contact.lidJid}, received ${lid}`)
    if (name !== undefined) known.contact = { ...known.contact, name }
    return known
  }

  function addPerson({ pn, lidUser, name }: { pn: string; lidUser: string; name: string }): Person {
    const contact = { pn, pnJid: `${pn}@${server}`, lidJid: `${lidUser}@lid`, name }
    const added = { contact, peer: createPeer(), senderKeySentTo: new Set<string>() }
    people.set(pn, added)
    usersByLid.set(lidUser, pn)
    return added
  }

  /** By a phone-number JID or a LID, with or without device. */
  function personOf(jid: string): Person | undefined {
    const user = jidDecode(jid)?.user
    return user === undefined ? undefined : people.get(usersByLid.get(user) ?? user)
  }

  /** The account of an owner; made when its first companion pairs. */
  function account(owner: Person): Account {
    const { pn } = owner.contact
    const known = accounts.get(pn) ?? newAccount(owner)
    accounts.set(pn, known)
    return known
  }

  function accountOf(jid: string): Account | undefined {
    const pn = personOf(jid)?.contact.pn
    return pn === undefined ? undefined : accounts.get(pn)
  }

  /** The companion with that id, or the newest. Throws when there is none. */
  function companion(pn: string, id?: number): Companion {
    const linked = [...(accounts.get(pn)?.companions.values() ?? [])]
    const found = id === undefined ? linked.at(-1) : linked.find(candidate => candidate.id === id)
    if (found === undefined)
      throw new Error(`finding a companion of ${pn}: none is linked${id === undefined ? '' : ` with id ${id}`}`)
    return found
  }

  /** Some are named by who plays with them. */
  function freeGroupId(): string {
    const user = `1203630${String(state.nextGroup++).padStart(11, '0')}`
    return groups.has(groupJid(user)) ? freeGroupId() : user
  }

  function group({ id, ...given }: NewGroup): Group {
    const user = id ?? freeGroupId()
    const groupId = groupJid(user)
    const made = { createdAt: secondsNow(), ...emptyGroup, ...groups.get(groupId), id: groupId, ...given }
    groups.set(groupId, made)
    return made
  }

  return {
    state,
    person,
    personOf,
    account,
    accountOf,
    companion,
    companions: () => [...accounts.values()].flatMap(known => [...known.companions.values()]),
    group,
    groupById: (id: string) => groups.get(id),
    groups: () => [...groups.values()],
    pictureOf: (jid: string) => pictures.get(personOf(jid)?.contact.lidJid ?? jid),
    setPicture(jid: string, picture: Picture | null) {
      const key = personOf(jid)?.contact.lidJid ?? jid
      if (picture === null) pictures.delete(key)
      else pictures.set(key, picture)
    },
  }
}

const newAccount = (owner: Person): Account => ({
  owner,
  companions: new Map(),
  nextCompanionId: 1,
  appState: newAppState(),
  blocked: new Set(),
  channels: new Map(),
})

/** `id`: the whole of it, or less @g.us. */
export const groupJid = (id: string): string => (id.includes('@') ? id : `${id}@g.us`)

/** Keys for one new session with a companion; a one-time prekey is handed out once. */
export function takeBundle(of: Companion): KeyBundle {
  const [first] = of.preKeys
  if (first !== undefined) of.preKeys.delete(first[0])
  const { registrationId, identity, signedPreKey } = of
  return { registrationId, identity, signedPreKey, preKey: first === undefined ? null : { keyId: first[0], publicKey: first[1] } }
}
