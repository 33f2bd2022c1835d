// What listen promises.
import assert from 'node:assert/strict'
import type { Database } from '../../src/database/database.ts'
import { until } from '../ground/until.ts'
import type { DatabaseCheck } from './database-subject.ts'

export const listenPromises = {
  'listen resolves once listening: what is notified from then on wakes, with its payload': async ({
    database,
    direct,
    name,
    patienceMs,
  }) => {
    const stop = new AbortController()
    const payloads: string[] = []
    await database.listen(name, payload => payloads.push(payload), stop.signal)
    await direct.query('select pg_notify($1, $2)', [name, 'said'])
    await until('woken', () => payloads.includes('said'), patienceMs)
    stop.abort()
  },

  'listen goes on over reconnects, and wakes for what was lost meanwhile': async ({
    database,
    direct,
    proxy,
    name,
    patienceMs,
  }) => {
    const stop = new AbortController()
    const payloads: string[] = []
    await database.listen(name, payload => payloads.push(payload), stop.signal)
    proxy.cut()
    await until('woken by the reconnect', () => payloads.length > 0, patienceMs)
    assert.equal(payloads[0], '')
    const before = payloads.length
    await direct.query('select pg_notify($1, $2)', [name, ''])
    await until('woken by the notification', () => payloads.length > before, patienceMs)
    stop.abort()
  },

  'listen waits for a server that is away': async ({ database, proxy, name, patienceMs }) => {
    const stop = new AbortController()
    proxy.down()
    let failure: unknown = 'none so far'
    const listening = database
      .listen(name, () => undefined, stop.signal)
      .then(
        () => null,
        error => error,
      )
      .then(outcome => {
        failure = outcome
      })
    await until(
      'the adapter has tried',
      () =>
        database.query('select 1').then(
          () => false,
          () => true,
        ),
      patienceMs,
    )
    assert.equal(failure, 'none so far')
    proxy.resume()
    await listening
    assert.equal(failure, null)
    stop.abort()
  },

  'listen ends when the signal aborts': async ({ database, direct, name, patienceMs }) => {
    const stop = new AbortController()
    const others = new AbortController()
    let wakes = 0
    let othersWakes = 0
    await database.listen(name, () => wakes++, stop.signal)
    stop.abort()
    await until('its connection is gone', async () => (await listeners(direct, name)) === 0, patienceMs)
    await database.listen(name, () => othersWakes++, others.signal)
    await direct.query('select pg_notify($1, $2)', [name, ''])
    await until('the other is woken', () => othersWakes > 0, patienceMs)
    assert.equal(wakes, 0)
    others.abort()
  },
} satisfies Record<string, DatabaseCheck>

async function listeners(direct: Database, channel: string): Promise<number> {
  const rows = await direct.query(
    "select 1 from pg_stat_activity where datname = current_database() and query = 'listen \"' || $1::text || '\"'",
    [channel],
  )
  return rows.length
}
