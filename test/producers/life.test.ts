// What becomes of an instance: restarts, log-outs, replacements, deletions, wrong keys. Every state says why.
import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { type AuthenticationCreds, BufferJSON, proto } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import { createSealer } from '../../src/runtime/seal.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openRig, ownerPn, type Rig, texts } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('life of an instance', logger)
})
afterEach(async () => {
  await rig.close()
})

const countAuth = async () => {
  const [row] = await rig.database.database.query<{ creds: number; keys: number }>(
    'select (select count(*)::int from auth_creds) as creds, (select count(*)::int from auth_keys) as keys',
  )
  return row
}
const countOf = async (table: string, instanceId = 'first') =>
  (await rig.database.database.query(`select 1 from ${table} where instance_id = $1`, [instanceId])).length
const epochOf = async (instanceId: string) => {
  const [row] = await rig.database.database.query<{ epoch: string }>('select epoch from instance_owners where instance_id = $1', [
    instanceId,
  ])
  return row?.epoch
}
/** Everything of the auth state, each with the place that it was sealed for. */
const sealedRows = () =>
  rig.database.database.query<{ place: string; sealed: Buffer }>(
    `select 'auth_creds|' || instance_id as place, sealed from auth_creds
     union all select 'auth_keys|' || instance_id || '|' || type || '|' || id, sealed from auth_keys`,
  )
/** Private keys of the creds, as bytes and as the JSON has them. */
const secretsOf = (creds: Buffer): readonly (Buffer | string)[] => {
  const { noiseKey, signedIdentityKey }: AuthenticationCreds = JSON.parse(creds.toString(), BufferJSON.reviver)
  return [noiseKey, signedIdentityKey].map(({ private: key }) => Buffer.from(key)).flatMap(key => [key, key.toString('base64')])
}
const loginsOf = () => {
  let logins = 0
  rig.simulator.on('login', () => {
    logins += 1
  })
  return () => logins
}

test('[A4] a restarted process logs in with the stored auth state, which is sealed', async () => {
  const role = await rig.start()
  await rig.pair('first')
  await role.close()
  const [closed] = (await rig.eventsOf('instance.state-changed')).slice(-1)
  expect(closed).toMatchObject({ state: 'closed', reason: 'requested' })
  const rows = await sealedRows()
  expect(rows.length).toBeGreaterThan(800)
  const secrets = secretsOf(
    rig.sealer.open(rows.find(({ place }) => place.startsWith('auth_creds'))?.sealed ?? Buffer.of(), 'auth_creds|first'),
  )
  expect(secrets).toHaveLength(4)
  for (const { place, sealed } of rows) {
    for (const secret of secrets) expect(sealed.includes(secret)).toBe(false)
    expect(JSON.parse(rig.sealer.open(sealed, place).toString())).toBeTruthy()
    // Bound to its place: a row copied elsewhere does not open there.
    expect(() => rig.sealer.open(sealed, `${place}0`)).toThrow(/sealed with ENCRYPTION_KEY/)
  }
  await rig.start()
  await rig.untilState('first', 'open')
  expect(await rig.eventsOf('instance.paired')).toHaveLength(1)
})

test('[B4] nothing of an instance is in the log before its creation', async () => {
  await rig.start()
  const { query } = rig.database.database
  await query(
    `insert into api_outbox (topic, key, headers, recorded_at) values ('events', 'first', '{"event-type": "instance.created"}', now())`,
  )
  await rig.create('first')
  await rig.create('second')
  await rig.untilState('second', 'qr')
  expect((await rig.events()).filter(({ instanceId }) => instanceId === 'first')).toEqual([])
  await query('update api_outbox set appended_at = now()')
  await query(`select pg_notify('instances', '')`)
  await rig.untilState('first', 'qr')
})

test('[A1] [A7] a log-out on the phone erases the auth state, and the instance waits for a restart, also over a new process', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  device.streamError('loggedOut')
  const state = await rig.untilState('first', 'logged-out')
  expect(state.reasonText).toContain('paired again')
  expect(await rig.eventsOf('instance.logged-out')).toHaveLength(1)
  await until('the auth state is erased', async () => (await countAuth())?.keys === 0)
  expect(await countAuth()).toEqual({ creds: 0, keys: 0 })
  await role.close()
  const eventsBefore = (await rig.events()).length
  const second = await rig.start()
  await until('the instance rests', () => second.checks()[0]?.detail === '1 parked')
  expect((await rig.events()).length).toBe(eventsBefore)
  await rig.want('first', `restart_count = restart_count + 1, wanted = 'running'`)
  await rig.simulator.scanQr(await rig.qrOf('first'), { pn: ownerPn })
  await rig.untilState('first', 'open')
})

