// Links a client to an account as a phone does after scanning its QR, or after it typed its code (link-code.ts); only a client that signs with
// the identity that the phone learned in that way is linked.
import { createHmac, randomBytes } from 'node:crypto'
import { type BinaryNode, Curve, proto, WA_ADV_ACCOUNT_SIG_PREFIX, WA_ADV_DEVICE_SIG_PREFIX } from '@whiskeysockets/baileys'
import { bytes, child, node, readUint, required, secondsNow, server } from '../connection/stanza.ts'
import { companionJids, createCompanion } from './companion.ts'
import type { SignedPreKey } from './peer.ts'
import type { Account, Client, Companion, World } from './world.ts'

/** What a new client says of itself in its first payload. */
export type Registration = {
  noiseKey: Buffer
  registrationId: number
  identity: Buffer
  signedPreKey: SignedPreKey
  wantsFullHistory: boolean
}
/** A link on its way: told to the client, not signed by it yet. */
export type Pairing = {
  account: Account
  companionId: number
  details: Buffer
  identity: Buffer
  done(companion: Companion): void
  fail(error: Error): void
}

export function readRegistration(data: proto.ClientPayload.IDevicePairingRegistrationData, noiseKey: Buffer): Registration {
  return {
    noiseKey,
    registrationId: readUint(required(data.eRegid, 'a registration id')),
    identity: Buffer.from(required(data.eIdent, 'an identity key')),
    signedPreKey: {
      keyId: readUint(required(data.eSkeyId, 'a signed prekey id')),
      publicKey: Buffer.from(required(data.eSkeyVal, 'a signed prekey')),
      signature: Buffer.from(required(data.eSkeySig, 'a signature of the signed prekey')),
    },
    wantsFullHistory: proto.DeviceProps.decode(data.deviceProps ?? Buffer.of()).requireFullSync ?? false,
  }
}

/** Rejects when the QR is not on offer, is being paired already, or the client goes away or signs wrongly. */
export async function pairCompanion(world: World, qr: string, phone: { pn: string; name?: string }): Promise<Companion> {
  const { ref, identity, advSecret } = readQr(qr)
  const client = world.clientsByRef.get(ref)
  if (client === undefined || client.pairing !== null)
    throw new Error('scanning a QR: it is not on offer (expired, used, or of another server)')
  return linkClient(world.accounts.account(world.accounts.person(phone)), client, { identity, advSecret })
}

/** What the phone knows of the client that it links. */
export type Linked = { identity: Buffer; advSecret: Buffer }

/** Rejects where the client goes away or signs wrongly. */
export function linkClient(account: Account, client: Client, { identity, advSecret }: Linked): Promise<Companion> {
  const companionId = account.nextCompanionId++
  const details = Buffer.from(
    proto.ADVDeviceIdentity.encode({
      rawId: randomBytes(4).readUInt32BE(),
      timestamp: Number(secondsNow()),
      keyIndex: companionId,
      accountType: proto.ADVEncryptionType.E2EE,
      deviceType: proto.ADVEncryptionType.E2EE,
    }).finish(),
  )
  const paired = new Promise<Companion>((done, fail) => {
    client.pairing = { account, companionId, details, identity, done, fail }
  })
  client.connection.send(pairSuccess(client, { account, companionId, details, identity, advSecret }))
  return paired
}

/** The QR text ends in `#ref,noise key,identity key,adv secret,platform`, keys in base64. */
function readQr(qr: string) {
  const [ref, , identity, advSecret] = (qr.split('#').pop() ?? '').split(',')
  if (!ref || !identity || !advSecret)
    throw new Error('scanning a QR: expected `ref,noise,identity,secret,platform` after the last #')
  return { ref, identity: Buffer.from(identity, 'base64'), advSecret: Buffer.from(advSecret, 'base64') }
}

type Link = Linked & { account: Account; companionId: number; details: Buffer }

function pairSuccess(client: Client, { account, companionId, details, identity, advSecret }: Link): BinaryNode {
  const { contact, peer } = account.owner
  const accountSignature = Curve.sign(peer.identity.private, Buffer.concat([WA_ADV_ACCOUNT_SIG_PREFIX, details, identity]))
  const signed = proto.ADVSignedDeviceIdentity.encode({
    details,
    accountSignatureKey: peer.identity.public,
    accountSignature,
  }).finish()
  const hmac = createHmac('sha256', advSecret).update(signed).digest()
  const { jid, lidJid } = companionJids(account, companionId)
  return node('iq', { from: server, type: 'set', id: client.connection.nextId(), xmlns: 'md', t: secondsNow() }, [
    node('pair-success', {}, [
      node('device-identity', {}, Buffer.from(proto.ADVSignedDeviceIdentityHMAC.encode({ details: signed, hmac }).finish())),
      node('biz', { name: contact.name }),
      node('device', { jid, lid: lidJid }),
      node('platform', { name: 'android' }),
    ]),
  ])
}

/** The client's answer: its signature proves it holds the scanned identity key. Then it must log in again (515). */
export function completePairing(world: World, client: Client, answer: BinaryNode): void {
  const pairing = required(client.pairing, 'a link before <pair-device-sign>')
  const registration = required(client.registration, 'a registration before <pair-device-sign>')
  const { account, companionId, details, identity } = pairing
  const signed = proto.ADVSignedDeviceIdentity.decode(bytes(child(child(answer, 'pair-device-sign'), 'device-identity')))
  const proven = Buffer.concat([WA_ADV_DEVICE_SIG_PREFIX, details, identity, account.owner.peer.identity.public])
  const isIdentity = identity.equals(registration.identity)
  if (!isIdentity || !Curve.verify(identity, proven, Buffer.from(signed.deviceSignature ?? []))) {
    pairing.fail(new Error('pairing: the client did not sign with the identity that it showed'))
    client.connection.send(node('stream:error', { code: '401' }))
    client.connection.close()
    return
  }
  const companion = createCompanion(account, { id: companionId, ...registration })
  account.companions.set(companion.id, companion)
  world.announce('paired', { device: world.deviceOf(companion) })
  pairing.done(companion)
  client.connection.send(node('stream:error', { code: '515' }))
  client.connection.close()
}
