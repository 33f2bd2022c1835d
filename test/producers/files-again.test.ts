// A file whose sender dies or waits for its turn is uploaded and shown once, and takes no turn before it is ready.
import { expect, test } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { askFor, untilRow } from '../ground/producers/commands.ts'
import { openRig, testConfig } from '../ground/producers/rig.ts'
import { someBytes } from '../ground/producers/sent-files.ts'
import { anUpload, aReadyUpload, makeReady } from '../ground/producers/uploads.ts'
import { until } from '../ground/until.ts'

test.each([
  ['before WhatsApp has it', 'swallow'],
  ['before WhatsApp says that it has it', 'no-ack'],
] as const)('[F1] [C13] a death after the upload, %s, uploads nothing again and shows it once', async (_when, fault) => {
  await using own = await aRig(`files death ${fault}`)
  const role = await own.rig.start()
  const device = await own.rig.pair('first')
  const bytes = someBytes()
  device.answerMessages(fault, 1)
  const chatId = own.rig.simulator.contact({ pn: '5511900000150', name: 'Ana' }).lidJid
  const uploadId = await aReadyUpload(own.rig, bytes)
  const asked = await askFor(own.rig, { chatId, kind: 'image', media: { uploadId } })
  await until('its stanza has come', () => device.stanzasSent().length === 1)
  await role.close()
  await own.rig.start()
  const [done] = await own.rig.untilEvents('command.completed', 1)
  expect(done).toMatchObject({ commandId: asked.commandId, tries: 2 })
  expect(device.shown().map(({ messageId }) => messageId)).toEqual([asked.messageId])
  expect(device.fileShown(asked.messageId).equals(bytes)).toBe(true)
  expect(device.conflicts()).toEqual([])
  expect(own.posts()).toBe(1)
  expect(await own.rig.eventsOf('upload.completed')).toHaveLength(1)
})

test('[F1] [C13] an upload that nobody could keep is made again, and its message is shown once', async () => {
  await using own = await aRig('files unkept')
  let lost = 0
  const database = flaky(own.rig.database.database, ({ args: [sql] }) =>
    String(sql).includes('set reference = ') && ++lost === 1 ? { fail: new DatabaseError('unreachable', 'away', {}) } : null,
  )
  await own.rig.start({ database, commandTimes: { retryMs: 30 } })
  const device = await own.rig.pair('first')
  const bytes = someBytes()
  const chatId = own.rig.simulator.contact({ pn: '5511900000150', name: 'Ana' }).lidJid
  const asked = await askFor(own.rig, { chatId, kind: 'image', media: { uploadId: await aReadyUpload(own.rig, bytes) } })
  expect((await own.rig.untilEvents('command.completed', 1))[0]).toMatchObject({ commandId: asked.commandId, tries: 1 })
  expect(own.posts()).toBe(2)
  expect(device.shown()).toHaveLength(1)
  expect(device.fileShown(asked.messageId).equals(bytes)).toBe(true)
})

test('[F2] [F1] a file that is not ready takes no turn from its account, and takes one of its own once it is', async () => {
  await using own = await aRig('files paced')
  const { simulator } = own.rig
  const config = { ...testConfig, url: simulator.url, cdnUrl: simulator.cdn.url, outboundPerMinute: 1, outboundBurst: 1 }
  await own.rig.start({ config, commandTimes: { fileMs: 3_600_000 } })
  const device = await own.rig.pair('first')
  const [ana, bia, caio] = ['151', '152', '153'].map(nth => simulator.contact({ pn: `5511900000${nth}`, name: nth }).lidJid)
  const uploads = [await anUpload(own.rig), await anUpload(own.rig)]
  const waiting = []
  for (const [nth, chatId] of [ana, bia].entries()) {
    const asked = await askFor(own.rig, { chatId: String(chatId), kind: 'image', media: { uploadId: uploads[nth] } })
    await untilRow(own.rig, asked, 'waiting', row => row.state === 'accepted' && row.due_at !== null)
    waiting.push(asked)
  }
  const text = await askFor(own.rig, { chatId: String(caio) })
  expect((await own.rig.untilEvents('command.completed', 1))[0]).toMatchObject({ commandId: text.commandId })
  for (const uploadId of uploads) await makeReady(own.rig, uploadId, someBytes())
  // What needs no turn has had one of its own since.
  const known = { target: { fromMe: false, senderId: String(caio) } }
  await askFor(own.rig, { chatId: String(caio), kind: 'reaction', targetMessageId: 'ABC', emoji: '👍', known })
  await own.rig.untilEvents('command.completed', 2)
  const rows = await own.rig.database.database.query('select is_paced, state from commands where is_paced')
  expect(rows).toEqual(waiting.map(() => ({ is_paced: true, state: 'accepted' })))
  expect(device.shown().map(({ messageId }) => messageId)).toEqual([text.messageId])
})

test('[F2] [F1] a first message whose file is not ready leaves its turn to another one', async () => {
  await using own = await aRig('files first')
  const { simulator } = own.rig
  const config = { ...testConfig, url: simulator.url, cdnUrl: simulator.cdn.url, outboundFirstPerDay: 1 }
  await own.rig.start({ config, commandTimes: { fileMs: 3_600_000 } })
  await own.rig.pair('first')
  const [ana, bia] = ['151', '152'].map(nth => simulator.contact({ pn: `5511900000${nth}`, name: nth }).lidJid)
  const known = { isFirst: true }
  const media = { uploadId: await anUpload(own.rig) }
  const asked = await askFor(own.rig, { chatId: String(ana), kind: 'image', media, known })
  await untilRow(own.rig, asked, 'waiting', row => row.state === 'accepted' && row.due_at !== null)
  const text = await askFor(own.rig, { chatId: String(bia), known })
  expect((await own.rig.untilEvents('command.completed', 1))[0]).toMatchObject({ commandId: text.commandId })
  const firsts = await own.rig.database.database.query('select chat_id from first_contacts')
  expect(firsts).toEqual([{ chat_id: bia }])
})

async function aRig(name: string) {
  const rig = await openRig(name, collectLogLines(['command.failing']))
  return {
    rig,
    posts: () => rig.simulator.cdn.hits().filter(({ method }) => method === 'POST').length,
    [Symbol.asyncDispose]: rig.close,
  }
}
