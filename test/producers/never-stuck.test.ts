// No stanza stops its account: what no schema takes gets a form that fits, and what the log refuses for good is kept beside it.
import { proto } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import { type Append, LogError } from '../../src/log/log.ts'
import { keptStanzaPlace } from '../../src/producers/gate/kept-stanzas.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { hows, isRatchetStep, openRig, ownerPn, type Rig, testConfig, texts } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('never stuck', logger)
})
afterEach(async () => {
  await rig.close()
})

/** Whole seconds that fit a JavaScript number, and as milliseconds no schema. */
const farT = '9007199254740991'
const ana = () => rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
const said = () => logger.lines.filter(({ event }) => event === 'stanza.kept').length
const impatient = () => ({ ...testConfig, url: rig.simulator.url, appendTimeoutMs: 400 })
const checkOf = (role: { checks(): readonly { name: string; state: string; detail: string }[] }, name: string) =>
  role.checks().find(check => check.name === name)
/** A log that never takes records in which these bytes are, in whatever form. */
const refusing = (bytes: string) =>
  flaky(rig.testLog.log, ({ name, args: [append] }) =>
    name === 'append' && (append as Append).records.some(({ value }) => Buffer.from(value ?? []).includes(bytes))
      ? { fail: new LogError('record-refused', 'appending: refused on purpose') }
      : null,
  )

test('[B1] [B2] times that fit no schema stop nothing: in a message, in one reader of an aggregated receipt, in what the phone hands over', async () => {
  const startedAt = Date.now()
  await rig.start()
  const device = await rig.pair('first')
  await until('the login is told', () => device.pending().length === 0)
  const { lidJid: from } = ana()
  await device.send(ana(), text('futuro'), { attrs: { t: farT } })
  device.pushStanza({
    tag: 'receipt',
    attrs: { id: 'R', from: '120363000000000001@g.us', type: 'read', t: '1700000000' },
    content: [
      {
        tag: 'participants',
        attrs: { key: 'M1' },
        content: [
          { tag: 'user', attrs: { jid: from, t: farT } },
          { tag: 'user', attrs: { jid: '205@lid', t: '1700000000' } },
        ],
      },
    ],
  })
  const info = {
    key: { id: 'LOST', remoteJid: from, fromMe: false },
    message: { conversation: 'recuperada' },
    messageTimestamp: Number(farT),
    pushName: 'Ana',
  }
  const peerDataOperationResult = [
    { placeholderMessageResendResponse: { webMessageInfoBytes: proto.WebMessageInfo.encode(info).finish() } },
  ]
  const protocolMessage = {
    type: proto.Message.ProtocolMessage.Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
    peerDataOperationRequestResponseMessage: { peerDataOperationResult },
  }
  await device.send(device.owner, { protocolMessage }, { attrs: { from: `${ownerPn}@s.whatsapp.net`, category: 'peer' } })
  await device.send(ana(), text('depois'))
  await until('all is acknowledged', () => device.pending().length === 0)
  const messages = await rig.eventsOf('message.received')
  expect(texts(messages)).toEqual(['futuro', 'recuperada', 'depois'])
  const receipts = await rig.eventsOf('message.receipt-updated')
  expect(receipts.map(({ senderId, status }) => [senderId, status])).toEqual([
    [from, 'read'],
    ['205@lid', 'read'],
  ])
  for (const { occurredAt } of [...messages, ...receipts].filter(event => event.senderId === from)) {
    expect(occurredAt).toBeGreaterThanOrEqual(startedAt - 1_000)
    expect(occurredAt).toBeLessThanOrEqual(Date.now() + 1_000)
  }
  expect(receipts[1]?.occurredAt).toBe(1_700_000_000_000)
})

