// What actions have in common, without a socket: what a refusal is called, what was changed before it, that a try which was given up asks nothing more,
// and what is known of people by either of their addresses.
import type { BinaryNode, WAPatchCreate } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import { chatOf, laneOf } from '../../src/instances/command-lanes.ts'
import type { ClaimedCommand } from '../../src/instances/commands-claimed.ts'
import { changeParticipants } from '../../src/producers/actions/change-participants.ts'
import { patchAppState } from '../../src/producers/actions/patch-app-state.ts'
import { findOnWhatsApp } from '../../src/producers/actions/people-of-group.ts'
import { ActionRefused, refusalIn } from '../../src/producers/actions/refusal.ts'
import { takeSteps } from '../../src/producers/actions/take-steps.ts'
import { judgeAction } from '../../src/producers/commands/judge-try.ts'
import { untraced } from '../../src/producers/commands/trace-command.ts'
import { type ActionDeps, tryAction } from '../../src/producers/commands/try-action.ts'
import { readBlocklist } from '../../src/producers/reads/read-account.ts'
import type { Acting } from '../../src/producers/socket/acting.ts'

const at = Date.UTC(2026, 0, 5, 11)
const times = { retryMs: 60_000, restMs: 600_000 }
const coded = (data: number) => Object.assign(new Error('refused'), { data })
const pnOf = (nth: number) => `55119000000${10 + nth}@s.whatsapp.net`
const lidOf = (nth: number) => `1000000000000${10 + nth}@lid`

/** Answers as `answer` says, and knows these pairs, as Baileys keeps them. */
function anActing(answer: (iq: BinaryNode) => Promise<BinaryNode> | BinaryNode, lids: Readonly<Record<string, string>> = {}) {
  const asked: BinaryNode[] = []
  const query = async (iq: BinaryNode) => {
    asked.push(iq)
    return answer(iq)
  }
  const reads: (readonly string[])[] = []
  const get = async (_: string, ids: readonly string[]) => {
    reads.push(ids)
    return Object.fromEntries(ids.map(id => [id, lids[id]]))
  }
  const acting = {
    query,
    authState: { creds: {}, keys: { get } },
    generateMessageTag: () => '1',
    signalRepository: { lidMapping: { getPNForLID: async () => null } },
  }
  return { acting: acting as unknown as Acting, asked, reads }
}

const contentOf = ({ content }: BinaryNode) => (Array.isArray(content) ? content : [])
const found = (node: BinaryNode, tag: string): BinaryNode | undefined =>
  node.tag === tag
    ? node
    : contentOf(node)
        .map(one => found(one, tag))
        .find(one => one !== undefined)
/** Everybody is on WhatsApp; `renumbered`: under another number than was asked for. */
function numbersAnswer(iq: BinaryNode, renumbered: Readonly<Record<string, string>> = {}): BinaryNode {
  const list = found(iq, 'list')
  const users = (list === undefined ? [] : contentOf(list)).map(user => {
    const number = String(contentOf(user)[0]?.content)
    const jid = renumbered[number] ?? `${number.slice(1)}@s.whatsapp.net`
    const contact = { tag: 'contact', attrs: { type: jid === 'none' ? 'out' : 'in' }, content: Buffer.from(number) }
    return { tag: 'user', attrs: jid === 'none' ? {} : { jid }, content: [contact] }
  })
  return { tag: 'iq', attrs: {}, content: [{ tag: 'usync', attrs: {}, content: [{ tag: 'list', attrs: {}, content: users }] }] }
}

