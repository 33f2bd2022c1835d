// Every door by which something of a chat comes in, for tests of what settings leave out; and all that would be in the log of it.
import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import { createContactNames } from '../../../src/convert/contact-names.ts'
import { convertBaileysEvent } from '../../../src/convert/convert-baileys-event.ts'
import type { Draft } from '../../../src/convert/draft.ts'
import { readSettings } from '../../../src/instances/instance-settings.ts'
import { nothing } from '../../../src/producers/gate/begun.ts'
import { createIngest } from '../../../src/producers/gate/ingest.ts'
import { createIntake } from '../../../src/producers/gate/intake.ts'
import { createProducerMetrics } from '../../../src/producers/producer-metrics.ts'
import type { State } from '../../../src/producers/told/differing.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'

export const own = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }

export const group = '1203@g.us'

export const channel = '1204@newsletter'

export const status = 'status@broadcast'

export const ignoreAll = { ignoreGroups: true, ignoreStatus: true, ignoreNewsletters: true }

export const { Type } = proto.Message.ProtocolMessage

export const encode = (message: proto.IMessage) => proto.Message.encode(message).finish()

export function open(settings: object) {
  const appended: Draft[] = []
  const metrics = createMetrics({ processMetrics: false })
  const counted = createProducerMetrics(metrics)
  let now = readSettings(settings)
  const appending = { durable: Promise.resolve() }
  const append = (drafts: readonly Draft[]) => {
    appended.push(...drafts)
    return appending.durable
  }
  const changed: (readonly State[])[] = []
  const intake = createIntake({ settings: () => now, metrics: counted, append, appended: async () => undefined })
  const ingest = createIngest({
    instanceId: 'first',
    own: () => own,
    known: { complete: async address => address, readAhead: async () => undefined },
    names: createContactNames({ maxContacts: 10 }),
    secrets: { knownFor: async () => () => [], keep: async () => nothing },
    told: { change: states => void (states.length > 0 && changed.push(states)) },
    intake,
    clock: () => 1_700_000_001_000,
    metrics: counted,
  })
  const nodeOf = (tag: string, attrs: Record<string, string>, content?: BinaryNode['content']): BinaryNode => {
    const node = { tag, attrs: { id: 'M', t: '1700000000', ...attrs } }
    return content === undefined ? node : { ...node, content }
  }
  return {
    appended,
    appending,
    intake,
    changed,
    types: () => appended.map(({ type }) => type),
    /** Everything that would be in the log. */
    log: () =>
      JSON.stringify(appended, (_, value) => (value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value)),
    change: (changed: object) => {
      now = readSettings(changed)
    },
    ignored: async () => (await metrics.render()).split('\n').filter(line => line.startsWith('zaplog_events_ignored_total{')),
    message: (attrs: Record<string, string>, content: proto.IMessage) =>
      ingest.message({ node: nodeOf('message', attrs), part: 0, plaintext: encode(content), isPadded: false }),
    stanza: (tag: string, attrs: Record<string, string>, content?: BinaryNode['content']) =>
      ingest.unknown({ node: nodeOf(tag, attrs, content), part: 0, name: tag }),
    call: (attrs: Record<string, string>) => ingest.call(nodeOf('call', { from: '200@lid' }, [{ tag: 'offer', attrs }])),
    notification: (attrs: Record<string, string>, content: BinaryNode['content']) =>
      ingest.notification(nodeOf('notification', attrs, content)),
    receipt: (attrs: Record<string, string>, content?: BinaryNode['content']) =>
      ingest.receipt(nodeOf('receipt', attrs, content)),
    undecryptable: (attrs: Record<string, string>) =>
      ingest.undecryptable({ node: nodeOf('message', attrs), part: 0, encryption: 'skmsg', reason: 'no key' }),
    fromBaileys: async (name: string, payload: unknown) => {
      const { ignores } = intake
      const { offer } = convertBaileysEvent({ instanceId: 'first', name, payload, occurredAt: 1, ignores })
      if (offer !== null) await intake.append([offer])
    },
  }
}

type World = ReturnType<typeof open>

export const text = { conversation: 'hi' }

export const ana = { participant: '200@lid', notify: 'Ana' }