test('[B2] [H3] what the log refuses in every form is kept sealed and acknowledged; it is counted, said once, shown, and the account goes on', async () => {
  const saidBefore = said()
  const role = await rig.start({ log: refusing('veneno') })
  const device = await rig.pair('first')
  const poison = await device.send(ana(), text('veneno'))
  await device.send(ana(), text('depois'))
  await until('all is acknowledged', () => device.pending().length === 0)
  expect(hows(device, poison)).toEqual(['receipt:inactive'])
  expect(texts(await rig.eventsOf('message.received'))).toEqual(['depois'])

  const rows = await rig.database.database.query<{ event_id: string; why: string; sealed: Buffer }>('select * from kept_stanzas')
  expect(rows).toMatchObject([{ instance_id: 'first', why: expect.stringContaining('refused on purpose') }])
  const [row] = rows
  expect(row?.sealed.includes('veneno')).toBe(false)
  const opened = JSON.parse(rig.sealer.open(row?.sealed ?? Buffer.of(), keptStanzaPlace('first', row?.event_id ?? '')).toString())
  expect(opened).toMatchObject({ eventId: row?.event_id, type: 'message.received', text: 'veneno', messageId: poison })

  expect(checkOf(role, 'kept stanzas')).toMatchObject({ state: 'degraded', detail: expect.stringContaining('1 of first') })
  expect(await rig.metrics.render()).toContain('zaplog_stanzas_kept_total 1')
  device.redeliver([poison])
  await until('the copy is settled', () => hows(device, poison).length === 2)
  expect(said()).toBe(saidBefore + 1)

  await role.close()
  const next = await rig.start()
  await until('the next process shows it too', () => checkOf(next, 'kept stanzas')?.state === 'degraded')
})

test('[B3] a stanza kept twice, because it came again before it was acknowledged, is one', async () => {
  const saidBefore = said()
  let isAway = false
  const database = flaky(rig.database.database, call => (isAway && isRatchetStep(call) ? { hang: true } : null))
  await rig.start({ database, log: refusing('veneno'), config: impatient() })
  const device = await rig.pair('first')
  isAway = true
  await device.send(ana(), text('veneno'))
  await until('the socket is cut before its step is durable', () => !device.isOnline())
  isAway = false
  await until('all is acknowledged', () => device.pending().length === 0)
  expect(await rig.database.database.query('select 1 from kept_stanzas')).toHaveLength(1)
  expect(said()).toBe(saidBefore + 1)
})

test('[H3] readiness names the account that cannot go on, and why, and no longer once it can', async () => {
  let isRefused = true
  const log = refusingWhile(() => isRefused)
  const role = await rig.start({ log, config: impatient() })
  const device = await rig.pair('first')
  await device.send(ana(), text('cofre'))
  await until('it is named', () => checkOf(role, 'accounts')?.state === 'degraded')
  expect(checkOf(role, 'accounts')?.detail).toMatch(/first: The event log .* not authorized for this one .*times since/)
  isRefused = false
  await until('it goes on', () => device.pending().length === 0)
  await until('it is named no longer', () => checkOf(role, 'accounts')?.state === 'ok')
  expect(texts(await rig.eventsOf('message.received'))).toEqual(['cofre'])
})

test('[H3] an account that is logged out is in no trouble: it is told to be logged out', async () => {
  const log = refusingWhile(() => true)
  const role = await rig.start({ log, config: impatient() })
  const device = await rig.pair('first')
  await device.send(ana(), text('cofre'))
  await until('it is named', () => checkOf(role, 'accounts')?.state === 'degraded')
  device.refuseLogin(401)
  await rig.untilState('first', 'logged-out')
  await until('it is named no longer', () => checkOf(role, 'accounts')?.state === 'ok')
})

/** A log that lets nobody append what says `cofre`. */
const refusingWhile = (isRefused: () => boolean) =>
  flaky(rig.testLog.log, ({ name, args: [append] }) =>
    isRefused() && name === 'append' && (append as Append).records.some(({ value }) => Buffer.from(value ?? []).includes('cofre'))
      ? { fail: new LogError('denied', 'appending: not authorized for this one') }
      : null,
  )
