// Guarantee: a phone is linked by the code that is asked for and typed, and a code that nobody typed leaves no trace: QR codes come as ever.
import { BufferJSON } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import { lockInstance } from '../../src/instances/instance-ids.ts'
import { type Pairing, readPairing, requestCode } from '../../src/instances/pairing-codes.ts'
import { readCreds } from '../../src/producers/auth/auth-tables.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never, openRig, ownerPn, type Rig, testConfig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
const phone = { pn: ownerPn, name: 'Owner' }
let rig: Rig
beforeEach(async () => {
  rig = await openRig('producers pairing code', logger)
})
afterEach(async () => {
  await rig.close()
})

/** Each QR code lives for so long, and six of them are a round; as many rounds as it takes. */
const start = (qrTimeoutMs = 60_000) => {
  const { simulator } = rig
  const config = { ...testConfig, url: simulator.url, cdnUrl: simulator.cdnUrl, qrRounds: 100 }
  return rig.start({ qrTimeoutMs, config })
}
const request = (instanceId: string, pn = ownerPn) =>
  rig.database.database.transact(async tx => {
    await lockInstance(tx, instanceId)
    return requestCode({ database: tx, sealer: rig.sealer }, { instanceId, phone: pn, withinMs: 20_000 })
  }, never)
const pairingOf = (instanceId: string): Promise<Pairing> =>
  readPairing({ database: rig.database.database, sealer: rig.sealer }, instanceId)
async function codeOf(instanceId: string, pn = ownerPn): Promise<{ code: string; expiresAt: number }> {
  await request(instanceId, pn)
  return until(`a code of ${instanceId} for ${pn}`, async () => {
    const { answered } = await pairingOf(instanceId)
    if (answered === null || answered.answer.phone !== pn || !('code' in answered.answer)) return null
    return { code: answered.answer.code, expiresAt: answered.expiresAt }
  })
}
const storedCreds = async (instanceId: string) => {
  const { database } = rig.database
  const sealed = await readCreds(database, instanceId)
  const [text] = sealed === null ? ['null'] : [rig.sealer.open(sealed, `auth_creds|${instanceId}`).toString()]
  return JSON.parse(text, BufferJSON.reviver)
}
const statesOf = async () => (await rig.eventsOf('instance.state-changed')).map(({ state, phone }) => [state, phone])

test('[A1] a phone is linked by its code, says so in the log, and nobody is named before', async () => {
  await start()
  await rig.create('first')
  const { code, expiresAt } = await codeOf('first')
  expect(code).toMatch(/^[0-9A-Z]{8}$/)
  expect(expiresAt - Date.now()).toBeLessThanOrEqual(160_000)
  expect(expiresAt - Date.now()).toBeGreaterThan(100_000)
  const device = await rig.simulator.typePairingCode(code, phone)
  await rig.untilState('first', 'open')
  const states = await statesOf()
  expect(states.map(([state]) => state)).toEqual(['connecting', 'qr', 'reconnecting', 'open'])
  expect(states.slice(0, 2).map(([, named]) => named)).toEqual([null, null])
  expect(await rig.eventsOf('instance.paired')).toMatchObject([{ phone: ownerPn, lid: device.owner.lidJid }])
  await device.send(rig.simulator.contact({ pn: '5511900000011' }), text('linked by a code'))
  await rig.untilEvents('message.received', 1)
  await until('the code to be gone', async () => (await pairingOf('first')).answered === null)
})

