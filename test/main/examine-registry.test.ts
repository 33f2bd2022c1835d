// Guarantee: the doctor says of a registry beside which a start is refused that it is another one than records were written with, and how to mend it.
import { expect, onTestFinished, test } from 'vitest'
import { examineRegistry } from '../../src/main/examine-registry.ts'
import { claimLog } from '../../src/main/log-identity.ts'
import { withKeptIds } from '../../src/main/registry-ids.ts'
import { never } from '../../src/runtime/or-abort.ts'
import { openTestDatabase } from '../ground/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

const logger = collectLogLines()
const mend = expect.stringContaining('restore the registry that they were written with')

/** A registry that has nothing; `on`: the database beside it, null: embedded. */
async function lookAtEmpty(on: string | null) {
  const { url } = await openLoopbackServer((_, response) => response.writeHead(404).end('{"error_code":40403}'))
  const schemaRegistry = { url, username: null, password: null, autoRegister: true }
  return examineRegistry({ config: { schemaRegistry, database: { url: on, sslCa: null } }, logger }, never)
}

test('[H9] [H7] an emptied registry is bad beside a database whose records were written with another, and fine beside one that has none', async () => {
  const { database, url, close } = await openTestDatabase('examine registry')
  const empty = await openTestDatabase('examine registry, no tables', { empty: true })
  onTestFinished(async () => {
    await close()
    await empty.close()
  })
  const isFine = [
    { state: 'ok', found: expect.stringMatching(/^answers, and has 0 of our \d+ schemas$/) },
    { state: 'ok', found: expect.stringMatching(/^the next start registers \d+ schemas$/) },
  ]
  expect(await lookAtEmpty(empty.url)).toMatchObject(isFine)
  expect(await lookAtEmpty(url)).toMatchObject(isFine)
  await claimLog(database, { clusterId: 'here', topicPrefix: 'wa.' })
  const registry = { idOf: async () => 7, schemaOf: async () => null }
  const open = () => Promise.resolve(null)
  await withKeptIds({ database, registry, open: its => its.idOf({ subject: 'wa.First', text: '{}' }, never).then(open) }, never)
  expect(await lookAtEmpty(url)).toMatchObject([
    {
      state: 'bad',
      found: expect.stringContaining('written with wa.First as schema 7, and the registry has nothing under that id'),
      mend,
    },
  ])
})

test('[H9] [H7] beside an embedded database, into which nobody looks, an empty registry is doubted', async () => {
  expect((await lookAtEmpty(null)).map(({ state, mend: how }) => [state, how])).toEqual([
    ['ok', null],
    ['warn', mend],
    ['ok', null],
  ])
})
