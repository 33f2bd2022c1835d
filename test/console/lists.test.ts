// The list of instances and the messages, as the page draws them: everything is found, and little is drawn at a time.
import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../console/src/call-api.ts'
import { fittingRows, type Instance, pageOfRows, ROWS_PER_PAGE } from '../../console/src/instance-rows.ts'
import { listInstances, MAX_LISTED } from '../../console/src/list-instances.ts'
import { countNew, type Message, PREVIEW_CHARACTERS, previewOf, senderOf } from '../../console/src/messages.ts'

const instanceOf = (number: number, given: Partial<Instance> = {}): Instance => ({
  id: `i${number}`,
  name: `Loja ${number}`,
  state: 'open',
  reasonText: null,
  stateAt: '2026-01-05T12:00:00.000Z',
  phone: null,
  ...given,
})
const many = (count: number) => Array.from({ length: count }, (_, number) => instanceOf(number))
const never = new AbortController().signal

/** Hands out pages as the API does; the cursor is where the next one begins. */
function pagesOf(instances: readonly Instance[]) {
  const asked: string[] = []
  const get = async (path: string): Promise<Outcome> => {
    asked.push(path)
    const { searchParams } = new URL(path, 'http://127.0.0.1')
    const [from, limit] = [Number(searchParams.get('cursor')?.slice(1) ?? 0), Number(searchParams.get('limit'))]
    const next = from + limit
    const nextCursor = next < instances.length ? `=${next}` : null
    return { kind: 'answer', body: { data: instances.slice(from, next), nextCursor } }
  }
  return { asked, get }
}

describe('the list of instances', () => {
  test('[J1] [A2] is read by its cursor to the end', async () => {
    const { asked, get } = pagesOf(many(500))
    const answer = await listInstances(get, never)
    expect(answer).toEqual({ kind: 'listed', listed: { instances: many(500), isWhole: true } })
    expect(asked).toEqual([
      '/v1/instances?limit=200',
      '/v1/instances?limit=200&cursor=%3D200',
      '/v1/instances?limit=200&cursor=%3D400',
    ])
  })

  test('[J1] ends somewhere, and says so', async () => {
    const answer = await listInstances(pagesOf(many(MAX_LISTED + 1)).get, never)
    expect(answer).toMatchObject({ kind: 'listed', listed: { isWhole: false } })
  })

  test('[J1] is what came instead where a page did not', async () => {
    expect(await listInstances(async () => ({ kind: 'away' }), never)).toEqual({ kind: 'away' })
  })

  test.each([
    ['sao  shop', 'São Shop'],
    ['STORE', 'store'],
    ['5511900000007', 'phone'],
    ['qr', 'waits'],
    ['waits for', 'waits'],
    ['i4', 'by id'],
  ])('[J1] a filter of %s finds %s', (filter, name) => {
    const instances = [
      instanceOf(1, { name: 'São Shop' }),
      instanceOf(2, { name: 'store' }),
      instanceOf(3, { name: 'phone', phone: '5511900000007' }),
      instanceOf(4, { name: 'by id' }),
      instanceOf(5, { name: 'waits', state: 'qr' }),
    ]
    const sayState = (state: string) => (state === 'qr' ? 'waits for a phone' : state)
    expect(fittingRows(instances, filter, sayState).map(one => one.name)).toEqual([name])
  })

  test('[J1] [A2] has one page of rows at a time, never one that there is not, and how many there are in all', () => {
    const rows = many(ROWS_PER_PAGE * 2 + 1)
    expect(pageOfRows(rows, 0)).toMatchObject({ page: 0, last: 2, from: 0, rows: { length: ROWS_PER_PAGE }, total: rows.length })
    expect(pageOfRows(rows, 9)).toMatchObject({ page: 2, from: 2 * ROWS_PER_PAGE, rows: { length: 1 } })
    expect(pageOfRows([], 3)).toMatchObject({ page: 0, last: 0, rows: [], total: 0 })
    expect(pageOfRows(rows.slice(0, ROWS_PER_PAGE), 1)).toMatchObject({ page: 0, last: 0 })
  })
})

describe('messages', () => {
  const messageOf = (given: Partial<Message>) =>
    ({ senderName: null, senderPn: null, chatPn: null, chatId: null, senderId: null, ...given }) as Message

  test('[J1] a long one is cut, never inside a character', () => {
    expect(previewOf('short')).toBe('short')
    expect(previewOf('x'.repeat(60_000))).toBe('x'.repeat(PREVIEW_CHARACTERS))
    expect(previewOf(`${'x'.repeat(PREVIEW_CHARACTERS - 1)}😀 and more`)).toBe('x'.repeat(PREVIEW_CHARACTERS - 1))
  })

  test('[J1] who wrote is called as known: by name, by number, by address', () => {
    expect(senderOf(messageOf({ senderName: 'Ana', senderPn: '5511900000002@s.whatsapp.net' }))).toBe('Ana')
    expect(senderOf(messageOf({ senderPn: '5511900000002@s.whatsapp.net' }))).toBe('5511900000002')
    expect(senderOf(messageOf({ senderId: '100000000000001@lid' }))).toBe('100000000000001@lid')
  })

  test('[J2] those that were there at the first look are not new', () => {
    const [one, two] = [messageOf({ eventId: '1' }), messageOf({ eventId: '2' })]
    expect(countNew(null, [one])).toBe(0)
    expect(countNew([one], [two, one])).toBe(1)
  })
})