test('[A1] [A7] a log-out asked for unlinks the device and erases the auth state', async () => {
  await rig.start()
  const device = await rig.pair('first')
  await rig.want('first', `wanted = 'logged-out'`)
  await rig.untilState('first', 'logged-out')
  await until('the device is unlinked', device.isRemoved)
  await until('the auth state is erased', async () => (await countAuth())?.creds === 0)
  await rig.want('first', `restart_count = restart_count + 1, wanted = 'running'`)
  const since = await until('it shows a code again', async () => {
    const states = await rig.eventsOf('instance.state-changed')
    const ended = states.slice(states.findIndex(({ state }) => state === 'logged-out'))
    return ended.some(({ state }) => state === 'qr') && ended
  })
  expect(since.map(({ state, phone, lid }) => [state, phone, lid])).toEqual(since.map(({ state }) => [state, null, null]))
})

test('[A1] [A7] a deleted instance logs out, says so, erases its auth state, and is not touched again', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  await rig.pair('second', '5511900000002')
  await device.send(rig.simulator.contact({ pn: '5511900000011', name: 'Ana' }), text('remembered until then'))
  await until('all is acknowledged', () => device.pending().length === 0)
  expect(await countOf('appended_parts')).toBe(1)
  await rig.want('first', `wanted = 'deleted'`)
  const [deleted] = await rig.untilEvents('instance.deleted', 1)
  expect(deleted).toMatchObject({ instanceId: 'first', purged: false })
  expect(device.isRemoved()).toBe(true)
  await until('the process forgets it', () => role.checks()[0]?.detail === '1 open')
  const told = (await rig.events()).filter(({ instanceId }) => instanceId === 'first').map(({ type }) => type)
  expect(told.slice(-3)).toEqual(['instance.logged-out', 'instance.state-changed', 'instance.deleted'])
  for (const table of ['auth_creds', 'auth_keys', 'appended_parts', 'instance_qr', 'told_states'])
    expect(await countOf(table)).toBe(0)
  expect(await countOf('auth_creds', 'second')).toBe(1)

  const epoch = await epochOf('first')
  const logins = loginsOf()
  await role.close()
  const second = await rig.start()
  await until('the other one is back', () => second.checks()[0]?.detail === '1 open')
  expect(logins()).toBe(1)
  expect(await epochOf('first')).toBe(epoch)
  expect((await rig.events()).filter(({ instanceId }) => instanceId === 'first')).toHaveLength(told.length)
})

test('[A1] another session with the same credentials closes this one for good', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  device.streamError('conflict')
  const state = await rig.untilState('first', 'closed')
  expect(state).toMatchObject({ reason: 'replaced' })
  expect(await countAuth()).toMatchObject({ creds: 1 })
  const logins = loginsOf()
  await role.close()
  const second = await rig.start()
  await until('the instance rests', () => second.checks()[0]?.detail === '1 parked')
  expect(logins()).toBe(0)
  await rig.want('first', 'restart_count = restart_count + 1')
  await rig.untilState('first', 'open')
})

test('[A1] [A2] a cut connection is opened again and says why it was away', async () => {
  await rig.start()
  const device = await rig.pair('first')
  device.drop()
  await until('it says so', async () => (await rig.eventsOf('instance.state-changed')).find(event => event.reason === 'network'))
  await rig.untilState('first', 'open')
  const ana = rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  await device.send(ana, text('still there?'))
  expect(texts(await rig.untilEvents('message.received', 1))).toEqual(['still there?'])
})

test('[A1] a restart asked for closes the socket and opens a new one', async () => {
  await rig.start()
  await rig.pair('first')
  const logins = loginsOf()
  await rig.want('first', 'restart_count = restart_count + 1')
  await until('it logs in again', () => logins() === 1)
  await rig.untilState('first', 'open')
})

