// Lets a client in: one without an account is offered QR refs and may be linked by a code instead, one with the noise key registered at pairing is logged in.
import { randomBytes } from 'node:crypto'
import type { WebSocket } from 'ws'
import { readRegistration } from '../accounts/pair-companion.ts'
import type { Client, Companion, World } from '../accounts/world.ts'
import { openConnection } from '../connection/connection.ts'
import type { ClientLogin } from '../connection/noise.ts'
import { node, secondsNow, server } from '../connection/stanza.ts'
import { receiveStanza } from './receive-stanza.ts'

const refsOffered = 6

export function acceptClient(world: World, socket: WebSocket): void {
  const connection = openConnection(socket, world.authority, {
    onLogin: login => onLogin(world, client, login),
    onStanza: stanza => receiveStanza(world, client, stanza),
    onClose: () => onClose(world, client),
    onError: error => world.announce('protocol-error', error),
  })
  const client: Client = { connection, registration: null, pairing: null, linkCode: null, companion: null, isActive: false }
  world.clients.add(client)
}

function onLogin(world: World, client: Client, { noiseKey, payload }: ClientLogin): void {
  if (payload.devicePairingData) {
    client.registration = readRegistration(payload.devicePairingData, noiseKey)
    offerRefs(world, client)
  } else logIn(world, client, { noiseKey, payload })
}

function logIn(world: World, client: Client, { noiseKey, payload }: ClientLogin): void {
  const companion = world.accounts.accountOf(`${payload.username}@${server}`)?.companions.get(payload.device ?? 0)
  if (companion === undefined || companion.isRemoved || !companion.noiseKey.equals(noiseKey)) refuse(client, 401)
  else if (companion.loginRefusal !== null) refuse(client, companion.loginRefusal)
  else attach(world, client, companion)
}

function attach(world: World, client: Client, companion: Companion): void {
  replaceOlder(companion)
  client.companion = companion
  companion.client = client
  companion.marks.subscriptions.clear()
  client.connection.send(node('success', { t: secondsNow(), lid: companion.lidJid, props: '27', location: 'sim' }))
  world.announce('login', { device: world.deviceOf(companion) })
}

function offerRefs(world: World, client: Client): void {
  const refs = Array.from({ length: refsOffered }, () => `2@${randomBytes(48).toString('base64')}`)
  for (const ref of refs) world.clientsByRef.set(ref, client)
  const offered = refs.map(ref => node('ref', {}, Buffer.from(ref)))
  client.connection.send(
    node('iq', { from: server, type: 'set', id: client.connection.nextId(), xmlns: 'md' }, [node('pair-device', {}, offered)]),
  )
}

function refuse(client: Client, code: number): void {
  client.connection.send(node('failure', { reason: String(code), location: 'sim' }))
  client.connection.close()
}

/** One connection per companion: the newer wins, also over one whose process died without a word. */
function replaceOlder(companion: Companion): void {
  const older = companion.client
  if (older === null) return
  companion.client = null
  older.isActive = false
  older.connection.send(node('stream:error', {}, [node('conflict', { type: 'replaced' })]))
  older.connection.close()
}

function onClose(world: World, client: Client): void {
  world.clients.delete(client)
  for (const [ref, holder] of world.clientsByRef) if (holder === client) world.clientsByRef.delete(ref)
  client.isActive = false
  client.pairing?.fail(new Error('pairing: the client closed the connection before it signed'))
  client.linkCode?.typed?.fail(new Error('typing a pairing code: the client closed the connection before it answered'))
  const { companion } = client
  if (companion?.client !== client) return
  companion.client = null
  world.announce('disconnected', { device: world.deviceOf(companion) })
}
