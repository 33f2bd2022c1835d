// Under which addresses a secret is kept and looked for: stanzas of one chat name the LID alone, the phone number alone, or both.
import { proto } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { convertMessage } from '../../src/convert/convert-message.ts'
import { readMessage } from '../../src/convert/read-message.ts'
import type { BroughtSecret } from '../../src/convert/sealed/message-secret.ts'
import { type Address, readStanza } from '../../src/convert/stanza-identity.ts'
import type { Unopened } from '../../src/producers/secrets/sealed-messages.ts'
import { createSecretsOfPart } from '../../src/producers/secrets/secrets-of-part.ts'
import { until } from '../ground/until.ts'

const own = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }
const ana = { id: '200@lid', pn: '5511900000011@s.whatsapp.net' }
const group = '1203@g.us'

/** `pairs`: what the instance knows. */
function open({ pairs = [], ignored = [] }: { pairs?: readonly Address[]; ignored?: readonly (string | null)[] } = {}) {
  const kept: BroughtSecret[] = []
  const asked: object[] = []
  const unopened: Unopened[] = []
  const came: BroughtSecret[] = []
  const ofPart = createSecretsOfPart({
    secrets: {
      keep: async secrets => void kept.push(...secrets),
      find: async of => {
        asked.push(of)
        return []
      },
    },
    sealed: {
      keep: async more => void unopened.push(...more),
      openWith: async secrets => void came.push(...secrets),
    },
    known: { complete: async address => pairs.find(({ id, pn }) => [id, pn].includes(address.id)) ?? address },
    ignores: chat => ignored.includes(chat),
  })
  return { ...ofPart, kept, asked, unopened, came }
}

function read(message: proto.IMessage, attrs: Record<string, string>) {
  return readMessage(partOf(message, attrs))
}
/** As it is told without its secret. */
const toldOf = (message: proto.IMessage, attrs: Record<string, string>) =>
  convertMessage({ ...partOf(message, attrs), ignores: () => false })

function partOf(message: proto.IMessage, attrs: Record<string, string>) {
  const stanza = readStanza({ tag: 'message', attrs: { id: 'M', t: '1700000000', ...attrs } }, { instanceId: 'first', own })
  const plaintext = proto.Message.encode(message).finish()
  return { stanza, part: 0, plaintext, isPadded: false, receivedAt: 1_700_000_001_000, aliases: [], ownId: null }
}
const written = { conversation: 'x', messageContextInfo: { messageSecret: Buffer.alloc(32, 1) } }
const box = { encPayload: Buffer.alloc(40), encIv: Buffer.alloc(12) }
const voted = { pollUpdateMessage: { pollCreationMessageKey: { id: 'POLL' }, vote: box } }
const [byPn, byLid] = [{ from: ana.pn }, { from: ana.id }]

test('[B4] [B9] a secret is kept under the LID where the instance knows it, whichever the stanza names', async () => {
  for (const attrs of [byPn, byLid, { ...byLid, sender_pn: ana.pn }]) {
    const { keep, kept } = open({ pairs: [ana] })
    await (await keep(read(written, attrs), [])).durable
    expect(kept).toMatchObject([{ messageId: 'M', chat: ana, author: ana }])
  }
})

test('[B4] [B9] it is looked for under both addresses, for it may have been kept before the pair was known', async () => {
  for (const attrs of [byPn, byLid]) {
    const { knownFor, asked } = open({ pairs: [ana] })
    await knownFor(read(voted, attrs))
    expect(asked).toEqual([{ chats: [ana.id, ana.pn], messageId: 'POLL' }])
  }
  const { knownFor, asked } = open()
  await knownFor(read(voted, byLid))
  await knownFor(read(voted, { from: group, participant: ana.id }))
  expect(asked).toMatchObject([{ chats: [ana.id] }, { chats: [group] }])
})

test('[B9] whose message it is that an edit, a revoke or a pin names is looked for as well, in clear as under seal', async () => {
  const key = { id: 'TARGET', fromMe: true }
  const changes = [
    { protocolMessage: { type: 14, key, editedMessage: { conversation: 'new' } } },
    { protocolMessage: { type: 0, key } },
    { pinInChatMessage: { key, type: 1 } },
  ]
  for (const change of changes) {
    const { knownFor, asked } = open()
    await knownFor(read(change, { from: group, participant: ana.id }))
    expect(asked).toEqual([{ chats: [group], messageId: 'TARGET' }])
  }
})

test('[B9] what comes through a broadcast list belongs to the chat of its sender', async () => {
  const { keep, kept } = open({ pairs: [ana] })
  await keep(read(written, { from: '1781870949@broadcast', participant: ana.id }), [])
  expect(kept).toMatchObject([{ chat: ana }])
})

test('[B9] of a chat that is ignored no secret is kept, and what is about no other message asks for none', async () => {
  const { keep, knownFor, kept, asked } = open({ ignored: [group] })
  const inGroup = read(written, { from: group, participant: ana.id })
  await keep(inGroup, [])
  await knownFor(inGroup)
  expect([kept, asked]).toEqual([[], []])
})

test('[B9] what does not open is kept with every address of its chat, but for chats that are ignored; what brings a secret is told once that is kept', async () => {
  const { keep, unopened, kept, came } = open({ pairs: [ana], ignored: [group] })
  await (await keep(read(voted, byPn), toldOf(voted, byPn))).durable
  const inGroup = { from: group, participant: ana.id }
  await (await keep(read(voted, inGroup), toldOf(voted, inGroup))).durable
  await (await keep(read(written, byLid), toldOf(written, byLid))).durable
  expect(unopened).toMatchObject([{ chats: [ana.id, ana.pn], targetMessageId: 'POLL' }])
  await until('it is told', () => came.length > 0)
  expect(came).toEqual(kept)
  expect(came).toHaveLength(1)
})