describe('a refusal', () => {
  test.each([
    [403, 'not-allowed', 'WhatsApp does not let the account do it.', false],
    [404, 'refused', 'WhatsApp knows nothing of the kind.', false],
    [429, 'rate-limited', 'The account asked for too much in a short time.', true],
    [500, 'refused', 'WhatsApp could not do it.', true],
    [463, 'refused', 'WhatsApp refused it.', false],
  ])('[F1] %i is called what it means of what becomes no message', (code, reason, message, passes) => {
    expect(refusalIn(coded(code))).toMatchObject({ code: String(code), reason, message, passes })
  })

  test('[F1] is called what it means of its action, where that says so; silence is none', () => {
    const meanings = { '404': { reason: 'refused', text: 'No such link.' } } as const
    expect(refusalIn(coded(404), meanings)).toMatchObject({ message: 'No such link.' })
    expect(refusalIn(new Error('no answer'), meanings)).toBeNull()
  })

  test.each([
    ['429', 'rate-limited', 600_000],
    ['500', 'refused', 60_000],
  ] as const)('[F1] that passes (%s) is tried again later, three times in all', (code, reason, delayMs) => {
    const refused = new ActionRefused('It was so.', { code, reason, passes: true })
    const refusal = { reason, code, reasonText: `It was so. WhatsApp said ${code}.` }
    expect(judgeAction({ refused, tries: 2, at }, times)).toMatchObject({ is: 'put-off', delayMs, refusal })
    expect(judgeAction({ refused, tries: 3, at }, times)).toMatchObject({ is: 'over', outcome: refusal })
  })

  test.each([403, 500])('[F1] of one of several changes (%i) says what was changed before it', async code => {
    const step = (name: string, error?: Error) => ({
      name,
      take: () => (error === undefined ? Promise.resolve() : Promise.reject(error)),
    })
    const changing = takeSteps([step('pinned'), step('archived'), step('muted', coded(code)), step('unread')])
    await expect(changing).rejects.toMatchObject({
      code: String(code),
      message: expect.stringMatching(/^Changing muted: WhatsApp .*\. Changed before that: pinned, archived\.$/),
    })
    await expect(takeSteps([step('pinned'), step('muted', new Error('no answer'))])).rejects.toThrow('no answer')
    expect(await takeSteps([step('pinned'), step('muted')])).toEqual(['pinned', 'muted'])
  })

  test('[F1] is what it comes to where other devices are faster five times, with the code of a conflict', async () => {
    const error = { tag: 'error', attrs: { code: '409' } }
    const collection = { tag: 'collection', attrs: { type: 'error' }, content: [error] }
    const { acting, asked } = anActing(() => ({
      tag: 'iq',
      attrs: {},
      content: [{ tag: 'sync', attrs: {}, content: [collection] }],
    }))
    const key = { keyData: Buffer.alloc(32, 1) }
    const withState = {
      ...acting,
      authState: {
        creds: { myAppStateKeyId: 'AAAA' },
        keys: { get: async (kind: string, [id = '']: readonly string[]) => (kind === 'app-state-sync-key' ? { [id]: key } : {}) },
      },
      appStatePatchMutex: { mutex: (work: () => Promise<unknown>) => work() },
      resyncAppState: async () => undefined,
    } as unknown as Acting
    const change: WAPatchCreate = {
      type: 'regular_low',
      apiVersion: 5,
      index: ['pin_v1', lidOf(1)],
      syncAction: {},
      operation: 0,
    }
    await expect(patchAppState(withState, change)).rejects.toMatchObject({ name: 'ActionRefused', code: '409', passes: true })
    expect(asked).toHaveLength(5)
  })
})

describe('a try', () => {
  const command = (operation: string, body: object, more: Partial<ClaimedCommand> = {}): ClaimedCommand => ({
    ...{ command_id: 'c', event_id: 'e', operation, chat_id: '', message_id: '', body, built: null, tries: 0, outcome: null },
    ...{
      is_left: false,
      traceparent: null,
      refusal: null,
      is_unanswered: false,
      is_expired: false,
      turn: 'none',
      timer_seconds: null,
      asked_at_ms: at,
      rests_ms: 0,
      ...more,
    },
  })
  const depsOf = (acting: Acting, over = new AbortController().signal) => {
    const pace = { turnIn: () => 0 }
    const deps = {
      ...{
        clock: () => at,
        send: { acting },
        over,
        life: { isOver: () => false },
        owned: { instanceId: 'shop', epoch: 1n },
        trace: untraced,
        times,
      },
      account: () => ({ own: { pn: pnOf(0), lid: lidOf(0) }, device: 1 }),
      ...{ outlasting: async () => true, actionPaces: { marks: pace, changes: pace } },
    }
    return deps as unknown as ActionDeps
  }

  test('[F1] that was given up asks WhatsApp nothing more: no group is made by it later', async () => {
    const over = new AbortController()
    const answer = Promise.withResolvers<void>()
    const { acting, asked } = anActing(async iq => {
      await answer.promise
      return numbersAnswer(iq)
    })
    const body = { subject: 'Turma', participants: [pnOf(1)], askedAt: at }
    const trying = tryAction(depsOf(acting, over.signal), command('group.create', body))
    await expect.poll(() => asked.length).toBe(1)
    over.abort()
    expect(await trying).toEqual({ is: 'left' })
    answer.resolve()
    await new Promise(setImmediate)
    expect(asked.map(({ attrs }) => attrs.xmlns)).toEqual(['usync'])
  })

  test.each([
    ['may have been done', 'call.reject', { callId: 'C', callerId: lidOf(1) }, null, 'outcome-unknown'],
    ['was refused for now', 'call.reject', { callId: 'C', callerId: lidOf(1) }, 'rate-limited', 'rate-limited'],
  ])('[F1] of what %s is not begun once its time is over', async (_, operation, body, reason, expected) => {
    const { acting, asked } = anActing(() => ({ tag: 'iq', attrs: {} }))
    const refusal = reason === null ? null : ({ type: 'command.failed', at, reason, reasonText: '', code: '429' } as const)
    const came = await tryAction(depsOf(acting), command(operation, body, { tries: 1, is_expired: true, refusal }))
    expect(came).toMatchObject({ is: 'over', outcome: { type: 'command.failed', reason: expected } })
    expect(asked).toEqual([])
  })

  test('[F1] of a moment waits in a lane of its own beside its chat, and is shown as of its chat', () => {
    const chatId = lidOf(1)
    for (const operation of ['chat.change', 'chat.typing', 'message.send']) expect(laneOf({ operation, chatId })).toBe(chatId)
    for (const [operation, chat] of [
      ['call.reject', chatId],
      ['presence.set', ''],
    ] as const) {
      const lane = laneOf({ operation, chatId: chat })
      expect([lane === chat, chatOf(lane)]).toEqual([false, chat])
    }
    expect(chatOf(chatId)).toBe(chatId)
  })
})

