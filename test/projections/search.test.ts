// What is found by words is what matches them, page by page, however it is found: among the newest, or by the index of an instance's words.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listMessages } from '../../src/projections/read-model/queries.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { makeListIndexes } from '../ground/lists/make-list-indexes.ts'

const long = 'x'.repeat(241)
const quarter = fc.constantFrom(
  'a',
  'b',
  'c',
  'd',
  `o'neil`,
  'back\\slash',
  'well-known',
  'you@example.com',
  '日本',
  long,
  'T',
  "''",
)
const texts = fc.sample(fc.array(quarter, { maxLength: 6 }), { seed: 11, numRuns: 400 }).map(words => words.join(' '))
/** Of several years, most of them in the last months. */
const daysAgo = (index: number) => Math.floor(((texts.length - index) / 40) ** 3)
const asked = [
  ...[
    'a',
    'a b',
    '"a b"',
    'a or b',
    '-a',
    'a -b',
    '-"a b"',
    'a -"b c"',
    '"a b" or "c d"',
    '"a -b"',
    'nothing',
    '',
    '&|!',
    "'",
    '\\',
  ],
  ...[
    `o'neil`,
    'back\\slash',
    'well-known -d',
    'you@example.com',
    '日本',
    long,
    `a -${long}`,
    'T',
    '-T',
    `a ${long}`,
    `"d ${long}"`,
  ],
]

let test: TestDatabase
beforeAll(async () => {
  test = await openTestDatabase('search')
  await makeListIndexes(test)
  await test.database.query(
    `insert into read_model_1.messages
       (event_id, instance_id, chat_id, message_id, from_me, epoch, sequence, kind, is_group, text, occurred_at, changed_by_event)
     select 'e' || n, case when n % 7 = 0 then 'store' else 'shop' end, case when n % 3 = 0 then 'x@lid' else 'y@lid' end, n, false, 1, n, 'text',
       false, t, timestamptz '2026-01-01' - d * interval '1 day', 'e' || n
     from unnest($1::text[], $2::integer[]) with ordinality as m(t, d, n)`,
    [texts, texts.map((_, index) => daysAgo(index))],
  )
  await test.database.query('analyze read_model_1.messages')
})
afterAll(() => test.close())

type Asked = { instanceId: string; q: string; chatId?: string; after?: number; before?: number }

async function found(request: Asked, limit: number): Promise<readonly string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof listMessages>> = await listMessages(test.database, { ...request, limit, cursor })
    ids.push(...page.data.map(one => one.eventId))
    cursor = page.nextCursor
  } while (cursor !== null)
  return ids
}

async function matching({ instanceId, q, chatId, after, before }: Asked): Promise<readonly string[]> {
  const rows = await test.database.query<{ event_id: string }>(
    `select event_id from read_model_1.messages m where instance_id = $1 and search @@ websearch_to_tsquery('simple', $2)
       and chat_id = coalesce($3, chat_id) and occurred_at >= to_timestamp($4::float8 / 1000) and occurred_at < to_timestamp($5::float8 / 1000)
     order by occurred_at desc, epoch desc, sequence desc, event_id desc`,
    [instanceId, q, chatId ?? null, after ?? 0, before ?? Date.UTC(2100, 0)],
  )
  return rows.map(row => row.event_id)
}

describe.each(asked.map(q => ({ q })))('$q', ({ q }) => {
  it.each([3, 50, 200])('[D4] finds what matches, and nothing else, in pages of %i', async limit => {
    for (const instanceId of ['shop', 'store', 'nobody'])
      expect(await found({ instanceId, q }, limit)).toEqual(await matching({ instanceId, q }))
  })

  it('[D4] in a chat, and in a span of time', async () => {
    const span = { after: Date.UTC(2025, 3), before: Date.UTC(2025, 10) }
    for (const more of [{ chatId: 'x@lid' }, span, { chatId: 'y@lid', ...span }])
      expect(await found({ instanceId: 'shop', q, ...more }, 5)).toEqual(await matching({ instanceId: 'shop', q, ...more }))
  })
})

it('[D4] what is asked for is sometimes there, also long ago', async () => {
  const counts = await Promise.all(asked.map(async q => (await matching({ instanceId: 'shop', q })).length))
  expect(counts.filter(count => count > 20).length).toBeGreaterThan(asked.length / 2)
  expect(daysAgo(0)).toBeGreaterThan(900)
})

it('[D4] a text of nothing but words, as long as WhatsApp takes one, is kept and found', async () => {
  const words = Array.from({ length: 30_000 }, (_, index) =>
    String.fromCodePoint(0x4e00 + (index % 20_000), 0x4e00 + (index >> 4)),
  )
  await test.database.query(
    `insert into read_model_1.messages (event_id, instance_id, message_id, from_me, epoch, sequence, kind, is_group, text, occurred_at, changed_by_event)
     values ('long', 'long', 'long', false, 1, 1, 'text', false, $1, now(), 'long')`,
    [words.join(' ')],
  )
  expect(await found({ instanceId: 'long', q: words.at(-1) ?? '' }, 5)).toEqual(['long'])
})

it.each([
  { named: 'long', word: 'x'.repeat(240), isKept: true },
  { named: 'too long', word: long, isKept: false },
  { named: 'apostrophes', word: "'".repeat(240), isKept: true },
  { named: 'backslashes', word: '\\'.repeat(240), isKept: true },
  { named: 'too long, with an apostrophe', word: `${'a'.repeat(200)}'${'b'.repeat(200)}`, isKept: false },
  { named: 'too long, with a backslash', word: `${'a'.repeat(200)}\\${'b'.repeat(200)}`, isKept: false },
])('[D4] a word is asked of the index exactly where it is in there: $named', async ({ word, isKept }) => {
  const asQuery = `'${word.replaceAll(/['\\]/g, '$&$&')}'`
  const [row] = await test.database.query(
    `select numnode(asked) > 0 as "isAsked", words_of('shop', 'epoch', array_to_tsvector(array[$1::text])) @@ asked as "isFound"
     from words_asked('shop', 0, 0, $2::text::tsquery) asked`,
    [word, asQuery],
  )
  expect(row).toEqual(isKept ? { isAsked: true, isFound: true } : { isAsked: null, isFound: null })
})
