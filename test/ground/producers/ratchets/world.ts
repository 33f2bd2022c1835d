// WhatsApp, two people with two devices each, the owner's phone, and the group of all of them: what is sent to the account, what its copies
// become, and what went wrong.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { createPeer, type KeyBundle } from '../../../../simulator/accounts/peer.ts'
import { attr, bytes, child, children, findChild, uint } from '../../../../simulator/connection/stanza.ts'
import { retryReceipt } from './bundles.ts'
import type { Durable } from './durable.ts'
import { addressed, type Letter, seal } from './letters.ts'
import { baseKeyOf, createPerson, type Device, deviceAt, hasOneSession, jid, type Person, pnJid } from './people.ts'
import type { Outgoing } from './relay.ts'
import { type Entry, type How, openWhatsApp, type WhatsApp } from './whatsapp.ts'

export type World = {
  whatsapp: WhatsApp
  people: readonly Person[]
  owner: Person
  group: string
  me: { id: string; lid: string }
  /** In the order of their sending. */
  letters: readonly Letter[]
  /** What the account asked to be written anew: by whom it was refused, its place is another. */
  refused: ReadonlySet<string>
  /** What the account wrote, and the devices it wrote to; whether it left is another matter. */
  sent: ReadonlyMap<string, Sent>
  /** Ids of those that left. */
  left: ReadonlySet<string>
  /** What is to be sent to a person, or to the group. */
  compose(to: Person | null): Sent
  /** Keeps an eye on it; what it ends with is a wrong. */
  follow(work: Promise<unknown>): Promise<void>
  write(device: Device, of?: WriteOptions): Promise<void>
  /** What was written to come late comes now. */
  release(): void
  bundleOf(jid: string): Promise<KeyBundle>
  preKeysLeft(): number
  /** Nothing of anybody is on its way. */
  isQuiet(): boolean
  wrongs: string[]
  /** It has lost all it knew; another identity, the same number. */
  installAnew(device: Device): Promise<void>
  /** It has lost its session, and begins another. */
  beginAnew(device: Device): Promise<void>
  changeSenderKey(device: Device): Promise<void>
  migrate(person: Person): void
}
/** `isLate`: whatever is written until `release` overtakes it. */
export type WriteOptions = Partial<Pick<Letter, 'group' | 'recipient' | 'broken'>> & { isLate?: boolean }
export type Sent = Outgoing & { devices: readonly Device[] }

const companionNumber = 7
const maxRetries = 5

