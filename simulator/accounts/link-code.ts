// Links a client to an account by the code that it shows and its owner types on the phone. The code never leaves either: with a key made of it each
// side seals an ephemeral key for the other one, and what the client then sends opens only where both codes are the same.
// As lib/Socket/socket.js and messages-recv.js of Baileys, and whatsmeow's pair-code.go, speak it.
import { randomBytes } from 'node:crypto'
import {
  aesDecryptCTR,
  aesDecryptGCM,
  aesEncryptCTR,
  type BinaryNode,
  Curve,
  derivePairingCodeKey,
  hkdf,
  jidDecode,
} from '@whiskeysockets/baileys'
import { attr, bytes, child, node, required, secondsNow, server } from '../connection/stanza.ts'
import type { Person } from './accounts.ts'
import { type Linked, linkClient } from './pair-companion.ts'
import type { Client, Companion, World } from './world.ts'

/** What a client has said of its code: for whom it is, and its ephemeral key, sealed with the code. */
export type LinkCode = {
  /** Digits. */
  pn: string
  ref: Buffer
  sealedKey: Buffer
  /** A code typed on the phone: told to the client, not finished by it yet. */
  typed: Typed | null
}
/** `shared`: with the client's ephemeral key, where the code was the right one. */
type Typed = { person: Person; shared: Uint8Array; finished(linked: Linked): void; fail(error: Error): void }

const tag = 'link_code_companion_reg'

export const isLinkCode = (request: BinaryNode | undefined): request is BinaryNode => request?.tag === tag

/** The server's part: it keeps what belongs together, and hands the rest over without a look into it. */
export function answerLinkCode(world: World, client: Client, request: BinaryNode): BinaryNode[] | undefined {
  if (world.linkCodeRefusal !== null) return refuse(client, world.linkCodeRefusal)
  const stage = attr(request, 'stage')
  if (stage === 'companion_hello') return hello(client, request)
  if (stage !== 'companion_finish') throw new Error(`linking by a code: expected a stage of a companion, got ${stage}`)
  finish(client, request)
  return undefined
}

function refuse(client: Client, code: number): BinaryNode[] {
  client.linkCode?.typed?.fail(new Error(`typing a pairing code: the client is refused with ${code}`))
  return [node('error', { code: String(code), text: 'refused' })]
}

function hello(client: Client, request: BinaryNode): BinaryNode[] {
  const jid = attr(request, 'jid')
  const ref = randomBytes(32)
  client.linkCode?.typed?.fail(new Error('typing a pairing code: the client shows another one by now'))
  client.linkCode = {
    pn: required(jidDecode(jid)?.user, `a phone number in ${jid}`),
    ref,
    sealedKey: bytes(child(request, 'link_code_pairing_wrapped_companion_ephemeral_pub')),
    typed: null,
  }
  return [node(tag, { stage: 'companion_hello' }, [node('link_code_pairing_ref', {}, ref)])]
}

/** Rejects where the number has no code on offer, another one was typed, or the client goes away or signs wrongly. */
export async function typeLinkCode(world: World, code: string, phone: { pn: string; name?: string }): Promise<Companion> {
  const client = [...world.clients].findLast(one => one.linkCode?.pn === phone.pn)
  const { linkCode } = client ?? { linkCode: null }
  if (client === undefined || linkCode === null || linkCode.typed !== null || client.pairing !== null)
    throw new Error(`typing a pairing code: none is on offer for ${phone.pn} (expired, used, or being typed)`)
  const person = world.accounts.person(phone)
  const letters = code.replaceAll(/[\s-]/g, '').toUpperCase()
  const linked = await new Promise<Linked>((finished, fail) => {
    tellCode(client, linkCode, { letters, person, finished, fail }).catch(fail)
  }).finally(() => {
    linkCode.typed = null
  })
  return linkClient(world.accounts.account(person), client, linked)
}

type Typing = Omit<Typed, 'shared'> & { letters: string }

/** The phone's part: it knows only afterwards whether the code was the right one. */
async function tellCode(client: Client, linkCode: LinkCode, { letters, person, finished, fail }: Typing): Promise<void> {
  const typed: Typed = { person, shared: new Uint8Array(), finished, fail }
  linkCode.typed = typed
  const ephemeral = Curve.generateKeyPair()
  typed.shared = Curve.sharedKey(ephemeral.private, await openWithCode(letters, linkCode.sealedKey))
  const sealed = await sealWithCode(letters, ephemeral.public)
  const attrs = { from: server, type: tag, id: client.connection.nextId(), t: secondsNow() }
  client.connection.send(
    node('notification', attrs, [
      node(tag, { stage: 'primary_hello' }, [
        node('link_code_pairing_wrapped_primary_ephemeral_pub', {}, sealed),
        node('primary_identity_pub', {}, Buffer.from(person.peer.identity.public)),
        node('link_code_pairing_ref', {}, linkCode.ref),
      ]),
    ]),
  )
}

/** salt (32), iv (16), key (32). */
async function openWithCode(letters: string, sealed: Buffer): Promise<Buffer> {
  const key = await derivePairingCodeKey(letters, sealed.subarray(0, 32))
  return aesDecryptCTR(sealed.subarray(48, 80), key, sealed.subarray(32, 48))
}

async function sealWithCode(letters: string, publicKey: Uint8Array): Promise<Buffer> {
  const [salt, iv] = [randomBytes(32), randomBytes(16)]
  return Buffer.concat([salt, iv, aesEncryptCTR(publicKey, await derivePairingCodeKey(letters, salt), iv)])
}

function finish(client: Client, request: BinaryNode): void {
  const { typed, ref } = required(client.linkCode, 'a code before it is finished')
  const { finished, fail, ...by } = required(typed, 'a typed code before it is finished')
  if (!ref.equals(bytes(child(request, 'link_code_pairing_ref')))) throw new Error('linking by a code: it is of another ref')
  const linked = openBundle(by, bytes(child(request, 'link_code_pairing_wrapped_key_bundle')))
  if (linked === null) fail(new Error('typing a pairing code: it is not the one that is shown'))
  else finished(linked)
}

const tagBytes = 16

/** salt (32), iv (12), and sealed: identity of the client (32), identity of the phone (32), random (32). null: the codes were not the same. */
function openBundle({ person, shared }: Pick<Typed, 'person' | 'shared'>, bundle: Buffer): Linked | null {
  const salt = bundle.subarray(0, 32)
  const key = hkdf(shared, 32, { salt, info: 'link_code_pairing_key_bundle_encryption_key' })
  const opened = openSealed(bundle.subarray(44), key, bundle.subarray(32, 44))
  if (opened === null) return null
  const { identity: own } = person.peer
  const identity = opened.subarray(0, 32)
  if (opened.length !== 96 || !opened.subarray(32, 64).equals(own.public))
    throw new Error('linking by a code: expected the identities of both and a random part')
  const parts = [shared, Curve.sharedKey(own.private, identity), opened.subarray(64)]
  return { identity, advSecret: Buffer.from(hkdf(Buffer.concat(parts), 32, { info: 'adv_secret' })) }
}

function openSealed(sealed: Buffer, key: Uint8Array, iv: Buffer): Buffer | null {
  if (sealed.length < tagBytes) return null
  try {
    return aesDecryptGCM(sealed, key, iv, Buffer.alloc(0))
  } catch {
    return null // the tag does not fit: another key
  }
}
