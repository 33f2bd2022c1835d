// Guarantee: a verb says what came of its call in words, columns and an exit code: done, failed and why, or not over yet and how to ask again.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { CHAT, done, GROUP, LINK, openTypedCalls, run, type TypedCalls } from '../ground/cli/typed-calls.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let calls: TypedCalls
beforeAll(async () => {
  calls = await openTypedCalls(logger)
})
afterAll(() => calls.close())
beforeEach(() => {
  calls.answer.current = done
  calls.routes.taken.length = 0
})

test('[H7] a command is followed to its end, and what it made is said; with --no-wait its id is', async () => {
  const told = async (over: object, words: string) => {
    calls.answer.current = { ...done, ...over }
    return (await run(calls, words.split(' '))).text
  }
  expect(await told({ messageId: '3EB0' }, `messages text ${CHAT} Oi`)).toBe('WhatsApp took it (message 3EB0)')
  expect(await told({}, `chats archive ${CHAT} --wait`)).toBe('done: chats archive')
  expect(await told({ result: { code: 'ABC', url: LINK } }, `groups invite-link ${GROUP}`)).toBe(
    `field  value\ncode   ABC\nurl    ${LINK}`,
  )
  expect(await told({ state: 'waiting' }, `chats archive ${CHAT} --no-wait`)).toBe('c1')
})

test('[H7] what answers nothing says what was done to which', async () => {
  expect((await run(calls, ['replays', 'delete', 'rp_1'])).text).toBe('done: replays delete rp_1')
})

test('[H7] --instance and --key say which account and how it is done once; without, it is the only account and a key of its own', async () => {
  const { json } = await run(calls, `chats pin ${CHAT}`.split(' '))
  await run(calls, ['chats', 'pin', CHAT, '--instance', 'a b', '--key', 'order 1'])
  const asking = calls.routes.taken.filter(({ call }) => call.startsWith('PATCH'))
  expect(asking).toEqual([
    { call: `PATCH /v1/instances/shop/chats/${CHAT}`, body: { pinned: true }, key: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    { call: `PATCH /v1/instances/shop/chats/${CHAT}`, body: { pinned: true }, key: 'order 1' },
  ])
  expect(json).toEqual({ ...done, idempotencyKey: asking[0]?.key })
})

test('[H7] [F1] what failed ends with 1 and says why; what is not over is worth another look: 75, and the key', async () => {
  const said: string[] = []
  const ended = async (over: object, waitMs?: number): Promise<unknown> => {
    calls.answer.current = { ...done, ...over }
    return run(calls, ['groups', 'leave', GROUP, '--key', 'k'], said, waitMs).catch((error: unknown) => error)
  }
  expect(await ended({ state: 'failed', reason: 'not-a-member', reasonText: 'The account is not in it' })).toMatchObject({
    exitCode: exitCodes.failed,
    message: 'it was not done: The account is not in it',
  })
  expect(said).toEqual([])
  const pace = { reason: 'pace', nextAt: null, commandId: null, instanceState: null, refusal: null }
  expect(await ended({ state: 'waiting', waitsFor: pace }, 0)).toMatchObject({
    exitCode: exitCodes.tryLater,
    message:
      'it is not done yet, and zaplog goes on trying until 2026-01-06T12:00:00.000Z: it waits for its turn: an account is asked for so many ' +
      'changes a minute; the same again with --key k is done once',
  })
  expect(said).toEqual(['it waits'])
})

test('[H7] a list is a table of the columns that say most, and says how the next page is had', async () => {
  const label = { instanceId: 'shop', labelId: '7', name: 'New client', color: 3, chats: ['a@s.whatsapp.net'], messages: 2 }
  calls.answer.current = { data: [label], nextCursor: 'next' }
  const said: string[] = []
  const { text, json } = await run(calls, ['labels', 'list'], said)
  expect(text).toBe('label  name        color  messages\n7      New client  3      2')
  expect([json, said]).toEqual([calls.answer.current, ['there is more: --cursor next']])
  const [acceptedAt, nextAt] = ['2026-01-05T12:00:00.000Z', '2026-01-05T12:10:00.000Z']
  const waitsFor = { reason: 'rate-limited', nextAt, commandId: null, instanceState: null, refusal: null }
  const command = { acceptedAt, commandId: 'c1', operation: 'message.send', state: 'waiting', waitsFor }
  calls.answer.current = {
    data: [command, { ...command, commandId: 'c2', state: 'completed', waitsFor: null }],
    nextCursor: null,
  }
  expect((await run(calls, ['commands', 'list'])).text.split('\n').slice(1)).toEqual([
    `2026-01-05T12:00Z  message.send  waiting    rate-limited until ${nextAt}  c1`,
    `2026-01-05T12:00Z  message.send  completed${' '.repeat(2 + `rate-limited until ${nextAt}`.length + 2)}c2`,
  ])
  calls.answer.current = { data: [], nextCursor: null }
  expect((await run(calls, ['labels', 'list'])).text).toBe('none')
  calls.answer.current = { numbers: [{ number: CHAT, onWhatsApp: true, id: null }] }
  expect((await run(calls, ['numbers', 'check', CHAT])).text).toBe(`number         onWhatsApp\n${CHAT}  true`)
})
