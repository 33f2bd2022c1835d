// Until the index of words is made, or while a kill has left half of it, words are looked for as they were before there was one: by the
// instance's messages and by the index that it replaces, never among all there is of everybody.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listMessages } from '../../src/projections/read-model/queries.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { makeListIndexes } from '../ground/lists/make-list-indexes.ts'
import { busiest, busiestChat, makeManyMessages, quiet } from '../ground/lists/many-messages.ts'
import { asIfLarge, plansOf, readWhole } from '../ground/lists/plans.ts'

let test: TestDatabase
beforeAll(async () => {
  test = await openTestDatabase('search without index')
  await makeManyMessages(test.database, { messages: 8_000, chats: 400, instances: 50 })
}, 120_000)
afterAll(() => test.close())

const asked = [
  { instanceId: busiest, q: 'word1500', limit: 50 },
  { instanceId: busiest, q: 'word3 word200', limit: 50 },
  { instanceId: busiest, q: 'word30', limit: 50, chatId: busiestChat.pn },
  { instanceId: quiet, q: 'word2', limit: 50 },
]

const foundWithoutReadingAll = () =>
  Promise.all(
    asked.map(request =>
      asIfLarge(test.database, async tx => {
        expect(readWhole(await plansOf(tx, all => listMessages(all, request)))).toEqual([])
        const page = await listMessages(tx, request)
        return page.data.map(one => one.eventId)
      }),
    ),
  )

it('[D4] what is found is the same before the index is made, while it is half made and after', async () => {
  const before = await foundWithoutReadingAll()
  expect(before.filter(ids => ids.length > 0).length).toBeGreaterThan(2)
  await makeListIndexes(test)
  expect(await foundWithoutReadingAll()).toEqual(before)
  await test.database.query(
    "update pg_index set indisvalid = false where indexrelid = to_regclass('read_model_1.messages_words')",
  )
  expect(await foundWithoutReadingAll()).toEqual(before)
})
