// Answers every iq a client sends: unanswered, Baileys would wait a minute for each.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { takeBundle } from '../accounts/accounts.ts'
import { answerCollection } from '../accounts/app-state/app-state.ts'
import { takePatch } from '../accounts/app-state/take-patch.ts'
import { flushOffline } from '../accounts/deliver.ts'
import { takeIqFault } from '../accounts/iq-faults.ts'
import { keyNodes, registrationNode } from '../accounts/key-nodes.ts'
import { answerLinkCode, isLinkCode } from '../accounts/link-code.ts'
import { completePairing } from '../accounts/pair-companion.ts'
import type { Client, Companion, World } from '../accounts/world.ts'
import { attr, bytes, child, children, findChild, node, required, secondsNow, server, uint } from '../connection/stanza.ts'
import { mediaHost } from '../media/media.ts'
import { answerMex } from './answer-channels.ts'
import { answerBlocklist, answerBusiness } from './answer-contacts.ts'
import { answerGroups } from './answer-groups.ts'
import { answerPicture } from './answer-pictures.ts'
import { answerAbout, answerPrivacy, answerTimer } from './answer-profile.ts'
import { answerUsync } from './answer-usync.ts'
import { refusal } from './refusal.ts'

type Answer = BinaryNode[] | undefined

export function answerIq(world: World, client: Client, iq: BinaryNode): void {
  if (iq.attrs.type === 'result') readResult(world, client, iq)
  else answerRequest(world, client, iq)
}

function answerRequest(world: World, client: Client, iq: BinaryNode): void {
  const { xmlns } = iq.attrs
  const fault = client.companion === null ? null : takeFault(client.companion, iq)
  if (fault === 'swallow') return
  const content = typeof fault === 'object' && fault !== null ? refusal(fault.error) : answerOf(world, client, iq)
  if (fault === 'unsaid') return
  const type = content?.[0]?.tag === 'error' ? 'error' : 'result'
  client.connection.send(node('iq', { from: server, type, id: attr(iq, 'id') }, content))
  const [request] = children(iq)
  if (xmlns === 'passive' && request?.tag === 'active' && client.companion) flushOffline(client.companion)
  if (request?.tag === 'remove-companion-device') client.connection.close()
}

const remembered = 500

function takeFault({ iqs, iqFaults }: Companion, iq: BinaryNode) {
  iqs.push(iq.attrs)
  iqs.splice(0, Math.max(0, iqs.length - remembered))
  return takeIqFault(iqFaults, iq.attrs)
}

const answerOf = (world: World, client: Client, iq: BinaryNode): Answer =>
  client.companion === null ? answerUnlinked(world, client, iq) : answerTo(world, client.companion, iq)

function readResult(world: World, client: Client, iq: BinaryNode): void {
  if (findChild(iq, 'pair-device-sign')) completePairing(world, client, iq)
}

function answerUnlinked(world: World, client: Client, iq: BinaryNode): Answer {
  const [request] = children(iq)
  return isLinkCode(request) ? answerLinkCode(world, client, request) : undefined
}

/** What is only a setting or a ping needs no content. */
function answerTo(world: World, companion: Companion, iq: BinaryNode): Answer {
  const [request] = children(iq)
  switch (iq.attrs.xmlns) {
    case 'encrypt':
      return answerKeys(world, companion, iq)
    case 'usync':
      return [answerUsync({ world, companion }, required(request, 'a usync in its iq'))]
    case 'w:g2':
      return answerGroups(world, companion, iq)
    case 'w:profile:picture':
      return answerPicture(world, companion, iq)
    case 'w:sync:app:state':
      return [
        node(
          'sync',
          {},
          children(child(iq, 'sync'), 'collection').map(asked => answerSync(world, companion, asked)),
        ),
      ]
    case 'w:m':
      return [mediaConnection(world)]
    case 'w:mex':
      return answerMex(companion, iq)
    case 'abt':
      return [node('props', { protocol: '1', hash: 'sim' })]
    case 'blocklist':
      return answerBlocklist(companion, iq)
    case 'privacy':
      return answerPrivacy(world, companion, iq)
    case 'disappearing_mode':
      return answerTimer(world, companion, iq)
    case 'status':
      return answerAbout(world, companion, iq)
    case 'w:biz':
      return answerBusiness(world, iq)
    case 'md':
      if (request?.tag === 'remove-companion-device') companion.isRemoved = true
      return undefined
    default:
      return undefined
  }
}

const answerSync = (world: World, companion: Companion, asked: BinaryNode): BinaryNode =>
  findChild(asked, 'patch') === undefined ? answerCollection(world, companion.account, asked) : takePatch(world, companion, asked)

function answerKeys(world: World, companion: Companion, iq: BinaryNode): Answer {
  const [request] = children(iq)
  switch (request?.tag) {
    case 'count':
      return [node('count', { value: String(companion.preKeys.size) })]
    case 'digest':
      return [node('digest', {}, [registrationNode(companion.registrationId)])]
    case 'rotate':
      companion.signedPreKey = readSignedPreKey(child(request, 'skey'))
      return undefined
    case 'key':
      return [
        node(
          'list',
          {},
          children(request, 'user').map(user => bundleNode(world, attr(user, 'jid'))),
        ),
      ]
    default:
      for (const key of children(child(iq, 'list'), 'key'))
        companion.preKeys.set(uint(child(key, 'id')), bytes(child(key, 'value')))
      return undefined
  }
}

function readSignedPreKey(skey: BinaryNode) {
  return { keyId: uint(child(skey, 'id')), publicKey: bytes(child(skey, 'value')), signature: bytes(child(skey, 'signature')) }
}

function bundleNode(world: World, jid: string): BinaryNode {
  const device = Number(/:(\d+)@/.exec(jid)?.[1] ?? 0)
  const companion = world.accounts.accountOf(jid)?.companions.get(device)
  const bundle = device === 0 ? world.accounts.personOf(jid)?.peer.bundle() : companion && takeBundle(companion)
  if (bundle === undefined) return node('user', { jid }, [node('error', { code: '404', text: 'item-not-found' })])
  return node('user', { jid, t: secondsNow() }, [registrationNode(bundle.registrationId), ...keyNodes(bundle)])
}

function mediaConnection({ cdn }: World): BinaryNode {
  const hosts = ['media-gru1-1.cdn.whatsapp.net', mediaHost]
  const offered = hosts.map(hostname => node('host', { hostname, maxContentLengthBytes: '104857600' }))
  return node('media_conn', { auth: cdn.auth(), ttl: '300', auth_ttl: '3600' }, offered)
}
