// How Postgres would answer what is asked of it.
import type { Database, Transaction } from '../../../src/database/database.ts'
import { never } from '../projection-dsl.ts'

/** What Postgres may do where tables are large: those of a test are small enough to be read whole. */
export const asIfLarge = <T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T> =>
  database.transact(async tx => {
    await tx.query('set local enable_seqscan = off')
    return work(tx)
  }, never)

type Plan = { 'Node Type': string; 'Relation Name'?: string; Plans?: readonly Plan[] }
const nodesOf = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

/** Of each statement of the call. */
export async function plansOf(tx: Transaction, call: (tx: Transaction) => Promise<unknown>): Promise<readonly Plan[]> {
  const plans: Plan[] = []
  const query = async <Row>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> => {
    const [row] = await tx.query<{ 'QUERY PLAN': readonly { Plan: Plan }[] }>(`explain (format json) ${sql}`, values)
    plans.push(...(row?.['QUERY PLAN'].map(one => one.Plan) ?? []))
    return tx.query<Row>(sql, values)
  }
  await call({ query })
  return plans
}

/** As many rows as the topic of commands has partitions, whatever comes. */
const BOUNDED: ReadonlySet<string> = new Set(['commands_begin'])

/** The tables that grow, and that these read from their first row to their last. */
export const readWhole = (plans: readonly Plan[]): readonly (string | undefined)[] =>
  plans
    .flatMap(nodesOf)
    .filter(node => node['Node Type'] === 'Seq Scan' && !BOUNDED.has(node['Relation Name'] ?? ''))
    .map(node => node['Relation Name'])
