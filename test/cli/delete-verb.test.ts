// Deleting from the command line: what goes and what stays is said before anybody is asked, and a purge is followed to its end.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { removeInstance } from '../../src/cli/delete-instance.ts'
import { progressOf } from '../../src/cli/follow-purge.ts'
import { drawProgress } from '../../src/cli/progress-line.ts'
import { alwaysJson, KEY } from '../ground/cli/refused.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { launchVerb } from '../ground/cli/verb.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
const instance = { id: 'shop', name: 'Shop', state: 'open', reasonText: null, stateAt: '2026-01-05T12:00:00.000Z', phone: null }
const deletion = {
  goes: [
    { what: 'auth state', count: null, detail: 'the pairing' },
    { what: 'messages', count: 10_000, detail: 'with their edits' },
  ],
  stays: [{ what: 'log', count: null, detail: 'the records until their retention' }],
}
const standing = (given: object) => ({
  instanceId: 'shop',
  state: 'none',
  doneAt: null,
  step: null,
  waitsFor: null,
  erased: [],
  deletion,
  ...given,
})
const running = standing({
  state: 'running',
  step: { name: 'rows messages', number: 17, of: 42 },
  waitsFor: null,
  erased: [{ what: 'messages', count: 1500 }],
})
const done = standing({ state: 'done', doneAt: '2026-01-05T12:01:00.000Z', erased: [{ what: 'messages', count: 2000 }] })

/** A zaplog whose purge has stood like this, look after look. */
async function openZaplog(standings: readonly object[]) {
  const asked: string[] = []
  const left = [...standings]
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    asked.push(`${request.method} ${request.url}`)
    if (request.method === 'DELETE') return alwaysJson(202, { ...instance, deletion })(request, response)
    return alwaysJson(200, left.length > 1 ? left.shift() : left[0])(request, response)
  }
  const { url } = await openLoopbackServer(answer)
  return { asked, env: { ZAPLOG_URL: url, ADMIN_API_KEY: KEY } }
}

test('[A7] a script deletes without being asked, as ever, and is told beside its result what stays', async () => {
  const { asked, env } = await openZaplog([standing({})])
  expect(await runVerb(['instances', 'delete', 'shop'], env)).toEqual({
    code: 0,
    out: 'deleting shop\n',
    err: [
      'shop is deleted',
      'Stays:',
      '  messages (10,000): with their edits',
      '  log: the records until their retention',
      'With --purge, what is counted goes, too.',
      '',
    ].join('\n'),
  })
  expect(asked).toEqual(['DELETE /v1/instances/shop'])
  expect((await runVerb(['instances', 'delete', 'shop', '--json'], env)).err).toBe('')
})

test('[A7] a script purges with --yes alone', async () => {
  const { asked, env } = await openZaplog([running, running, done])
  expect(await runVerb(['instances', 'delete', 'shop', '--purge'], env)).toEqual({
    code: 2,
    out: '',
    err: 'expected --yes where nobody can be asked: a purge erases what is stored of shop for good\n',
  })
  expect(asked).toEqual([])
  expect(await runVerb(['instances', 'delete', 'shop', '--purge', '--yes'], env)).toEqual({
    code: 0,
    out: 'purged shop\n',
    err: 'shop is being purged: rows messages, step 17 of 42; 1,500 rows and objects so far\n',
  })
  expect(asked[0]).toBe('DELETE /v1/instances/shop?purge=true')
})

test('[A7] --no-wait answers at once; purge-status says how far it is, and waits with --watch', async () => {
  const { env } = await openZaplog([running, done])
  expect((await runVerb(['instances', 'delete', 'shop', '--purge', '--yes', '--no-wait'], env)).out).toBe('purging shop\n')
  expect((await runVerb(['instances', 'purge-status', 'shop'], env)).out).toBe(
    'shop is being purged: rows messages, step 17 of 42\n  messages: 1500\n',
  )
  expect((await runVerb(['instances', 'purge-status', 'shop', '--watch'], env)).out).toBe(
    'shop was purged at 2026-01-05T12:01:00.000Z\n  messages: 2000\n',
  )
})

test('[A7] Ctrl-C ends the wait, and says that the purge goes on', async () => {
  const { asked, env } = await openZaplog([running])
  const verb = launchVerb(['instances', 'delete', 'shop', '--purge', '--yes'], env)
  await until('it to be followed', () => asked.length > 2)
  verb.signal('SIGINT')
  expect(await verb.ended).toBe(1)
  expect(verb.stderr()).toMatch(/stopped waiting, the purge goes on; .*instances purge-status shop says how far it is\n$/)
})

test('[A7] whoever sits at a terminal is shown what goes and what stays, and nothing goes before they say so', async () => {
  const { asked, env } = await openZaplog([standing({}), standing({}), standing({}), done])
  const api = { base: env.ZAPLOG_URL, key: KEY, keyFrom: 'test', zaplog: 'zaplog' }
  const said: string[] = []
  const questions: string[] = []
  const remove = (typed: string, purge: boolean) =>
    removeInstance(api, 'shop', {
      purge,
      wait: true,
      terminal: {
        ask: async question => {
          questions.push(question)
          return typed
        },
      },
      say: line => void said.push(line),
      stopping: never,
    })
  await expect(remove('yes', true)).rejects.toThrow('nothing was deleted: shop is kept')
  expect(questions).toEqual(['This cannot be undone. Type shop to purge it: '])
  expect(said).toEqual([
    'Goes:',
    '  auth state: the pairing',
    '  messages (10,000): with their edits',
    'Stays:',
    '  log: the records until their retention',
  ])
  said.length = 0
  await expect(remove('', false)).rejects.toThrow('nothing was deleted: shop is kept')
  expect(said).toEqual([
    'Goes:',
    '  auth state: the pairing',
    'Stays:',
    '  messages (10,000): with their edits',
    '  log: the records until their retention',
    'With --purge, what is counted goes, too.',
  ])
  expect(asked.filter(one => one.startsWith('DELETE'))).toEqual([])
  expect((await remove('shop', true)).text).toBe('purged shop')
  await expect(remove('shop', true)).rejects.toThrow('shop was purged at 2026-01-05T12:01:00.000Z')
})

test('[A7] [H7] on a terminal how far a purge is is one line, also in a narrow one', () => {
  const step = { name: 'messages', number: 3, of: 12 }
  const standing = {
    ...{ instanceId: 'shop', state: 'running' as const, doneAt: null, step, waitsFor: 'a delivery' },
    ...{ erased: [{ what: 'rows', count: 1_200 }], deletion: { goes: [], stays: [] } },
  }
  const shown = progressOf(standing)
  expect(drawProgress(shown, 60)).toBe('██░░░░░░░░░░░░░ 16 %  messages  waits for a delivery')
  expect(drawProgress(shown, 100)).toContain('1,200 rows and objects so far')
  expect(drawProgress(progressOf({ ...standing, step: null, waitsFor: null }), 40)).toMatch(/ 0 % {2}begins/)
})
