// What an instance's settings leave out is not appended, and leaves nothing else behind.
import { proto } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { createContactNames } from '../../src/producers/contact-names.ts'
import type { Draft } from '../../src/producers/draft.ts'
import { createIngest } from '../../src/producers/ingest.ts'
import { readSettings } from '../../src/producers/instance-settings.ts'
import { createProducerMetrics } from '../../src/producers/producer-metrics.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'

const own = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }

function open(settings: object) {
  const appended: Draft[] = []
  const ingest = createIngest({
    instanceId: 'first',
    own: () => own,
    settings: () => readSettings(settings),
    names: createContactNames({ maxContacts: 10 }),
    append: async drafts => void appended.push(...drafts),
    clock: () => 1,
    metrics: createProducerMetrics(createMetrics({ processMetrics: false })),
  })
  const message = (attrs: Record<string, string>, content: proto.IMessage) =>
    ingest.message({
      node: { tag: 'message', attrs: { id: 'M', t: '1700000000', ...attrs } },
      part: 0,
      plaintext: proto.Message.encode(content).finish(),
      isPadded: false,
    })
  return { message, types: () => appended.map(({ type }) => type) }
}
const text = { conversation: 'hi' }
const ana = { participant: '200@lid', notify: 'Ana' }

test('[A5] [B1] somebody first seen in an ignored group is told of with the first message that is appended', async () => {
  const { message, types } = open({ ignoreGroups: true })
  await message({ from: '1203@g.us', ...ana }, text)
  expect(types()).toEqual([])
  await message({ from: '200@lid', notify: 'Ana' }, text)
  expect(types()).toEqual(['message.received', 'contact.updated'])
})

test('[A5] a message of an ignored group is left out also when the phone hands it over', async () => {
  const { message, types } = open({ ignoreGroups: true })
  const key = { id: 'G', remoteJid: '1203@g.us', participant: '200@lid', fromMe: false }
  const webMessageInfoBytes = proto.WebMessageInfo.encode({ key, message: text }).finish()
  const peerDataOperationResult = [{ placeholderMessageResendResponse: { webMessageInfoBytes } }]
  const type = proto.Message.ProtocolMessage.Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE
  await message(
    { from: own.pn },
    { protocolMessage: { type, peerDataOperationRequestResponseMessage: { peerDataOperationResult } } },
  )
  expect(types()).toEqual(['unknown'])
})