test('[A5] chats that the settings ignore are counted and in no event; a change takes effect without a restart, both ways', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const logins = loginsOf()
  const ana = rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  const group = rig.simulator.group({ subject: 'Team', members: [device.owner, ana] })
  const acknowledged = () => until('all is acknowledged', () => device.pending().length === 0)
  /** One message of each kind of chat; answers which of them any event tells of, in its fields or raw bytes. */
  const tell = async (word: string) => {
    await device.sendGroup(group, ana, text(`${word} group`))
    await device.send(ana, text(`${word} status`), { attrs: { from: 'status@broadcast', participant: ana.lidJid } })
    device.pushStanza({
      tag: 'message',
      attrs: { id: `N${word}`, from: '120363000000000009@newsletter', type: 'text', t: '1700000000' },
      content: [{ tag: 'plaintext', attrs: {}, content: proto.Message.encode(text(`${word} newsletter`)).finish() }],
    })
    await device.send(ana, text(`${word} chat`))
    await acknowledged()
    const all = (await rig.events()).map(event => JSON.stringify({ ...event, raw: event.raw?.toString('latin1') })).join()
    return ['group', 'status', 'newsletter', 'chat'].filter(chat => all.includes(`${word} ${chat}`))
  }
  expect(await tell('first')).toEqual(['group', 'status', 'newsletter', 'chat'])
  let asked = 0
  for (const [ignored, left] of [
    ['ignoreGroups', ['status', 'newsletter', 'chat']],
    ['ignoreStatus', ['group', 'newsletter', 'chat']],
    ['ignoreNewsletters', ['group', 'status', 'chat']],
  ] as const) {
    await rig.want('first', `settings = '{"${ignored}": true}'`)
    await until(`${ignored} is in effect`, async () => isDeepStrictEqual(await tell(`${ignored} ${asked++}`), left))
    expect(await rig.metrics.render()).toContain(`zaplog_events_ignored_total{name="settings ${ignored}"}`)
  }
  await rig.want('first', `settings = '{}'`)
  await until('nothing is ignored any more', async () => (await tell(`last ${asked++}`)).length === 4)
  expect(logins()).toBe(0)
})

test('[A4] a wrong encryption key refuses to start, says so, and erases nothing', async () => {
  const role = await rig.start()
  await rig.pair('first')
  await role.close()
  const before = await countAuth()
  const sealer = createSealer({ current: randomBytes(32), previous: null })
  await expect(rig.start({ sealer })).rejects.toThrow(/does not open with this ENCRYPTION_KEY/)
  expect(await countAuth()).toEqual(before)
  await rig.start()
  await rig.untilState('first', 'open')
})

test('[A2] an instance never paired is parked after its rounds of codes, until a restart', async () => {
  const role = await rig.start({ qrTimeoutMs: 15 })
  await rig.create('lonely')
  const state = await rig.untilState('lonely', 'closed')
  expect(state).toMatchObject({ reason: 'qr-expired' })
  const rounds = (await rig.eventsOf('instance.state-changed')).filter(event => event.state === 'qr')
  expect(rounds).toHaveLength(2)
  await role.close()
  const eventsBefore = (await rig.events()).length
  const second = await rig.start()
  await until('the instance rests', () => second.checks()[0]?.detail === '1 parked')
  expect((await rig.events()).length).toBe(eventsBefore)
  await rig.want('lonely', 'restart_count = restart_count + 1')
  await rig.qrOf('lonely')
})

test('[A1] an instance that waits for a phone can be logged out; its code is gone with it', async () => {
  const role = await rig.start()
  await rig.create('lonely')
  await rig.qrOf('lonely')
  await rig.want('lonely', `wanted = 'logged-out'`)
  await rig.untilState('lonely', 'logged-out')
  await until('the instance rests', async () => {
    const [row] = await rig.database.database.query<{ parked_for: string }>('select parked_for from instance_owners')
    return row?.parked_for === 'logged-out/0'
  })
  expect(await rig.database.database.query('select 1 from instance_qr')).toEqual([])
  expect(role.checks()[0]?.state).toBe('ok')
})

test('[A5] whether an account is shown as online follows its setting at login, and at once while it is connected', async () => {
  const shown: boolean[] = []
  rig.simulator.on('presence', ({ isOnline }) => void shown.push(isOnline))
  await rig.start()
  await rig.pair('first')
  await until('it is not shown as online', () => shown.at(-1) === false)
  await rig.want('first', `settings = '{"markOnline":true}'`)
  await until('it is shown as online', () => shown.at(-1) === true)
  await rig.want('first', `settings = '{"markOnline":true,"ignoreStatus":true}'`)
  await rig.want('first', `settings = '{"ignoreStatus":true}'`)
  await until('it is no longer', () => shown.at(-1) === false)
  expect(shown.filter((one, index) => one !== shown[index - 1])).toEqual([false, true, false])
})
