// A WhatsApp on loopback that the real Baileys client pairs with; what it was told to deliver stays queued until the client settles it.
import { type Contact, createAccounts, type Group, groupJid, type NewGroup } from './accounts/accounts.ts'
import { createDevice, type SimDevice } from './accounts/device.ts'
import { createAnnouncer, type SimulatorEvents } from './accounts/events.ts'
import { keepWorld, readWorld } from './accounts/kept-world.ts'
import { typeLinkCode } from './accounts/link-code.ts'
import { pairCompanion } from './accounts/pair-companion.ts'
import { createPeer } from './accounts/peer.ts'
import { type Profile, profileOf, setProfile } from './accounts/profile.ts'
import { setPicture } from './accounts/set-picture.ts'
import type { Companion, World } from './accounts/world.ts'
import { createAuthority } from './connection/authority.ts'
import { type Cdn, openCdn } from './media/cdn.ts'
import { openServer } from './server/server.ts'

export type Simulator = {
  /** The websocket, for WHATSAPP_URL. */
  url: string
  /** The origin every media host is fetched from, for WHATSAPP_CDN_URL. */
  cdnUrl: string
  cdn: Cdn
  /** What the owner's phone does with the QR text a client shows. Resolves once paired, before the client logs in again. */
  scanQr(qr: string, phone: { pn: string; name?: string }): Promise<SimDevice>
  /** What the owner types on the phone is the code that a client shows, with or without its hyphen. Resolves as `scanQr` does. */
  typePairingCode(code: string, phone: { pn: string; name?: string }): Promise<SimDevice>
  /** Answers clients that ask to be linked by a code, or go on with one that was typed, with this error; null lets them again. */
  refusePairingCodes(code: number | null): void
  /** The newest companion of that account, or the one with that id. Throws when there is none. */
  device(pn: string, deviceId?: number): SimDevice
  /** Every linked companion, in pairing order. */
  devices(): readonly SimDevice[]
  /** The same phone number is the same contact, with the same keys. */
  contact(contact: { pn: string; lid?: string; name?: string }): Contact
  /** Has lost its phone: the same number on a new one, with another identity and no session. */
  reinstall(contact: Contact): void
  /** Makes it, or gives the one with that id this subject and these members. */
  group(group: NewGroup): Group
  /** With or without @g.us. */
  groupById(id: string): Group | undefined
  /** Those that somebody is in. */
  groupsOf(pn: string): readonly Group[]
  /** Gives a contact or group a picture (null takes it away) and notifies every companion. */
  setPicture(of: Contact | Group, bytes: Uint8Array | null): void
  /** What somebody says of themselves from now on; what is left out stays, and nobody is told. */
  setProfile(of: Contact, said: Partial<Profile>): void
  profileOf(of: Contact): Profile
  /** The bytes of the picture that a contact or group has; null: none. */
  pictureOf(of: Contact | Group): Uint8Array | null
  /** Returns what stops listening. */
  on<Name extends keyof SimulatorEvents>(event: Name, listener: (detail: SimulatorEvents[Name]) => void): () => void
  /** Everything but its connections, as text that `openSimulator({ world })` goes on with; secrets included. */
  keepWorld(): Promise<string>
  /** Cuts every connection and stops both servers. Idempotent. */
  close(): Promise<void>
}

export type SimulatorOptions = {
  port?: number
  cdnPort?: number
  /** Where another simulator was when its keepWorld() answered this [a world of nobody]. */
  world?: string
}

export async function openSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const beginning = options.world === undefined ? null : readWorld(options.world)
  const cdn = await openCdn({ port: options.cdnPort ?? 0, ...(beginning && { from: beginning.cdn }) })
  const announcer = createAnnouncer()
  const world: World = {
    authority: beginning?.authority ?? createAuthority(),
    accounts: beginning?.accounts ?? createAccounts(),
    cdn,
    announce: announcer.announce,
    deviceOf,
    clients: new Set(),
    clientsByRef: new Map(),
    linkCodeRefusal: null,
  }
  const devices = new Map<Companion, SimDevice>()

  function deviceOf(companion: Companion): SimDevice {
    const device = devices.get(companion) ?? createDevice(world, companion)
    devices.set(companion, device)
    return device
  }

  const server = await openServer(world, options.port ?? 0).catch(async error => {
    await cdn.close()
    throw error
  })

  return {
    url: server.url,
    cdnUrl: cdn.url,
    cdn,
    scanQr: async (qr, phone) => deviceOf(await pairCompanion(world, qr, phone)),
    typePairingCode: async (code, phone) => deviceOf(await typeLinkCode(world, code, phone)),
    refusePairingCodes: code => {
      world.linkCodeRefusal = code
    },
    device: (pn, deviceId) => deviceOf(world.accounts.companion(pn, deviceId)),
    devices: () => world.accounts.companions().map(deviceOf),
    contact: contact => world.accounts.person(contact).contact,
    reinstall: contact => {
      const person = world.accounts.person(contact)
      person.peer = createPeer()
      person.senderKeySentTo.clear()
    },
    group: group => world.accounts.group(group),
    groupsOf: pn => world.accounts.groups().filter(({ members }) => members.some(member => member.pn === pn)),
    groupById: id => world.accounts.groupById(groupJid(id)),
    setPicture: (of, bytes) => setPicture(world, of, bytes),
    setProfile: (of, said) => setProfile(world, of, said),
    profileOf: of => profileOf(world, of),
    pictureOf: of => {
      const path = world.accounts.pictureOf('members' in of ? of.id : of.lidJid)?.path
      return path === undefined ? null : cdn.get(path)
    },
    on: announcer.on,
    keepWorld: () => keepWorld(world),
    close: async () => {
      await Promise.all([server.close(), cdn.close()])
    },
  }
}
