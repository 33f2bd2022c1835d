// Which messages have the words that somebody looks for. What is written often is among the newest messages and found there; what is not, by
// the index of words of the instance: neither looks at more than a part of them.
import type { Transaction } from '../../database/database.ts'
import { liveVersions } from '../go-live.ts'
import { wordsIndex } from './indexes.ts'
import { type ListRequest, orderOf, selectPage } from './list-by-message.ts'
import { filterColumns, type MessageFilter, messageTerms } from './message-terms.ts'
import { type Bindings, createBindings, pageOrder, rowsToRead } from './page.ts'
import { readModelName } from './tables.ts'

export type SearchRequest = ListRequest & MessageFilter & { q: string }

/** So many are looked through before the index is asked: a few milliseconds. */
const NEWEST = 2_000

/** The event ids of a page and of one message more, newest first. */
export async function findPage(database: Transaction, request: SearchRequest): Promise<readonly string[]> {
  const asked = await readAsked(database, request)
  if (asked.isEmpty || asked.last === null || asked.first === null) return []
  if (!asked.hasWords) return idsOf(database, allWith(request))
  const newest = await idsOf(database, amongNewest(request))
  if (newest.length === rowsToRead(request)) return newest
  return asked.hasIndex
    ? byMonths(database, request, { first: asked.first, last: asked.last })
    : idsOf(database, allWith(request))
}

/** Months of words, both included. */
type Months = { first: number; last: number }

/** The newest first, each time twice as many. */
async function byMonths(database: Transaction, request: SearchRequest, months: Months): Promise<readonly string[]> {
  const found: string[] = []
  for (let { last } = months, many = 1; last >= months.first && found.length < rowsToRead(request); last -= many, many *= 2) {
    const first = Math.max(months.first, last - many + 1)
    found.push(...(await idsOf(database, byWords(request, { first, last }))))
  }
  return found.slice(0, rowsToRead(request))
}

/**
 * `hasWords`: there are some that an index can be asked for. `hasIndex`: it is made; until then the words are looked for as they were before it,
 * among the instance's messages and in the index that it replaces. Months of what the page can have; null: of nothing.
 */
type Asked = { isEmpty: boolean; hasWords: boolean; hasIndex: boolean; first: number | null; last: number | null }

async function readAsked(database: Transaction, request: SearchRequest): Promise<Asked> {
  const bindings = createBindings()
  const { bind, values } = bindings
  const instance = bind(request.instanceId)
  const terms = [`m.instance_id = ${instance}`, ...messageTerms(request, 'm', bindings)]
  const [asked] = await database.query<Asked>(
    `select numnode(q) = 0 as "isEmpty", words_asked(${instance}, 0, 0, q) is not null as "hasWords",
       coalesce((select i.indisvalid from ${liveVersions} l join pg_index i
         on i.indexrelid = to_regclass('read_model_' || l.version || '.${wordsIndex}') where l.projection = '${readModelName}'), false) as "hasIndex",
       words_month(found.first) as first, words_month(found.last) as last
     from websearch_to_tsquery('simple', ${bind(withoutNul(request.q))}) q,
       (select min(m.occurred_at) as first, max(m.occurred_at) as last from messages m where ${terms.join(' and ')}) found`,
    values,
  )
  return asked ?? { isEmpty: true, hasWords: false, hasIndex: false, first: null, last: null }
}

type Statement = Bindings & { sql: string }

async function idsOf(database: Transaction, { sql, values }: Statement): Promise<readonly string[]> {
  const rows = await database.query<{ event_id: string }>(sql, values)
  return rows.map(row => row.event_id)
}

function allWith(request: SearchRequest): Statement {
  const bindings = createBindings()
  const terms = [...messageTerms(request, 'm', bindings), matches('m', request, bindings)]
  return { ...bindings, sql: selectPage({ table: 'messages', request, terms }, bindings) }
}

function amongNewest(request: SearchRequest): Statement {
  const bindings = createBindings()
  const terms = messageTerms(request, 'm', bindings)
  const newest = selectPage({ table: 'messages', request, terms, limit: NEWEST, columns: ', m.search' }, bindings)
  const sql = `
    select n.event_id from (${newest}) n where ${matches('n', request, bindings)}
    order by ${pageOrder(request, orderOf('n'))} limit ${bindings.bind(rowsToRead(request))}`
  return { ...bindings, sql }
}

/**
 * What has the words first, and the rest of it only then: by any other condition an index could be walked to its end for a word that was
 * written once.
 */
function byWords(request: SearchRequest, { first, last }: Months): Statement {
  const bindings = createBindings()
  const { bind } = bindings
  const instance = bind(request.instanceId)
  const asked = `words_asked(${instance}, ${bind(first)}, ${bind(last)}, websearch_to_tsquery('simple', ${bind(withoutNul(request.q))}))`
  const terms = [`m.instance_id = ${instance}`, matches('m', request, bindings), ...messageTerms(request, 'm', bindings)]
  if (request.chatId != null) terms.push(`m.chat_id = any ((select addresses_of(${instance}, ${bind(request.chatId)}))::text[])`)
  const sql = `
    with named as materialized (
      select m.event_id, m.instance_id, m.chat_id, m.occurred_at, m.epoch, m.sequence, m.ordinal, m.search, ${filterColumns('m')}
      from messages m where words_of(m.instance_id, m.occurred_at, m.search) @@ (select ${asked}))
    select m.event_id from named m where ${terms.join(' and ')}
    order by ${pageOrder(request, orderOf('m'))} limit ${bind(rowsToRead(request))}`
  return { ...bindings, sql }
}

const matches = (alias: string, { q }: SearchRequest, { bind }: Bindings): string =>
  `${alias}.search @@ websearch_to_tsquery('simple', ${bind(withoutNul(q))})`

/** Postgres' text has none. */
const withoutNul = (text: string): string => text.replaceAll('\0', ' ')
