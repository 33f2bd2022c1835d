// What a comparison costs: each batch reads rows of its own range alone, however many the tables have.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Transaction } from '../../../src/database/database.ts'
import { compareTables } from '../../../src/projections/rebuild/compare.ts'
import { pairOf } from '../../../src/projections/rebuild/rebuildable.ts'
import { makeTwin, type Pair } from '../../../src/projections/rebuild/twin-tables.ts'
import { openTestDatabase, type TestDatabase } from '../../ground/database.ts'
import { never } from '../../ground/projection-dsl.ts'
import { beside } from '../../ground/projections/rebuild-world.ts'

const ROWS = 30_000
const ACCOUNTS = 300

let ground: TestDatabase
let pair: Pair
beforeAll(async () => {
  ground = await openTestDatabase('compare cost')
  const known = pairOf('read-model')
  if (known === undefined) throw new Error('expected that the read model can be rebuilt')
  pair = known
  await ground.database.transact(tx => makeTwin(tx, pair), never)
  for (const schema of ['read_model_1', beside])
    await ground.database.query(
      `insert into ${schema}.blocks (instance_id, contact_id, is_on, epoch, sequence, changed_by_event)
       select 'account-' || n % ${ACCOUNTS}, lpad(n::text, 200, '0'), true, 1, n, 'e' from generate_series(1, ${ROWS}) n`,
    )
  await ground.database.query(`analyze read_model_1.blocks; analyze ${beside}.blocks`)
}, 120_000)
afterAll(() => ground.close())

type Node = {
  'Relation Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  Plans?: readonly Node[]
}
const nodesOf = (plan: Node): readonly Node[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]
const rowsRead = (node: Node): number =>
  node['Relation Name'] === 'blocks' ? (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'] : 0

/** Of each statement that names the table: how many of its rows it read. */
function watched(tx: Transaction, seen: number[]): Transaction {
  return {
    query: async (sql, values) => {
      if (values !== undefined && sql.includes('.blocks')) {
        const [row] = await tx.query<{ 'QUERY PLAN': readonly { Plan: Node }[] }>(`explain (analyze, format json) ${sql}`, values)
        seen.push(nodesOf(row?.['QUERY PLAN'][0]?.Plan as Node).reduce((sum, node) => sum + rowsRead(node), 0))
      }
      return tx.query(sql, values)
    },
  }
}

test('[D3] a batch of a comparison reads no more rows than are in its range', async () => {
  const seen: number[] = []
  const compared = await ground.database.transact(tx => compareTables(watched(tx, seen), pair, () => false), never)
  expect(compared.find(one => one.table === 'blocks')).toMatchObject({
    rows: ROWS,
    rebuilt: ROWS,
    missing: 0,
    extra: 0,
    differing: 0,
  })
  expect(seen.length).toBeGreaterThan(3 * 15)
  // 2,000 of each of the two, and once more those in which the rows of the other are looked up.
  expect(Math.max(...seen)).toBeLessThanOrEqual(3 * 2_000)
})