export function openWorld(number: number, durable: Durable): World {
  const userOf = (place: number) => String(5_500_000_000_000 + number * 100 + place)
  const lidOf = (place: number) => String(100_000_000_000 + number * 100 + place)
  const owner = createPerson({ pn: userOf(0), lid: lidOf(0), devices: 1 })
  const people = [1, 2].map(place => createPerson({ pn: userOf(place), lid: lidOf(place), devices: 2 }))
  const me = { id: jid(owner.pn, companionNumber, 's.whatsapp.net'), lid: jid(owner.lid, companionNumber, 'lid') }
  const account = openAccount(me.id)
  const everybody = [...people, owner]
  const letters: Letter[] = []
  const late: (() => void)[] = []
  const refused = new Set<string>()
  const sent = new Map<string, Sent>()
  const left = new Set<string>()
  const wrongs: string[] = []
  const retried = new Map<string, number>()
  let onTheirWay = 0
  let ids = 0

  async function follow(work: Promise<unknown>): Promise<void> {
    onTheirWay += 1
    try {
      await work
    } catch (error) {
      wrongs.push(`the model failed: ${error instanceof Error ? error.stack : error}`)
    } finally {
      onTheirWay -= 1
    }
  }

  function settled({ node }: Entry, how: How): void {
    const id = attr(node, 'id')
    if (node.tag !== 'message') return
    if (how === '500') refused.add(id)
    const isThere = durable.has(id, 'message') || (how === '500' && durable.has(id, 'undecryptable'))
    if (!isThere) wrongs.push(`${id} was settled as ${how} before it was durable`)
  }

  function passOn(stanza: BinaryNode): void {
    if (stanza.tag === 'iq') account.keep(stanza)
    else passMessageOn(stanza)
  }

  /** Copies first: the sender key is in them. */
  function passMessageOn(stanza: BinaryNode): void {
    const id = attr(stanza, 'id')
    left.add(id)
    for (const to of children(findChild(stanza, 'participants') ?? stanza, 'to')) {
      const device = deviceAt(everybody, attr(to, 'jid'))
      void follow(device.inOrder(() => readCopy(device, id, child(to, 'enc'))))
    }
    const sealed = findChild(stanza, 'enc')
    if (sealed !== undefined)
      for (const device of everybody.flatMap(({ devices }) => devices))
        void follow(device.inOrder(() => readGroup(device, id, sealed)))
  }

  async function readCopy(device: Device, id: string, enc: BinaryNode): Promise<void> {
    const type = attr(enc, 'type')
    if (type === 'pkmsg') device.sessions.add(baseKeyOf(bytes(enc)))
    await reading(device, id, async () => {
      const message = await device.peer.decrypt(me.id, type, bytes(enc))
      const { groupId, axolotlSenderKeyDistributionMessage: key } = message.senderKeyDistributionMessage ?? {}
      if (groupId && key) await device.peer.learnSenderKey(groupId, me.lid, key)
      if (message.conversation) device.read.add(id)
    })
  }

  const readGroup = (device: Device, id: string, enc: BinaryNode) =>
    reading(device, id, async () => {
      await device.peer.decryptGroup(group, me.lid, bytes(enc))
      device.read.add(id)
    })

  /** Who cannot read it asks for it again, with new keys. */
  async function reading(device: Device, id: string, read: () => Promise<void>): Promise<void> {
    try {
      await read()
    } catch (error) {
      if (hasOneSession(device)) wrongs.push(`${pnJid(device)} cannot read ${id}: ${error}`)
      const key = `${id} ${pnJid(device)}`
      retried.set(key, (retried.get(key) ?? 0) + 1)
      if ((retried.get(key) ?? 0) > maxRetries) wrongs.push(`${pnJid(device)} never could read ${id}`)
      else whatsapp.push(retryReceipt({ id, from: pnJid(device) }, device.peer.bundle()))
    }
  }

  function compose(to: Person | null): Sent {
    const id = newId()
    const devices = (to === null ? everybody : [to, owner]).flatMap(person => person.devices)
    const message = { id, text: `the account says ${id}`, group: to === null ? group : null, devices }
    sent.set(id, message)
    return message
  }

  const group = `120363${number}@g.us`
  const whatsapp = openWhatsApp({ settled, sent: passOn, failed: error => wrongs.push(`the model failed: ${error}`) })
  const newId = () => `3EB0${String(++ids).padStart(6, '0')}`
  return {
    ...{ whatsapp, people, owner, group, me, letters, refused, sent, left, wrongs, compose, follow },
    release: () => {
      for (const push of late.splice(0)) push()
    },
    write: (device, { group: to = null, recipient = null, broken = 0, isLate = false } = {}) => {
      const id = newId()
      const attrs = addressed(device, { group: to, recipient })
      const letter = { id, device, text: `says ${id}`, group: to, recipient, attrs, broken }
      letters.push(letter)
      return follow(seal(whatsapp, account, letter).then(push => (isLate ? void late.push(push) : push())))
    },
    bundleOf: async address => deviceAt(everybody, address).peer.bundle(),
    preKeysLeft: account.left,
    isQuiet: () => onTheirWay === 0 && whatsapp.pending().length === 0,
    installAnew: device =>
      device.inOrder(async () => {
        device.peer = createPeer()
        device.wasInstalledAnew = true
        device.senderKeySentTo.clear()
      }),
    beginAnew: device => device.inOrder(() => device.peer.startSession(me.id, account.takeBundle())),
    changeSenderKey: device =>
      device.inOrder(async () => {
        const { senderKeys } = device.peer.state
        for (const name of senderKeys.keys()) if (name.includes(`::${device.person.lid}_`)) senderKeys.delete(name)
        device.senderKeySentTo.clear()
      }),
    migrate: person => {
      person.hasMigrated = true
      for (const { senderKeySentTo } of person.devices) senderKeySentTo.clear()
    },
  }
}

/** What WhatsApp has of the account's keys; a one-time pre-key is handed out once. */
function openAccount(companionJid: string) {
  const preKeys = new Map<number, Buffer>()
  let lasting: Omit<KeyBundle, 'preKey'> | null = null
  return {
    pnJid: companionJid,
    left: () => preKeys.size,
    keep: (upload: BinaryNode) => {
      for (const key of children(child(upload, 'list'), 'key')) preKeys.set(uint(child(key, 'id')), bytes(child(key, 'value')))
      const signed = child(upload, 'skey')
      lasting = {
        registrationId: uint(child(upload, 'registration')),
        identity: bytes(child(upload, 'identity')),
        signedPreKey: {
          keyId: uint(child(signed, 'id')),
          publicKey: bytes(child(signed, 'value')),
          signature: bytes(child(signed, 'signature')),
        },
      }
    },
    takeBundle: (): KeyBundle => {
      if (lasting === null) throw new Error('taking keys of the account: it has uploaded none')
      const [first] = preKeys
      if (first !== undefined) preKeys.delete(first[0])
      return { ...lasting, preKey: first === undefined ? null : { keyId: first[0], publicKey: first[1] } }
    },
  }
}
