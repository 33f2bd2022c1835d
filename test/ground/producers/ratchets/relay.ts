// How the account writes (lib/Socket/messages-send.js relayMessage): each device of a chat gets a copy of its own, a group one ciphertext, and the
// sender key where a device has none; one message at a time, in a key transaction that ends after the message has left.
import {
  type AuthenticationCreds,
  type BinaryNode,
  encodeWAMessage,
  generateSignalPubKey,
  type proto,
  type SignalKeyStoreWithTransaction,
} from '@whiskeysockets/baileys'
import type { KeyBundle } from '../../../../simulator/accounts/peer.ts'
import type { MakeSignalRepository } from '../../../../src/producers/gate/gated-repository.ts'

type Repository = ReturnType<MakeSignalRepository>
type Session = Parameters<Repository['injectE2ESession']>[0]['session']
export type Outgoing = { id: string; text: string; group: string | null }
export type Relay = {
  /** To the devices at these PN addresses. */
  send(message: Outgoing & { to: readonly string[] }): Promise<void>
  /** Somebody could not read it. */
  resend(of: { id: string; jid: string; session: Session | null }): Promise<void>
}
export type RelayDeps = {
  state: { creds: AuthenticationCreds; keys: SignalKeyStoreWithTransaction }
  repository: Repository
  say(node: BinaryNode): void
  /** WhatsApp's answer to whoever wants to write to that device. */
  bundleOf(jid: string): Promise<KeyBundle>
  /** What was sent before; null: nobody remembers. */
  sentBefore(id: string): Outgoing | null
}

export function openRelay({ state, repository, say, bundleOf, sentBefore }: RelayDeps): Relay {
  const meId = state.creds.me?.lid ?? ''

  const wireJid = async (pnJid: string) => (await repository.lidMapping.getLIDForPN(pnJid)) ?? pnJid

  async function assertSession(jid: string, wire: string): Promise<void> {
    const { exists } = await repository.validateSession(wire)
    if (!exists) await repository.injectE2ESession({ jid: wire, session: sessionOf(await bundleOf(jid)) })
  }

  async function copyFor(jid: string, message: proto.IMessage): Promise<BinaryNode> {
    const wire = await wireJid(jid)
    await assertSession(jid, wire)
    const { type, ciphertext } = await repository.encryptMessage({ jid: wire, data: encodeWAMessage(message) })
    return { tag: 'to', attrs: { jid }, content: [{ tag: 'enc', attrs: { v: '2', type }, content: ciphertext }] }
  }

  /** That a device has the sender key is remembered after it was sent: a death before repeats it, and never leaves somebody without. */
  async function sendGroup({ id, text }: Outgoing, group: string, to: readonly string[]): Promise<void> {
    const data = encodeWAMessage({ conversation: text })
    const { ciphertext, senderKeyDistributionMessage: key } = await repository.encryptGroupMessage({ group, data, meId })
    const { [group]: remembered = {} } = await state.keys.get('sender-key-memory', [group])
    const without = to.filter(jid => !remembered[jid])
    const copies = await Promise.all(without.map(jid => copyFor(jid, distribution(group, key))))
    const sealed: BinaryNode = { tag: 'enc', attrs: { v: '2', type: 'skmsg' }, content: ciphertext }
    say({ tag: 'message', attrs: { id, to: group }, content: [{ tag: 'participants', attrs: {}, content: copies }, sealed] })
    const known = Object.fromEntries(to.map(jid => [jid, true]))
    await state.keys.set({ 'sender-key-memory': { [group]: { ...remembered, ...known } } })
  }

  async function sendChat({ id, text }: Outgoing, to: readonly string[]): Promise<void> {
    const content = await Promise.all(to.map(jid => copyFor(jid, { conversation: text })))
    say({ tag: 'message', attrs: { id, to: to[0] ?? '' }, content: [{ tag: 'participants', attrs: {}, content }] })
  }

  const relaying = (work: () => Promise<void>) => state.keys.transaction(work, state.creds.me?.id ?? '')
  return {
    send: ({ to, ...message }) =>
      relaying(() => (message.group === null ? sendChat(message, to) : sendGroup(message, message.group, to))),
    resend: async ({ id, jid, session }) => {
      const wire = await wireJid(jid)
      if (session !== null) await repository.injectE2ESession({ jid: wire, session })
      const sent = sentBefore(id)
      if (sent === null) return
      await relaying(() => sendAgain(sent, jid))
    },
  }

  async function sendAgain(sent: Outgoing, jid: string): Promise<void> {
    const key = sent.group && (await repository.getSenderKeyDistributionMessage({ group: sent.group, meId }))
    const more = key && sent.group ? distribution(sent.group, key) : {}
    const copy = await copyFor(jid, { conversation: sent.text, ...more })
    say({ tag: 'message', attrs: { id: sent.id, to: jid }, content: [{ tag: 'participants', attrs: {}, content: [copy] }] })
  }
}

const distribution = (groupId: string, key: Uint8Array): proto.IMessage => ({
  senderKeyDistributionMessage: { groupId, axolotlSenderKeyDistributionMessage: key },
})

function sessionOf({ registrationId, identity, signedPreKey, preKey }: KeyBundle): Session {
  const { keyId, publicKey, signature } = signedPreKey
  return {
    registrationId,
    identityKey: generateSignalPubKey(identity),
    signedPreKey: { keyId, publicKey: generateSignalPubKey(publicKey), signature },
    ...(preKey && { preKey: { keyId: preKey.keyId, publicKey: generateSignalPubKey(preKey.publicKey) } }),
  } as Session
}
