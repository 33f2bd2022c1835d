// What Baileys does with stanzas, with the answers and what else it says in the same order (lib/Socket/messages-recv.js handleMessage,
// sendRetryRequest and handleReceipt, lib/Socket/messages-send.js relayMessage, lib/Socket/socket.js uploadPreKeys), less what concerns no key.
import type { EventEmitter } from 'node:events'
import {
  type AuthenticationCreds,
  type BinaryNode,
  decryptMessageNode,
  encodeBigEndian,
  extractE2ESessionFromRetryReceipt,
  getNextPreKeys,
  getNextPreKeysNode,
  jidDecode,
  KEY_BUNDLE_TYPE,
  MISSING_KEYS_ERROR_TEXT,
  proto,
  type SignalKeyStoreWithTransaction,
  type SocketConfig,
  xmppPreKey,
  xmppSignedPreKey,
} from '@whiskeysockets/baileys'
import type { MakeSignalRepository } from '../../../../src/producers/gate/gated-repository.ts'
import { createMutex, type InTurn } from './mutex.ts'
import { openRelay, type Relay, type RelayDeps } from './relay.ts'

type Repository = ReturnType<MakeSignalRepository>
export type BaileysPart = Relay & {
  /** New pre-keys for whoever writes first. */
  uploadPreKeys(count: number): Promise<void>
  /** Which devices a number has, as WhatsApp says when somebody writes to it. */
  knowDevices(devices: Readonly<Record<string, string[]>>): Promise<void>
}
export type PartDeps = RelayDeps & {
  state: { creds: AuthenticationCreds; keys: SignalKeyStoreWithTransaction }
  repository: Repository
  say(node: BinaryNode): void
  credsChanged(): void
  logger: SocketConfig['logger']
}

export function playBaileys(socket: EventEmitter, deps: PartDeps): BaileysPart {
  const relay = openRelay(deps)
  const messages = createMutex()
  const retries = new Map<string, number>()
  socket.on('CB:message', (node: BinaryNode) => takeMessage(deps, node, { inTurn: messages, retries }))
  socket.on('CB:receipt', (node: BinaryNode) => takeReceipt(deps, node, relay))
  for (const tag of ['notification', 'call']) socket.on(`CB:${tag}`, async (node: BinaryNode) => deps.say(ackOf(node)))
  return {
    ...relay,
    knowDevices: async devices => deps.state.keys.set({ 'device-list': devices }),
    uploadPreKeys: async count => {
      const { node } = await deps.state.keys.transaction(async () => {
        const made = await getNextPreKeysNode(deps.state, count)
        changeCreds(deps, made.update)
        return made
      }, 'upload-pre-keys')
      deps.say(node)
    },
  }
}

async function takeMessage(
  deps: PartDeps,
  node: BinaryNode,
  { inTurn, retries }: { inTurn: InTurn; retries: Map<string, number> },
): Promise<void> {
  const { repository, state, logger, say } = deps
  const { me } = state.creds
  const { fullMessage, decrypt } = decryptMessageNode(node, me?.id ?? '', me?.lid ?? '', repository, logger)
  await storePair(repository, fullMessage.key)
  await inTurn(async () => {
    await decrypt()
    const failure = fullMessage.messageStubParameters?.[0]
    if (fullMessage.messageStubType !== proto.WebMessageInfo.StubType.CIPHERTEXT) return say(receiptOf(node))
    if (failure === MISSING_KEYS_ERROR_TEXT) return say({ ...ackOf(node), attrs: { ...ackOf(node).attrs, error: '487' } })
    await askAgain(deps, node, retries)
    say({ ...ackOf(node), attrs: { ...ackOf(node).attrs, error: '500' } })
  })
}

type Key = ReturnType<typeof decryptMessageNode>['fullMessage']['key']

async function storePair({ lidMapping, migrateSession }: Repository, key: Key): Promise<void> {
  const alt = key.participantAlt || key.remoteJidAlt
  const primary = key.participant || key.remoteJid
  if (!alt || !primary) return
  if (jidDecode(alt)?.server === 'lid') {
    if (await lidMapping.getPNForLID(alt)) return
    await lidMapping.storeLIDPNMappings([{ lid: alt, pn: primary }])
    await migrateSession(primary, alt)
  } else {
    await lidMapping.storeLIDPNMappings([{ lid: primary, pn: alt }])
    await migrateSession(alt, primary)
  }
}

const receiptOf = ({ attrs }: BinaryNode): BinaryNode => ({
  tag: 'receipt',
  attrs: { id: attrs.id ?? '', to: attrs.from ?? '', ...(attrs.recipient ? { type: 'sender' } : { type: 'inactive' }) },
})
const ackOf = ({ tag, attrs }: BinaryNode): BinaryNode => ({
  tag: 'ack',
  attrs: { id: attrs.id ?? '', to: attrs.from ?? '', class: tag },
})

/** The pre-key that it names is written when the transaction ends, which is after it was said. */
async function askAgain(deps: PartDeps, node: BinaryNode, retries: Map<string, number>): Promise<void> {
  const { state, say } = deps
  const { signedIdentityKey, signedPreKey, registrationId, me } = state.creds
  const count = (retries.get(node.attrs.id ?? '') ?? 0) + 1
  retries.set(node.attrs.id ?? '', count)
  await state.keys.transaction(async () => {
    const content: BinaryNode[] = [
      { tag: 'retry', attrs: { count: String(count), id: node.attrs.id ?? '', v: '1' } },
      { tag: 'registration', attrs: {}, content: encodeBigEndian(registrationId) },
    ]
    if (count > 1) {
      const { update, preKeys } = await getNextPreKeys(state, 1)
      const [[keyId, pair] = []] = Object.entries(preKeys)
      if (keyId === undefined || pair === undefined) throw new Error('asking again: there is no pre-key')
      const keys: BinaryNode[] = [
        { tag: 'type', attrs: {}, content: Buffer.from(KEY_BUNDLE_TYPE) },
        { tag: 'identity', attrs: {}, content: signedIdentityKey.public },
        xmppPreKey(pair, Number(keyId)),
        xmppSignedPreKey(signedPreKey),
      ]
      content.push({ tag: 'keys', attrs: {}, content: keys })
      changeCreds(deps, update)
    }
    const { attrs } = receiptOf(node)
    say({ tag: 'receipt', attrs: { ...attrs, type: 'retry' }, content })
  }, me?.id ?? '')
}

function changeCreds({ state, credsChanged }: PartDeps, update: Partial<AuthenticationCreds>): void {
  Object.assign(state.creds, update)
  credsChanged()
}

async function takeReceipt(deps: PartDeps, node: BinaryNode, { resend }: Relay): Promise<void> {
  const { attrs } = node
  try {
    if (attrs.type !== 'retry') return
    const jid = attrs.participant ?? attrs.from ?? ''
    const session = extractE2ESessionFromRetryReceipt(node) as Parameters<Relay['resend']>[0]['session']
    await resend({ id: attrs.id ?? '', jid, session })
  } finally {
    deps.say({ ...ackOf(node), attrs: { ...ackOf(node).attrs, type: attrs.type ?? '' } })
  }
}
