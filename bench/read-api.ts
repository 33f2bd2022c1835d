// [D4] The slowest page of the API by its p99, asked over HTTP of a whole zaplog whose read model is as years leave it; each list is asked in turns,
// and so is the bare one: a page of messages by their primary order, straight from Postgres. Searches are said beside it.
import { randomBytes } from 'node:crypto'
import type { Database } from '../src/database/database.ts'
import { busiest, busiestChat, quiet, type Size } from '../test/ground/lists/many-messages.ts'
import { openGround } from './ground.ts'
import { makeLists, readBarePage } from './lists.ts'
import { type Bench, quantile, secondsOf } from './measure.ts'
import { openZaplog, type Zaplog } from './zaplog.ts'

const rounds = 100
const ofBusiest = `/v1/instances/${busiest}`
const ofQuiet = `/v1/instances/${quiet}`

const pages: Readonly<Record<string, string>> = {
  instances: '/v1/instances?limit=50',
  chats: `${ofBusiest}/chats?limit=50`,
  'chats, quiet': `${ofQuiet}/chats?limit=50`,
  contacts: `${ofBusiest}/contacts?limit=50`,
  messages: `${ofBusiest}/messages?limit=50`,
  'messages of a chat by LID': `${ofBusiest}/messages?limit=50&chatId=${busiestChat.lid}`,
  'messages of a chat by number': `${ofBusiest}/messages?limit=50&chatId=${busiestChat.pn}`,
  media: `${ofBusiest}/media?limit=50`,
  'media, failed': `${ofBusiest}/media?limit=50&status=failed`,
  deliveries: '/v1/deliveries?limit=50',
}
const searches: Readonly<Record<string, string>> = {
  'search, often written': `${ofBusiest}/messages?limit=50&q=word1`,
  'search, seldom written': `${ofBusiest}/messages?limit=50&q=word700`,
  'search, never written': `${ofBusiest}/messages?limit=50&q=nothing`,
  'search in a chat': `${ofBusiest}/messages?limit=50&q=word5000&chatId=${busiestChat.pn}`,
}

export const readApi =
  (size: Size): Bench =>
  async closing => {
    const ground = await openGround(closing)
    const database = await ground.open(1)
    await makeLists(ground.url, database, size)
    const env = { DATABASE_URL: ground.url, ENCRYPTION_KEY: randomBytes(32).toString('base64') }
    const zaplog = await openZaplog(closing, env)
    const asked = { ...pages, ...searches }
    await askAll(zaplog, database, asked)
    return async () => {
      const took = new Map(Object.keys(asked).map(name => [name, [] as number[]]))
      const bare: number[] = []
      const seconds = await secondsOf(async () => {
        for (let round = 0; round < rounds; round++) {
          const times = await askAll(zaplog, database, asked)
          bare.push(times.bare)
          for (const [name, ms] of times.ours) took.get(name)?.push(ms)
        }
      })
      const p99Of = (names: object) => Math.max(...Object.keys(names).map(name => quantile(took.get(name) ?? [], 0.99)))
      const more = Object.fromEntries(
        [...took].flatMap(([name, times]) => [
          [`${name}: p50 ms`, quantile(times, 0.5)],
          [`${name}: p99 ms`, quantile(times, 0.99)],
        ]),
      )
      const searchP99Ms = p99Of(searches)
      return {
        value: p99Of(pages),
        unit: 'ms',
        bare: quantile(bare, 0.99),
        n: rounds * took.size,
        seconds,
        more: { searchP99Ms, ...more },
      }
    }
  }

type Times = { ours: ReadonlyMap<string, number>; bare: number }

async function askAll(zaplog: Zaplog, database: Database, asked: Readonly<Record<string, string>>): Promise<Times> {
  const ours = new Map<string, number>()
  for (const [name, path] of Object.entries(asked)) ours.set(name, 1000 * (await secondsOf(() => zaplog.ask('GET', path))))
  return { ours, bare: 1000 * (await secondsOf(() => readBarePage(database))) }
}