test('[A1] the code is in no log line and in no record', async () => {
  await start()
  await rig.create('secret')
  const { code } = await codeOf('secret')
  await rig.simulator.typePairingCode(code, phone)
  await rig.untilState('secret', 'open')
  const [hello] = await rig.untilEvents('unknown', 1)
  expect(hello).toMatchObject({ name: 'notification link_code_companion_reg', raw: null })
  const written = JSON.stringify([await rig.events(), logger.lines], (_, value) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  expect(written).not.toContain(code)
})

test('[A1] a code ends with the QR codes of its socket; those that follow link a phone, and nobody is logged out', async () => {
  await start(400)
  await rig.create('expired')
  const { code, expiresAt } = await codeOf('expired')
  expect(expiresAt - Date.now()).toBeLessThanOrEqual(6 * 400)
  await until('another round', async () => (await statesOf()).filter(([state]) => state === 'reconnecting').length > 0)
  expect((await pairingOf('expired')).answered).toBeNull()
  await expect(rig.simulator.typePairingCode(code, phone)).rejects.toThrow('none is on offer')
  await until('a code to be scanned', async () => {
    const qr = await rig.qrOf('expired')
    return rig.simulator.scanQr(qr, phone).catch(() => null)
  })
  await rig.untilState('expired', 'open')
  const states = await statesOf()
  expect(states.filter(([state]) => state === 'logged-out')).toEqual([])
  expect(states.filter(([state, named]) => state === 'qr' && named !== null)).toEqual([])
})

test('[A1] restarted in the middle, what Baileys wrote of the code is forgotten: a QR code comes, and no 401', async () => {
  await start()
  await rig.create('restarted')
  const { code } = await codeOf('restarted')
  const before = await rig.qrOf('restarted')
  await until('it to be stored', async () => (await storedCreds('restarted'))?.pairingCode === code)
  await rig.want('restarted', 'restart_count = restart_count + 1')
  const qr = await until('another QR code', async () => {
    const shown = await rig.qrOf('restarted')
    return shown !== before && shown
  })
  expect((await pairingOf('restarted')).answered).toBeNull()
  await rig.simulator.scanQr(qr, phone)
  await rig.untilState('restarted', 'open')
  expect((await statesOf()).filter(([state]) => state === 'logged-out')).toEqual([])
})

test('[A1] a log-out in the middle ends as any other of an account that was never linked', async () => {
  await start()
  await rig.create('left')
  await codeOf('left')
  await rig.want('left', "wanted = 'logged-out'")
  await rig.untilState('left', 'logged-out')
  expect(await rig.eventsOf('instance.logged-out')).toMatchObject([{ reason: 'Asked for by an operator.' }])
})

test('[A1] a wrong code links nothing, and the right one may be typed after it', async () => {
  await start()
  await rig.create('wrong')
  const { code } = await codeOf('wrong')
  const wrong = code.startsWith('A') ? `B${code.slice(1)}` : `A${code.slice(1)}`
  await expect(rig.simulator.typePairingCode(wrong, phone)).rejects.toThrow('it is not the one that is shown')
  expect(rig.simulator.devices()).toEqual([])
  await rig.simulator.typePairingCode(code, phone)
  await rig.untilState('wrong', 'open')
})

test.each([
  ['a wrong code', null, 'it is not the one that is shown'],
  ['one that WhatsApp refuses', 500, 'refused with 500'],
])('[A1] after %s the QR code that is shown links a phone', async (_what, refusal, words) => {
  await start()
  await rig.create('scanned-then')
  const { code } = await codeOf('scanned-then')
  const before = await rig.qrOf('scanned-then')
  rig.simulator.refusePairingCodes(refusal)
  const wrong = code.startsWith('A') ? `B${code.slice(1)}` : `A${code.slice(1)}`
  await expect(rig.simulator.typePairingCode(refusal === null ? wrong : code, phone)).rejects.toThrow(words)
  const after = await until('the code names the new secret', async () => {
    const shown = await rig.qrOf('scanned-then')
    return shown !== before && shown
  })
  await rig.simulator.scanQr(after, phone)
  expect(await rig.untilState('scanned-then', 'open')).toMatchObject({ phone: ownerPn })
  expect(after.split(',').length).toBe(before.split(',').length)
})

test('[A1] a phone that scans while a code is out is linked, and logs in as itself', async () => {
  await start()
  await rig.create('scanned')
  await codeOf('scanned', '5511900000002')
  await rig.simulator.scanQr(await rig.qrOf('scanned'), phone)
  const open = await rig.untilState('scanned', 'open')
  expect(open.phone).toBe(ownerPn)
})

test('[A1] another phone gets another code, and the first one is worth nothing', async () => {
  await start()
  await rig.create('another')
  const first = await codeOf('another', '5511900000002')
  const second = await codeOf('another')
  expect(second.code).not.toBe(first.code)
  await expect(rig.simulator.typePairingCode(first.code, { pn: '5511900000002' })).rejects.toThrow('none is on offer')
  await rig.simulator.typePairingCode(second.code, phone)
  await rig.untilState('another', 'open')
})

test('[A1] what WhatsApp refuses is answered in words, and QR codes go on', async () => {
  await start()
  await rig.create('refused')
  rig.simulator.refusePairingCodes(429)
  const requestId = await request('refused')
  const refused = await until('an answer', async () => (await pairingOf('refused')).answered)
  expect(refused).toMatchObject({
    requestId,
    answer: { phone: ownerPn, refusal: '429 too many codes were asked for' },
  })
  await until('nobody to be named', async () => (await storedCreds('refused')).me === undefined)
  await rig.simulator.scanQr(await rig.qrOf('refused'), phone)
  await rig.untilState('refused', 'open')
})

test('[A1] a request that comes before there is a socket is answered by the first one', async () => {
  await rig.create('early')
  await request('early')
  await start()
  const { code } = await codeOf('early')
  await rig.simulator.typePairingCode(code, phone)
  await rig.untilState('early', 'open')
})