export const handedOver = (infos: readonly (proto.IWebMessageInfo | Uint8Array)[]): proto.IMessage => {
  const peerDataOperationResult = infos.map(info => ({
    placeholderMessageResendResponse: {
      webMessageInfoBytes: info instanceof Uint8Array ? info : proto.WebMessageInfo.encode(info).finish(),
    },
  }))
  const type = Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE
  return { protocolMessage: { type, peerDataOperationRequestResponseMessage: { peerDataOperationResult } } }
}

export const said = (remoteJid: string, words: string): proto.IWebMessageInfo => ({
  key: { id: words, remoteJid, participant: '200@lid', fromMe: false },
  message: { conversation: words },
  messageTimestamp: 1_700_000_000,
})

/** Is itself from the account's own chat. */
export const carrier = 'a message that the phone hands over'

const changed = (id: string) => ({
  data: { xwa2_notify_newsletter_on_metadata_update: { id, thread_metadata: { name: { text: 'secret' } } } },
})

export const doors: Record<string, (world: World, chat: string) => Promise<unknown>> = {
  'a message': (world, chat) => world.message({ from: chat, ...ana }, { conversation: 'secret' }),
  'a reaction': (world, chat) => world.message({ from: chat, ...ana }, { reactionMessage: { key: { id: 'T' }, text: 'secret' } }),
  [carrier]: (world, chat) => world.message({ from: own.pn }, handedOver([said(chat, 'secret')])),
  'what cannot be decrypted': (world, chat) => world.undecryptable({ from: chat, ...ana }),
  'a message without content': (world, chat) => world.stanza('message', { from: chat, ...ana }),
  'a receipt': (world, chat) => world.receipt({ from: chat, ...ana, type: 'read' }),
  'an aggregated receipt': (world, chat) =>
    world.receipt({ from: chat, type: 'read' }, [
      { tag: 'participants', attrs: { key: 'T' }, content: [{ tag: 'user', attrs: { jid: '200@lid', t: '1700000000' } }] },
    ]),
  'a receipt of a kind nobody knows': (world, chat) => world.receipt({ from: chat, ...ana, type: 'pondered' }),
  'a notification': (world, chat) =>
    world.notification({ from: chat, type: 'w:gp2' }, [{ tag: 'subject', attrs: { subject: 'secret' } }]),
  'a notification of its making': (world, chat) =>
    world.notification({ from: chat, type: 'w:gp2' }, [
      { tag: 'create', attrs: {}, content: [{ tag: 'group', attrs: { id: chat, subject: 'secret' } }] },
    ]),
  'a call in it': (world, chat) => world.call({ 'call-id': 'C', 'group-jid': chat }),
  'a call in it of a kind nobody knows': (world, chat) => world.call({ 'group-jid': chat }),
  'a change of a channel': (world, chat) =>
    world.notification({ from: 's.whatsapp.net', type: 'mex' }, [
      { tag: 'update', attrs: {}, content: Buffer.from(JSON.stringify(changed(chat))) },
    ]),
  'a notification of the server about it': (world, chat) =>
    world.notification({ from: 's.whatsapp.net', type: 'mex' }, [
      { tag: 'update', attrs: {}, content: Buffer.from(JSON.stringify({ data: { id: chat, name: 'secret' } })) },
    ]),
  'groups.update': (world, chat) => world.fromBaileys('groups.update', [{ id: chat, subject: 'secret' }]),
  'chats.upsert': (world, chat) => world.fromBaileys('chats.upsert', [{ id: chat, name: 'secret' }]),
  'chats.delete': (world, chat) => world.fromBaileys('chats.delete', [chat]),
  'messages.delete': (world, chat) => world.fromBaileys('messages.delete', { keys: [{ id: 'secret', remoteJid: chat }] }),
  'presence.update': (world, chat) => world.fromBaileys('presence.update', { id: chat, presences: { '200@lid': {} } }),
  'labels.association': (world, chat) => world.fromBaileys('labels.association', { association: { chatId: chat }, type: 'add' }),
  'an event of a newer Baileys': (world, chat) => world.fromBaileys('stars.aligned', { of: { [chat]: 'secret' } }),
}