describe('people of a group', () => {
  test('[F1] are asked for 50 at a time, each under the number that WhatsApp has', async () => {
    const numbers = Array.from({ length: 120 }, (_, nth) => `55119000${String(nth).padStart(5, '0')}@s.whatsapp.net`)
    const [first = '', second = ''] = numbers
    const renumbered = { [`+${first.slice(0, 13)}`]: '551100000001@s.whatsapp.net', [`+${second.slice(0, 13)}`]: 'none' }
    const { acting, asked } = anActing(iq => numbersAnswer(iq, renumbered))
    expect(await findOnWhatsApp(acting, [lidOf(1), ...numbers])).toEqual({
      jids: [lidOf(1), '551100000001@s.whatsapp.net', ...numbers.slice(2)],
      missing: [second],
    })
    expect(asked.map(iq => contentOf(found(iq, 'list') ?? iq).length)).toEqual([50, 50, 20])
  })

  const inGroup = (...people: readonly Record<string, string>[]): BinaryNode => {
    const content = people.map(attrs => ({ tag: 'participant', attrs }))
    return { tag: 'iq', attrs: {}, content: [{ tag: 'group', attrs: { id: '120363000000000001' }, content }] }
  }
  const { afterSilence } = changeParticipants
  const readBack = (
    action: 'remove' | 'promote' | 'demote',
    people: readonly Record<string, string>[],
    lids: readonly number[],
  ) => {
    if (typeof afterSilence === 'string') throw new Error('expected that it is read back')
    const known = lids.map(nth => [pnOf(nth).slice(0, 13), lidOf(nth).slice(0, 15)])
    const { acting } = anActing(() => inGroup(...people), Object.fromEntries(known))
    return afterSilence(acting, { groupId: '120363000000000001@g.us', action, participants: [pnOf(1), pnOf(2)] })
  }
  const [one, two] = [1, 2].map(nth => ({ jid: lidOf(nth) })) as [{ jid: string }, { jid: string }]
  const done = (...statuses: readonly string[]) => ({
    isDone: true,
    result: { participants: statuses.map(status => ({ status })) },
  })

  test.each([
    ['remove', [one], [1, 2], { isDone: false }],
    ['remove', [{ jid: lidOf(7) }], [1, 2], done('done', 'done')],
    ['remove', [one], [2], done('done', 'not-in-group')],
    ['demote', [one, { jid: lidOf(7) }], [1, 2], done('done', 'not-in-group')],
    ['demote', [{ ...one, type: 'admin' }, two], [1, 2], { isDone: false }],
    ['promote', [{ ...one, type: 'admin' }], [1, 2], done('done', 'not-in-group')],
  ] as const)(
    '[F1] are read back by both addresses, and nobody is done who was not found: %s %j',
    async (action, people, lids, expected) => {
      expect(await readBack(action, people, lids)).toMatchObject(expected)
    },
  )
})

test('[F1] who is blocked is told by both addresses, however many there are by one read of what the account knows', async () => {
  const named = [{ jid: pnOf(1) }, { jid: lidOf(2) }, { jid: pnOf(3) }, { jid: lidOf(4), pn_jid: pnOf(4) }, {}]
  const items = named.map(attrs => ({ tag: 'item', attrs }))
  const known = { [pnOf(1).slice(0, 13)]: lidOf(1).slice(0, 15), [`${lidOf(2).slice(0, 15)}_reverse`]: pnOf(2).slice(0, 13) }
  const answer = (content: BinaryNode[]) => () => ({ tag: 'iq', attrs: {}, content: [{ tag: 'list', attrs: {}, content }] })
  const { acting, reads } = anActing(answer(items), known)
  expect(await readBlocklist(acting)).toEqual({
    contacts: [
      { id: lidOf(1), pn: pnOf(1) },
      { id: lidOf(2), pn: pnOf(2) },
      { id: pnOf(3), pn: pnOf(3) },
      { id: lidOf(4), pn: pnOf(4) },
    ],
  })
  expect(reads).toHaveLength(1)
  const nobody = anActing(answer([]))
  expect(await readBlocklist(nobody.acting)).toEqual({ contacts: [] })
  expect(nobody.reads).toEqual([])
})
